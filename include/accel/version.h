/** Which versions a program runs on. */
#ifndef ACCEL_VERSION_H
#define ACCEL_VERSION_H

#include <accel/error.h>

ACCEL_BEGIN_DECLS

/** Of this library, as "0.1.0". Lasts for good. */
ACCEL_API const char *accel_version(void);

/** Of the PyTorch that it was built with, as "2.13.0". Lasts for good. Source: torch.__version__. */
ACCEL_API const char *accel_torch_version(void);

ACCEL_END_DECLS

#endif
