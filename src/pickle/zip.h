/* The directory of a zip archive: untrusted bytes in, checked spans out. Stored and deflated files, ZIP64; no encryption, no
   archives in several parts. */
#ifndef ACCEL_PICKLE_ZIP_H
#define ACCEL_PICKLE_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>

/* A file of an archive. Its bytes lie within the archive and are no other file's. */
typedef struct zip_entry {
    const char *name;
    const unsigned char *stored; /* `stored_size` bytes in the archive */
    size_t stored_size, size;    /* equal unless it is deflated */
    bool deflated;
    uint32_t checksum; /* CRC-32 of the `size` bytes */
} zip_entry;

typedef struct zip_archive zip_archive;

/* Reads the directory of the archive that `bytes` are, which are borrowed until zip_close, as `path` is, with which
   messages begin: ACCEL_EFORMAT with what is wrong, ACCEL_EUNSUPPORTED for encrypted files and other compressions. New. */
zip_archive *zip_open(const char *path, const unsigned char *bytes, size_t size);

void zip_close(zip_archive *archive); /* NULL does nothing */

/* All files in the order of their bytes. Borrowed until zip_close. */
const zip_entry *zip_entries(const zip_archive *archive, size_t *count);

/* A file by its name; NULL, which is no failure, when there is none. Borrowed. Takes O(log n). */
const zip_entry *zip_find(const zip_archive *archive, const char *name);

/* The bytes of a file as they were before compression, checked against their checksum: new memory, to be freed with memory_free,
   with a zero byte behind them. */
char *zip_read(const zip_archive *archive, const zip_entry *entry);

#endif
