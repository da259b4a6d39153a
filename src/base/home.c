#include "base/home.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

static const char *find_home(void)
{
    const char *home = getenv("HOME");
    if (home)
        return *home ? home : "/";
    const struct passwd *user = getpwuid(getuid());
    return user ? user->pw_dir : NULL;
}

char *home_expand(const char *path)
{
    RETURN_NULL_IF_FAILED();
    if (path[0] != '~' || (path[1] != '/' && path[1]))
        return memory_copy_string(path);
    const char *home = find_home();
    if (!home) {
        RAISE(ACCEL_ENOTFOUND, "%s: HOME is not set, and user %d has no home folder", path, (int)getuid());
        return NULL;
    }
    return path[1] && path[2] ? file_join(home, path + 2) : memory_copy_string(home);
}
