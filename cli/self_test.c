#include "cli/self_test.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

const char *self_path(char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = '\0';
    return path;
}

/* PREFIX/bin/accelerate has it in PREFIX/libexec/accel. */
char *self_test_path(void)
{
    RETURN_NULL_IF_FAILED();
    char own[PATH_MAX];
    char *folder = file_directory(self_path(own)),
         *path = folder ? file_join(folder, "../libexec/accel/self_test") : NULL;
    memory_free(folder);
    if (path && access(path, X_OK) == 0)
        return path;
    if (path)
        accel_error_raise(ACCEL_ENOTFOUND, NULL, "%s: is not there: install the whole of accel", path);
    memory_free(path);
    return NULL;
}
