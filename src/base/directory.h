/* Directories as what is saved in one needs them: made, moved and removed whole. Nothing here follows a symbolic link that lies in
 * one. Failures are of errno, and name the path. */
#ifndef ACCEL_BASE_DIRECTORY_H
#define ACCEL_BASE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/error.h>

/* Names in a directory, in their order as bytes. */
typedef struct directory_list {
    char **names;
    size_t count;
} directory_list;

/* Empty, which is no failure, where there is no such directory. */
accel_status directory_read(directory_list *list, const char *path);
void directory_list_free(directory_list *list);

/* Makes one that nobody else has made. */
accel_status directory_make(const char *path);

/* Makes the names in it survive a power failure. */
accel_status directory_sync(const char *path);

/* With all that is in it; one that is not there is fine. */
accel_status directory_remove(const char *path);

/* To a name that nothing has. */
accel_status directory_move(const char *from, const char *to);

/* Lets two change their names at once; ACCEL_EUNSUPPORTED, which is not recorded, on a file system that cannot. */
accel_status directory_swap(const char *one, const char *other);

/* Names of a directory itself that are left out. */
typedef struct directory_filter {
    bool (*leaves_out)(const void *user, const char *name);
    const void *user;
} directory_filter;

/* Gives the files of one their names in the other, too, where they are free; directories are made. NULL leaves nothing
   out. What cannot be linked stays for directory_merge to move; an error where that could not be done either. */
accel_status directory_link(const char *from, const char *into, const directory_filter *filter);

/* Moves what `into` lacks out of `from`, but for what is left out, and removes the rest with `from`. What cannot be moved stays, with all that
   it is in. May be done again after it was interrupted. */
accel_status directory_merge(const char *from, const char *into, const directory_filter *filter);

/* A lock on a directory that ends with the process: the descriptor to close; -1, which is no failure, where there is none to have,
   as for a link. `held`: another one has it. */
int directory_lock(const char *path, bool *held);

#endif
