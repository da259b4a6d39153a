#include "pickle/zip.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

struct zip_archive {
    const char *path;
    const unsigned char *bytes;
    size_t size;
    zip_entry *entries;
    const zip_entry **by_name;
    char *names; /* of all entries, one behind the other */
    size_t count;
};

/* Records of the format: their signature, how long they are without what varies. */
enum {
    END = 0x06054b50,
    END_SIZE = 22,
    END64_LOCATOR = 0x07064b50,
    END64_LOCATOR_SIZE = 20,
    END64 = 0x06064b50,
    END64_SIZE = 56,
    CENTRAL = 0x02014b50,
    CENTRAL_SIZE = 46,
    LOCAL = 0x04034b50,
    LOCAL_SIZE = 30,
    COMMENT_MAX = 65535,
    EXTRA64 = 1, /* the extra field that has what 32 bits cannot hold */
    STORED = 0,
    DEFLATED = 8,
    ENCRYPTED = 1 /* bit of the flags */
};

/* Nothing that deflate makes shrinks more. */
enum { DEFLATE_RATIO_MAX = 1032 };

static uint16_t get16(const unsigned char *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t get32(const unsigned char *p) { return get16(p) | (uint32_t)get16(p + 2) << 16; }
static uint64_t get64(const unsigned char *p) { return get32(p) | (uint64_t)get32(p + 4) << 32; }

static accel_status damaged(const zip_archive *z, const char *what)
{
    return accel_error_raise(ACCEL_EFORMAT, NULL, "%s: is a damaged zip archive: %s", z->path, what);
}

/* ---- the directory ---- */

typedef struct directory {
    uint64_t offset, size, count;
} directory;

static const unsigned char *find_end(const zip_archive *z)
{
    size_t lowest = z->size > END_SIZE + COMMENT_MAX ? z->size - END_SIZE - COMMENT_MAX : 0;
    for (size_t at = z->size < END_SIZE ? 0 : z->size - END_SIZE + 1; at-- > lowest;)
        if (get32(z->bytes + at) == END && at + END_SIZE + get16(z->bytes + at + 20) == z->size)
            return z->bytes + at;
    return NULL;
}

/* The record with 64 bits, where the end says that it did not have enough. */
static accel_status read_end64(const zip_archive *z, const unsigned char *end, directory *d)
{
    if (end - z->bytes < END64_LOCATOR_SIZE || get32(end - END64_LOCATOR_SIZE) != END64_LOCATOR)
        return damaged(z, "the ZIP64 locator is missing");
    uint64_t at = get64(end - END64_LOCATOR_SIZE + 8);
    size_t limit = (size_t)(end - z->bytes) - END64_LOCATOR_SIZE;
    if (limit < END64_SIZE || at > limit - END64_SIZE || get32(z->bytes + at) != END64)
        return damaged(z, "the ZIP64 end record is not where the locator says");
    const unsigned char *end64 = z->bytes + at;
    *d = (directory){.count = get64(end64 + 32), .size = get64(end64 + 40), .offset = get64(end64 + 48)};
    return ACCEL_OK;
}

static accel_status find_directory(const zip_archive *z, directory *d)
{
    const unsigned char *end = find_end(z);
    if (!end)
        return accel_error_raise(ACCEL_EFORMAT, NULL,
                                 "%s: is no zip archive, or was cut short: it has no end record", z->path);
    *d = (directory){.count = get16(end + 10), .size = get32(end + 12), .offset = get32(end + 16)};
    bool is_64 = d->count == UINT16_MAX || d->size == UINT32_MAX || d->offset == UINT32_MAX;
    if (is_64 && read_end64(z, end, d) != ACCEL_OK)
        return accel_error_status();
    size_t limit = (size_t)(end - z->bytes);
    if (d->offset > limit || d->size > limit - d->offset)
        return damaged(z, "the directory lies outside the file");
    return d->count > d->size / CENTRAL_SIZE ? damaged(z, "the directory is too short for its count")
                                             : ACCEL_OK;
}

/* ---- its records ---- */

/* A record of the directory. */
typedef struct record {
    uint64_t size, stored_size, offset;
    uint32_t checksum;
    uint16_t flags, method, name_length, extra_length, comment_length;
    const unsigned char *name, *extra;
} record;

/* Takes the 64-bit numbers for those that are all ones, which come in this order. */
static bool read_extra(record *r)
{
    uint64_t *numbers[] = {&r->size, &r->stored_size, &r->offset};
    const unsigned char *p = r->extra, *end = p + r->extra_length;
    while (end - p >= 4 && get16(p) != EXTRA64) {
        if (end - p - 4 < get16(p + 2))
            return true; /* padding of other writers */
        p += 4 + get16(p + 2);
    }
    bool there = end - p >= 4 && end - p - 4 >= get16(p + 2);
    const unsigned char *limit = there ? p + 4 + get16(p + 2) : p;
    p = there ? p + 4 : p;
    for (int i = 0; i < 3; i++) {
        if (*numbers[i] != UINT32_MAX)
            continue;
        if (limit - p < 8)
            return false;
        *numbers[i] = get64(p);
        p += 8;
    }
    return true;
}

static accel_status read_record(const zip_archive *z, const unsigned char *p, const unsigned char *end,
                                record *r)
{
    if (end - p < CENTRAL_SIZE || get32(p) != CENTRAL)
        return damaged(z, "a record of the directory is missing");
    *r = (record){.flags = get16(p + 8),
                  .method = get16(p + 10),
                  .checksum = get32(p + 16),
                  .stored_size = get32(p + 20),
                  .size = get32(p + 24),
                  .name_length = get16(p + 28),
                  .extra_length = get16(p + 30),
                  .comment_length = get16(p + 32),
                  .offset = get32(p + 42)};
    if (end - p - CENTRAL_SIZE < r->name_length + r->extra_length + r->comment_length)
        return damaged(z, "a record of the directory is cut short");
    r->name = p + CENTRAL_SIZE;
    r->extra = r->name + r->name_length;
    if (memchr(r->name, '\0', r->name_length))
        return damaged(z, "a name holds a zero character");
    return read_extra(r) ? ACCEL_OK : damaged(z, "a record lacks its ZIP64 numbers");
}

/* What the record says of sizes can be, and is something that is read here. */
static accel_status check_record(const zip_archive *z, const record *r, const char *name)
{
    if (r->flags & ENCRYPTED)
        return accel_error_raise(ACCEL_EUNSUPPORTED, NULL, "%s: \"%s\" is encrypted", z->path, name);
    if (r->method != STORED && r->method != DEFLATED)
        return accel_error_raise(ACCEL_EUNSUPPORTED, NULL,
                                 "%s: \"%s\" has compression %u; stored and deflated are read", z->path, name,
                                 r->method);
    if (r->method == STORED && r->size != r->stored_size)
        return damaged(z, "a stored file has two sizes");
    if (r->method == DEFLATED && r->size / DEFLATE_RATIO_MAX > r->stored_size)
        return damaged(z, "a file claims to be larger than its compression can make it");
    return ACCEL_OK;
}

/* Finds the bytes behind the local header. */
static accel_status place(const zip_archive *z, const record *r, zip_entry *entry)
{
    if (z->size < LOCAL_SIZE || r->offset > z->size - LOCAL_SIZE || get32(z->bytes + r->offset) != LOCAL)
        return damaged(z, "a file is not where the directory says");
    const unsigned char *local = z->bytes + r->offset;
    uint64_t begin = r->offset + LOCAL_SIZE + get16(local + 26) + get16(local + 28);
    if (begin > z->size || r->stored_size > z->size - begin)
        return damaged(z, "a file reaches beyond the end");
    entry->stored = z->bytes + begin;
    entry->stored_size = (size_t)r->stored_size;
    entry->size = (size_t)r->size;
    entry->deflated = r->method == DEFLATED;
    entry->checksum = r->checksum;
    return ACCEL_OK;
}

static accel_status read_entries(zip_archive *z, const directory *d)
{
    const unsigned char *p = z->bytes + d->offset, *end = p + d->size;
    char *name = z->names;
    for (uint64_t i = 0; i < d->count; i++) {
        record r;
        if (read_record(z, p, end, &r) != ACCEL_OK)
            return accel_error_status();
        memcpy(name, r.name,
               r.name_length); /* a zero byte follows: the memory is zeroed, and a record is longer */
        zip_entry *entry = &z->entries[z->count];
        entry->name = name;
        if (check_record(z, &r, name) != ACCEL_OK || place(z, &r, entry) != ACCEL_OK)
            return accel_error_status();
        name += r.name_length + 1;
        p = r.extra + r.extra_length + r.comment_length;
        z->count++;
    }
    return ACCEL_OK;
}

/* ---- what holds for all of them ---- */

static int compare_places(const void *left, const void *right)
{
    const zip_entry *a = left, *b = right;
    int order = (a->stored > b->stored) - (a->stored < b->stored);
    return order ? order : (a->stored_size > b->stored_size) - (a->stored_size < b->stored_size);
}

static int compare_names(const void *left, const void *right)
{
    const zip_entry *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

/* Files that share bytes make a small archive a large one. */
static accel_status check_overlaps(zip_archive *z)
{
    qsort(z->entries, z->count, sizeof *z->entries, compare_places);
    for (size_t i = 1; i < z->count; i++)
        if (z->entries[i - 1].stored + z->entries[i - 1].stored_size > z->entries[i].stored)
            return damaged(z, "two files share bytes");
    return ACCEL_OK;
}

static accel_status check_names(zip_archive *z)
{
    for (size_t i = 0; i < z->count; i++)
        z->by_name[i] = &z->entries[i];
    qsort(z->by_name, z->count, sizeof *z->by_name, compare_names);
    for (size_t i = 1; i < z->count; i++)
        if (strcmp(z->by_name[i - 1]->name, z->by_name[i]->name) == 0)
            return damaged(z, "two files have one name");
    return ACCEL_OK;
}

static accel_status read_all(zip_archive *z)
{
    directory d = {0};
    if (find_directory(z, &d) != ACCEL_OK)
        return accel_error_status();
    z->entries = memory_alloc(d.count, sizeof *z->entries);
    z->by_name = memory_alloc(d.count, sizeof *z->by_name);
    z->names = memory_alloc(d.size + 1, 1);
    if (!z->entries || !z->by_name || !z->names || read_entries(z, &d) != ACCEL_OK ||
        check_overlaps(z) != ACCEL_OK)
        return accel_error_status();
    return check_names(z);
}

zip_archive *zip_open(const char *path, const unsigned char *bytes, size_t size)
{
    zip_archive *z = memory_alloc(1, sizeof *z);
    if (!z)
        return NULL;
    *z = (zip_archive){.path = path, .bytes = bytes, .size = size};
    if (read_all(z) == ACCEL_OK)
        return z;
    zip_close(z);
    return NULL;
}

void zip_close(zip_archive *archive)
{
    if (!archive)
        return;
    memory_free(archive->entries);
    memory_free((void *)archive->by_name);
    memory_free(archive->names);
    memory_free(archive);
}

const zip_entry *zip_entries(const zip_archive *archive, size_t *count)
{
    *count = archive->count;
    return archive->entries;
}

const zip_entry *zip_find(const zip_archive *archive, const char *name)
{
    const zip_entry key = {.name = name}, *wanted = &key;
    const zip_entry **found =
        bsearch(&wanted, archive->by_name, archive->count, sizeof *archive->by_name, compare_names);
    return found ? *found : NULL;
}

static bool inflate(const zip_entry *entry, char *out)
{
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    bool good = d && libdeflate_deflate_decompress(d, entry->stored, entry->stored_size, out, entry->size,
                                                   NULL) == LIBDEFLATE_SUCCESS;
    libdeflate_free_decompressor(d);
    return good;
}

char *zip_read(const zip_archive *archive, const zip_entry *entry)
{
    char *bytes = entry->size < SIZE_MAX ? memory_alloc(entry->size + 1, 1) : NULL;
    if (!bytes)
        return NULL;
    bool good = true;
    if (entry->deflated)
        good = inflate(entry, bytes);
    else
        memcpy(bytes, entry->stored, entry->size);
    if (good && libdeflate_crc32(0, bytes, entry->size) == entry->checksum)
        return bytes;
    memory_free(bytes);
    accel_error_raise(ACCEL_EFORMAT, NULL, "%s: \"%s\" is damaged: its checksum is another", archive->path,
                      entry->name);
    return NULL;
}
