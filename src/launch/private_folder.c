#include "launch/private_folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <accel/error.h>
#include <accel/log.h>

#include "base/file.h"
#include "base/memory.h"

/* NULL with errno set. */
static char *create_in(const char *parent)
{
    char *path = file_join(parent, "accelerate-XXXXXX");
    if (path && mkdtemp(path))
        return path;
    int error = path ? errno : ENOMEM;
    memory_free(path);
    errno = error;
    return NULL;
}

static char *create_in_chosen(const char *parent)
{
    char *path = *parent == '/' ? create_in(parent) : NULL;
    if (!path)
        accel_log_line(ACCEL_LOG_WARNING, "TMPDIR=%s: %s; " PRIVATE_FOLDER_PARENT " is used instead", parent,
                       *parent == '/' ? strerror(errno) : "not an absolute path");
    return path;
}

char *private_folder_create(void)
{
    char *path = NULL;
    int error = 0;
    accel_try(err) {
        const char *chosen = getenv("TMPDIR");
        if (chosen && *chosen)
            path = create_in_chosen(chosen);
        if (!path)
            path = create_in(PRIVATE_FOLDER_PARENT);
        error = errno;
    }
    errno = error;
    return path;
}

static int remove_item(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    remove(path);
    return 0;
}

/* Not directory_remove: that stops at what cannot be removed, and does nothing after a failure. */
void private_folder_clear(const char *folder) { nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS); }

void private_folder_remove(char *folder)
{
    if (folder)
        private_folder_clear(folder);
    memory_free(folder);
}
