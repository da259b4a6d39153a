/* The files of a training state, and what is in each: written last, so that a folder with one is complete. */
#ifndef ACCEL_CHECKPOINT_MANIFEST_H
#define ACCEL_CHECKPOINT_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/error.h>

#define MANIFEST_NAME "accel_manifest.json"

typedef struct manifest manifest;

/* Empty: new. NULL on failure. */
manifest *manifest_create(void);
void manifest_free(manifest *m); /* NULL does nothing */

/* Adds a file of the folder as it is now, at `path` still; one of that name is replaced. */
accel_status manifest_add(manifest *m, const char *name, const char *path);

/* Adds the files of another one. */
accel_status manifest_add_all(manifest *m, manifest *other);

bool manifest_has(const manifest *m, const char *name);

/* In a folder, under a name: written so that it is whole or not there; read, new, NULL on failure. */
accel_status manifest_write(const manifest *m, const char *folder, const char *name);
manifest *manifest_read(const char *folder, const char *name, const char *call);

/* The same for bytes at hand, which are not needed afterwards; `path` stands for where they are from in messages. */
manifest *manifest_from_memory(const char *path, const void *bytes, size_t size, const char *call);

/* Whether all files are there with their sizes; and whether their bytes, or those of one file, are those saved. The first that is not
   is named: ACCEL_EFORMAT, ACCEL_ENOTFOUND. */
accel_status manifest_check_sizes(const manifest *m, const char *folder, const char *call);
accel_status manifest_check(const manifest *m, const char *folder, const char *name, const char *call);

/* Whether a failure says that a folder is none of this library's, or not whole; others say nothing of it. */
static inline bool manifest_blames_folder(accel_status status)
{
    return status == ACCEL_ENOTFOUND || status == ACCEL_EFORMAT;
}

#endif
