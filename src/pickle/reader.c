#include "pickle/reader.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "pickle/machine.h"
#include "pickle/zip.h"

/* What a file of the archive is to the pickle. */
typedef struct found {
    pickle_storage storage; /* its key is NULL where no tensor has it */
    char *inflated;         /* NULL: its bytes are those of the archive */
} found;

struct pickle_file {
    char *path;
    file_map map; /* unless the bytes are borrowed */
    zip_archive *zip;
    char *folder; /* all files of the archive are in one, named as its writer liked, with the '/' */
    pickle_arena *arena;
    found *storages; /* one for each file of the archive */
    pickle_value *root;
};

/* Larger pickles are made up: a model of a million tensors has 200 MB. */
#define PROGRAM_MAX ((size_t)1 << 30)

static accel_status refuse(const pickle_file *file, const char *what)
{
    return accel_error_raise(ACCEL_EFORMAT, NULL, "%s: %s", file->path, what);
}

/* A file of the archive's folder; NULL, which is no failure, when there is none. */
static const zip_entry *entry_named(const pickle_file *file, const char *name)
{
    char *whole = memory_alloc(strlen(file->folder) + strlen(name) + 1, 1);
    if (!whole)
        return NULL;
    sprintf(whole, "%s%s", file->folder, name);
    const zip_entry *entry = zip_find(file->zip, whole);
    memory_free(whole);
    return entry;
}

/* ---- storages ---- */

static pickle_storage *make_storage(pickle_file *file, const zip_entry *entry, found *f, const char *key,
                                    size_t size)
{
    f->storage = (pickle_storage){.data = entry->stored, .size = size, .key = key};
    if (!entry->deflated)
        return &f->storage;
    f->inflated = zip_read(file->zip, entry);
    f->storage.data = f->inflated;
    return f->inflated ? &f->storage : NULL;
}

static pickle_storage *find_storage(void *user, const char *key, size_t size)
{
    pickle_file *file = user;
    char name[64];
    snprintf(name, sizeof name, "data/%.40s", key);
    size_t count = 0;
    const zip_entry *entry = entry_named(file, name), *entries = zip_entries(file->zip, &count);
    if (accel_error_is_set())
        return NULL;
    if (!entry || entry->size < size) {
        accel_error_raise(ACCEL_EFORMAT, NULL, "%s: storage \"%.40s\" of %zu bytes %s", file->path, key, size,
                          entry ? "is shorter in the archive" : "is not in the archive");
        return NULL;
    }
    found *f = &file->storages[entry - entries];
    if (!f->storage.key)
        return make_storage(file, entry, f, key, size);
    if (f->storage.size == size)
        return &f->storage;
    refuse(file, "a storage has two sizes");
    return NULL;
}

/* ---- the archive ---- */

/* The folder is that of the file data.pkl, which each archive of torch has. */
static accel_status find_folder(pickle_file *file)
{
    static const char program[] = "/data.pkl";
    size_t count = 0, tail = sizeof program - 1;
    const zip_entry *entries = zip_entries(file->zip, &count);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(entries[i].name);
        if (length <= tail || strcmp(entries[i].name + length - tail, program) != 0 ||
            strchr(entries[i].name, '/') != entries[i].name + length - tail)
            continue;
        file->folder = memory_copy_bytes(entries[i].name, length - tail + 1);
        return accel_error_status();
    }
    return refuse(file, "is a zip archive without data.pkl: torch.save did not write it");
}

static accel_status check_byte_order(const pickle_file *file)
{
    const zip_entry *entry = entry_named(file, "byteorder");
    char *order = entry ? zip_read(file->zip, entry) : NULL;
    if (order && strcmp(order, "little") != 0)
        accel_error_raise(ACCEL_EUNSUPPORTED, NULL,
                          "%s: has numbers in the byte order \"%.10s\"; little is read", file->path, order);
    memory_free(order);
    return accel_error_status();
}

static accel_status read_program(pickle_file *file)
{
    const zip_entry *entry = entry_named(file, "data.pkl");
    if (!entry)
        return accel_error_status();
    if (entry->size > PROGRAM_MAX)
        return refuse(file, "data.pkl is larger than 1 GiB");
    size_t count = 0;
    zip_entries(file->zip, &count);
    char *program = zip_read(file->zip, entry);
    file->arena = program ? pickle_arena_create() : NULL;
    file->storages = file->arena ? memory_alloc(count, sizeof *file->storages) : NULL;
    if (file->storages) {
        rebuilder r = {.path = file->path, .arena = file->arena, .find_storage = find_storage, .user = file};
        file->root = machine_run(&r, (const unsigned char *)program, entry->size);
    }
    memory_free(program);
    return accel_error_status();
}

static const char archive[] = {'P', 'K', 3, 4};

bool pickle_is_archive(const char *path)
{
    char head[sizeof archive];
    return file_head(path, head, sizeof head) == sizeof head && memcmp(head, archive, sizeof head) == 0;
}

/* What came before the archives, and what people take for one. */
static accel_status check_kind(const pickle_file *file, const unsigned char *bytes, size_t size)
{
    if (size == 0)
        return refuse(file, "is empty");
    if (bytes[0] == 0x80)
        return accel_error_raise(
            ACCEL_EUNSUPPORTED, NULL,
            "%s: is a pickle in the format from before torch 1.6: load it in Python and torch.save it again",
            file->path);
    if (size < sizeof archive || memcmp(bytes, archive, sizeof archive) != 0)
        return refuse(file, "is not a file that torch.save wrote");
    return ACCEL_OK;
}

static accel_status read_all(pickle_file *file, const unsigned char *bytes, size_t size)
{
    if (check_kind(file, bytes, size) != ACCEL_OK)
        return accel_error_status();
    file->zip = zip_open(file->path, bytes, size);
    if (!file->zip || find_folder(file) != ACCEL_OK || check_byte_order(file) != ACCEL_OK)
        return accel_error_status();
    return read_program(file);
}

static pickle_file *file_create(const char *path)
{
    RETURN_NULL_IF_FAILED();
    pickle_file *file = memory_alloc(1, sizeof *file);
    if (!file)
        return NULL;
    file->path = memory_copy_string(path);
    if (file->path)
        return file;
    pickle_close(file);
    return NULL;
}

pickle_file *pickle_from_memory(const char *name, const void *bytes, size_t size)
{
    pickle_file *file = file_create(name);
    if (!file || read_all(file, bytes, size) == ACCEL_OK)
        return file;
    pickle_close(file);
    return NULL;
}

pickle_file *pickle_open(const char *path)
{
    pickle_file *file = file_create(path);
    if (!file)
        return NULL;
    if (file_map_open(&file->map, path) == ACCEL_OK &&
        read_all(file, file->map.data, file->map.size) == ACCEL_OK)
        return file;
    pickle_close(file);
    return NULL;
}

void pickle_close(pickle_file *file)
{
    if (!file)
        return;
    size_t count = 0;
    if (file->storages)
        zip_entries(file->zip, &count);
    for (size_t i = 0; i < count; i++)
        memory_free(file->storages[i].inflated);
    memory_free(file->storages);
    pickle_arena_destroy(file->arena);
    memory_free(file->folder);
    zip_close(file->zip);
    file_map_close(&file->map);
    memory_free(file->path);
    memory_free(file);
}

const pickle_value *pickle_root(const pickle_file *file) { return file->root; }
