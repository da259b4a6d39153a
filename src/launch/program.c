#include "launch/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launch/call.h"

static bool is_script_of_python(const char *name)
{
    size_t length = strlen(name);
    return length > 3 && strcmp(name + length - 3, ".py") == 0;
}

static accel_status refuse_absent(const char *name)
{
    struct stat info;
    bool there = stat(name, &info) == 0;
    if (there && S_ISDIR(info.st_mode))
        return accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL, "%s: is a directory", name);
    if (!there && name[0] == '-')
        return accel_error_raise(ACCEL_ENOTFOUND, LAUNCH_CALL,
                                 "%s: not found in PATH; options stand before the program, and before --",
                                 name);
    if (there && strchr(name, '/'))
        return accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL,
                                 "%s: the interpreter that its first line names is not there", name);
    if (there && is_script_of_python(name))
        return accel_error_raise(ACCEL_ENOTFOUND, LAUNCH_CALL,
                                 "%s: not found in PATH; for the script in this folder write python3 %s", name,
                                 name);
    if (there)
        return accel_error_raise(ACCEL_ENOTFOUND, LAUNCH_CALL,
                                 "%s: not found in PATH; for the one in this folder write ./%s", name, name);
    return accel_error_raise(ACCEL_ENOTFOUND, LAUNCH_CALL, "%s: %s", name,
                             strchr(name, '/') ? "no such file" : "not found in PATH");
}

static accel_status refuse_access(const char *name)
{
    struct stat info;
    bool there = stat(name, &info) == 0;
    if (there && S_ISDIR(info.st_mode))
        return accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL, "%s: is a directory", name);
    if (there && strchr(name, '/') && is_script_of_python(name))
        return accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL, "%s: not executable; write python3 %s", name,
                                 name);
    return accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL, "%s: not executable", name);
}

/* Whether its first bytes are those of a program for some machine; text has no zeros. */
static bool is_binary(const char *name)
{
    char begin[256];
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, begin, sizeof begin);
    if (fd >= 0)
        close(fd);
    return got > 0 && memchr(begin, '\0', (size_t)got);
}

void program_execute(char *const *command)
{
    const char *name = command[0];
    if (strchr(name, '/')) {
        execv(name, command);
        if (errno == ENOEXEC && (is_script_of_python(name) || is_binary(name))) {
            errno = ENOEXEC;
            return;
        }
    }
    execvp(name, command);
}

accel_status program_refuse(const char *name, int error)
{
    if (error == ENOENT)
        return refuse_absent(name);
    if (error == ENOTDIR)
        return accel_error_raise(ACCEL_ENOTFOUND, LAUNCH_CALL, "%s: no such file", name);
    if (error == EACCES || error == EISDIR)
        return refuse_access(name);
    if (error == ENOEXEC && is_script_of_python(name))
        return accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL,
                                 "%s: its first line names no interpreter; write python3 %s", name, name);
    if (error == ENOEXEC)
        return accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL, "%s: no program for this machine", name);
    return accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL, "%s: cannot be executed: %s", name,
                             strerror(error));
}
