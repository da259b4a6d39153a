/* The program that is installed beside the command, which uses the library as a training program does. */
#ifndef ACCEL_CLI_SELF_TEST_H
#define ACCEL_CLI_SELF_TEST_H

#include <limits.h>

/* Where this command itself is; "" where the system does not say. Returns `path`. */
const char *self_path(char path[PATH_MAX]);

/* Its path: new, memory_free. NULL on failure. */
char *self_test_path(void);

#endif
