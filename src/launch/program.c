#include "launch/program.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

static bool is_script_of_python(const char *name)
{
    size_t length = strlen(name);
    return length > 3 && strcmp(name + length - 3, ".py") == 0;
}

static accel_status refuse_absent(const char *name)
{
    struct stat info;
    bool there = stat(name, &info) == 0;
    if (there && strchr(name, '/'))
        return RAISE(ACCEL_EUNSUPPORTED, "%s: the interpreter that its first line names is not there", name);
    if (there && is_script_of_python(name))
        return RAISE(ACCEL_ENOTFOUND, "%s: not found in PATH; for the script in this folder write python3 %s",
                     name, name);
    if (there)
        return RAISE(ACCEL_ENOTFOUND, "%s: not found in PATH; for the one in this folder write ./%s", name,
                     name);
    return RAISE(ACCEL_ENOTFOUND, "%s: %s", name, strchr(name, '/') ? "no such file" : "not found in PATH");
}

static accel_status refuse_access(const char *name)
{
    struct stat info;
    if (stat(name, &info) != 0 || !strchr(name, '/'))
        return RAISE(ACCEL_EUNSUPPORTED, "%s: not executable", name);
    if (S_ISDIR(info.st_mode))
        return RAISE(ACCEL_EUNSUPPORTED, "%s: is a directory", name);
    if (is_script_of_python(name))
        return RAISE(ACCEL_EUNSUPPORTED, "%s: not executable; write python3 %s", name, name);
    return RAISE(ACCEL_EUNSUPPORTED, "%s: not executable", name);
}

accel_status program_refuse(const char *name, int error)
{
    if (error == ENOENT)
        return refuse_absent(name);
    if (error == ENOTDIR)
        return RAISE(ACCEL_ENOTFOUND, "%s: no such file", name);
    if (error == EACCES || error == EISDIR)
        return refuse_access(name);
    return RAISE(ACCEL_EUNSUPPORTED, "%s: cannot be executed: %s", name, strerror(error));
}
