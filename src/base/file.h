/* Files as the rest of the library needs them: whole, mapped, or written so that a crash loses nothing. */
#ifndef ACCEL_BASE_FILE_H
#define ACCEL_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/error.h>

/* Records what the system said, in errno, about a path, as "path: what: …". Which function of this room was asked is nobody's
   concern: messages begin with the path. */
accel_status file_raise_errno(const char *path, const char *what);

/* Opens a regular file for reading, and tells its size; -1 with the failure recorded. */
int file_open_regular(const char *path, size_t *size);

/* A whole file, mapped for reading; writes stay private to the process. A file that shrinks while mapped kills a reader, so maps live briefly. */
typedef struct file_map {
    const unsigned char *data; /* NULL when the file is empty */
    size_t size;
} file_map;

accel_status file_map_open(file_map *map, const char *path);
void file_map_close(file_map *map);

/* The whole file as new memory followed by a zero byte; free with memory_free. NULL on failure. */
char *file_read(const char *path, size_t *size);

/* Whether something is there, whatever it is. */
bool file_exists(const char *path);

/* Whether a name ends so, as in ".json". */
bool file_has_ending(const char *path, const char *ending);

/* Whether a directory is there. */
bool file_is_directory(const char *path);

/* The first `size` bytes of a file, or as many as there are: how many; 0 also for what cannot be read, which is not recorded. */
size_t file_head(const char *path, void *bytes, size_t size);

/* "directory/name" as new memory; free with memory_free. */
char *file_join(const char *directory, const char *name);

/* The directory that a path is in, "." for a plain name, as new memory; free with memory_free. */
char *file_directory(const char *path);

/* Makes the directory and its parents; one that is there already is fine. */
accel_status file_make_directories(const char *path);

/* A file that appears under its name only when complete: bytes go to a temporary file beside it, `commit` syncs
   and renames it (and syncs the directory), `abandon` removes it. After the first failure writes do nothing and
   `commit` removes it too, whether or not the thread's record was cleared in between. What is there under that
   name must be a regular file; a link is replaced, not followed. */
typedef struct file_writer file_writer;
file_writer *file_writer_open(const char *path);
accel_status file_writer_write(file_writer *writer, const void *bytes, size_t size);
accel_status file_writer_commit(file_writer *writer); /* takes the writer, also on failure */

/* The same without syncing the directory, which the caller does for all files in it. */
accel_status file_writer_commit_within(file_writer *writer);

/* Where its bytes are until then. Borrowed. */
const char *file_writer_temporary(const file_writer *writer);

/* Has the system begin to write to the disk what it has so far, so that there is less to wait for at the end; NULL does nothing. */
void file_writer_flush(file_writer *writer);

void file_writer_abandon(file_writer *writer); /* takes the writer; NULL does nothing */

/* The three steps above for bytes that are at hand. */
accel_status file_write_atomic(const char *path, const void *bytes, size_t size);

/* Writes all of it to an open file; `path` names it in the record. Some of it may have been written on failure. */
accel_status file_write_fully(int fd, const char *path, const void *bytes, size_t size);

/* Fault injection for tests: the n-th write from now fails as on a full disk, 0 turns it off. */
void file_fail_write_at(size_t nth);

#endif
