#include "pickle/zip_writer.h"

#include <libdeflate.h>
#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

struct zip_writer {
    file_writer *file;
    uint64_t written;
    buffer directory;
    uint64_t count;
};

enum {
    ALIGNMENT = 64,
    VERSION = 45, /* of the format: the first with ZIP64 */
    UTF8_NAMES = 0x0800,
    FIRST_DAY = 0x21, /* the first of January 1980, at midnight: the same file every time */
    PADDING = 0x4246, /* the extra field that torch pads with */
    EXTRA64 = 1,      /* the extra field of numbers that 32 bits cannot hold */
    LOCAL_SIZE = 30,
    FIELD_SIZE = 4 /* of an extra field without its content */
};

/* ---- records ---- */

static void put(buffer *b, uint64_t number, size_t width)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < width; i++)
        bytes[i] = (unsigned char)(number >> 8 * i);
    buffer_append(b, bytes, width);
}

static void put_text(buffer *b, const char *text) { buffer_append_string(b, text); }

static uint64_t in_32(uint64_t number) { return number < UINT32_MAX ? number : UINT32_MAX; }

static bool is_large(uint64_t number) { return number >= UINT32_MAX; }

/* What is the same in both headers of a file. */
static void put_middle(buffer *b, const char *name, uint32_t checksum, uint64_t size, size_t extra)
{
    put(b, VERSION, 2);
    put(b, UTF8_NAMES, 2);
    put(b, 0, 2); /* stored */
    put(b, 0, 2); /* time */
    put(b, FIRST_DAY, 2);
    put(b, checksum, 4);
    put(b, in_32(size), 4);
    put(b, in_32(size), 4);
    put(b, strlen(name), 2);
    put(b, extra, 2);
}

/* Up to the bytes of the file, which are at a multiple of 64 from `at`. */
static void put_local(buffer *b, uint64_t at, const char *name, uint32_t checksum, uint64_t size)
{
    size_t numbers = is_large(size) ? FIELD_SIZE + 16 : 0;
    uint64_t end = at + LOCAL_SIZE + strlen(name) + numbers + FIELD_SIZE;
    size_t padding = (size_t)(-end % ALIGNMENT);
    put_text(b, "PK\3\4");
    put_middle(b, name, checksum, size, numbers + FIELD_SIZE + padding);
    put_text(b, name);
    if (numbers) {
        put(b, EXTRA64, 2);
        put(b, 16, 2);
        put(b, size, 8);
        put(b, size, 8);
    }
    put(b, PADDING, 2);
    put(b, padding, 2);
    for (size_t i = 0; i < padding; i++)
        put(b, 'Z', 1);
}

static void put_central(buffer *b, uint64_t at, const char *name, uint32_t checksum, uint64_t size)
{
    size_t numbers = (is_large(size) ? 16u : 0u) + (is_large(at) ? 8u : 0u);
    put_text(b, "PK\1\2");
    put(b, VERSION, 2);
    put_middle(b, name, checksum, size, numbers ? FIELD_SIZE + numbers : 0);
    put(b, 0, 2); /* comment */
    put(b, 0, 2); /* disk */
    put(b, 0, 2); /* attributes, inside and out */
    put(b, 0, 4);
    put(b, in_32(at), 4);
    put_text(b, name);
    if (!numbers)
        return;
    put(b, EXTRA64, 2);
    put(b, numbers, 2);
    for (int i = 0; i < 2 && is_large(size); i++)
        put(b, size, 8);
    if (is_large(at))
        put(b, at, 8);
}

static void put_end64(buffer *b, uint64_t count, uint64_t size, uint64_t at)
{
    put_text(b, "PK\6\6");
    put(b, 44, 8); /* what follows of this record */
    put(b, VERSION, 2);
    put(b, VERSION, 2);
    put(b, 0, 8); /* disks */
    put(b, count, 8);
    put(b, count, 8);
    put(b, size, 8);
    put(b, at, 8);
    put_text(b, "PK\6\7");
    put(b, 0, 4);
    put(b, at + size, 8);
    put(b, 1, 4);
}

static void put_end(buffer *b, uint64_t count, uint64_t size, uint64_t at)
{
    uint64_t in_16 = count < UINT16_MAX ? count : UINT16_MAX;
    if (in_16 == UINT16_MAX || is_large(size) || is_large(at))
        put_end64(b, count, size, at);
    put_text(b, "PK\5\6");
    put(b, 0, 4); /* disks */
    put(b, in_16, 2);
    put(b, in_16, 2);
    put(b, in_32(size), 4);
    put(b, in_32(at), 4);
    put(b, 0, 2); /* comment */
}

/* ---- the archive ---- */

static void writer_free(zip_writer *writer)
{
    buffer_dispose(&writer->directory);
    memory_free(writer);
}

zip_writer *zip_writer_open(const char *path)
{
    RETURN_NULL_IF_FAILED();
    zip_writer *writer = memory_alloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    writer->file = file_writer_open(path);
    if (writer->file)
        return writer;
    writer_free(writer);
    return NULL;
}

static accel_status write_bytes(zip_writer *writer, const void *bytes, size_t size)
{
    writer->written += size;
    return file_writer_write(writer->file, bytes, size);
}

accel_status zip_writer_add(zip_writer *writer, const char *name, const void *bytes, size_t size)
{
    RETURN_STATUS_IF_FAILED();
    uint32_t checksum = libdeflate_crc32(0, size ? bytes : "", size);
    uint64_t at = writer->written;
    buffer header = {0};
    put_local(&header, at, name, checksum, size);
    put_central(&writer->directory, at, name, checksum, size);
    writer->count++;
    if (!accel_error_is_set() && write_bytes(writer, header.data, header.size) == ACCEL_OK)
        write_bytes(writer, bytes, size);
    buffer_dispose(&header);
    return accel_error_status();
}

file_writer *zip_writer_end(zip_writer *writer)
{
    if (!writer)
        return NULL;
    buffer *directory = &writer->directory;
    put_end(directory, writer->count, directory->size, writer->written);
    if (!accel_error_is_set())
        write_bytes(writer, directory->data, directory->size);
    file_writer *file = writer->file;
    writer_free(writer);
    if (!accel_error_is_set())
        return file;
    file_writer_abandon(file);
    return NULL;
}
