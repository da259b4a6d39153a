#include <accel/version.h>

/* Both are the build's. */
const char *accel_version(void) { return ACCEL_VERSION; }

const char *accel_torch_version(void) { return ACCEL_TORCH_VERSION; }
