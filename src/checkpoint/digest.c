#include "checkpoint/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/layout.h"
#include "pickle/reader.h"
#include "safetensors/reader.h"

uint64_t digest_size(const digest *d) { return d->count ? d->spans[d->count - 1].end : 0; }

accel_status digest_add(digest *d, uint64_t end, uint64_t hash, const char *name)
{
    enum { STEP = 32 };
    digest_span *spans = d->spans;
    if (d->count % STEP == 0)
        spans = memory_resize(d->spans, d->count + STEP, sizeof *spans);
    if (!spans)
        return accel_error_status();
    d->spans = spans;
    char *copy = name ? memory_copy_string(name) : NULL;
    if (name && !copy)
        return accel_error_status();
    spans[d->count++] = (digest_span){end, hash, copy};
    return ACCEL_OK;
}

void digest_dispose(digest *d)
{
    for (size_t i = 0; i < d->count; i++)
        memory_free(d->spans[i].name);
    memory_free(d->spans);
    *d = (digest){0};
}

/* ---- which tensor is where ---- */

/* Bytes of a tensor in the map. */
typedef struct place {
    size_t begin, end;
    char *name;
} place;

typedef struct places {
    const file_map *map;
    place *list;
    size_t count;
    buffer name; /* of the value at hand */
} places;

/* A tensor that is not in the map was compressed, and is found with what is around it. */
static accel_status add_place(places *p, const void *data, size_t size, const char *name)
{
    enum { STEP = 64 };
    size_t begin = (size_t)((const unsigned char *)data - p->map->data);
    if (size == 0 || (const unsigned char *)data < p->map->data || begin > p->map->size ||
        size > p->map->size - begin)
        return ACCEL_OK;
    if (p->count % STEP == 0) {
        place *list = memory_resize(p->list, p->count + STEP, sizeof *list);
        if (!list)
            return accel_error_status();
        p->list = list;
    }
    char *copy = memory_copy_string(name);
    if (copy)
        p->list[p->count++] = (place){begin, begin + size, copy};
    return accel_error_status();
}

static accel_status place_safetensors(places *p, const char *path)
{
    safetensors_file *file = safetensors_from_memory(path, p->map->data, p->map->size);
    size_t count = 0;
    const safetensors_entry *entries = file ? safetensors_entries(file, &count) : NULL;
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        add_place(p, entries[i].data, entries[i].size, entries[i].name);
    safetensors_close(file);
    return accel_error_status();
}

static accel_status place_value(places *p, const pickle_value *value);

static accel_status place_item(places *p, const pickle_value *key, size_t index, const pickle_value *value)
{
    size_t before = p->name.size;
    const char *dot = before ? "." : "";
    if (key && key->kind == PICKLE_STRING)
        buffer_printf(&p->name, "%s%s", dot, key->text.bytes);
    else if (key && key->kind == PICKLE_INTEGER)
        buffer_printf(&p->name, "%s%lld", dot, (long long)key->integer);
    else
        buffer_printf(&p->name, "%s%zu", dot, index);
    if (!accel_error_is_set())
        place_value(p, value);
    if (p->name.data) {
        p->name.size = before;
        p->name.data[before] = '\0';
    }
    return accel_error_status();
}

static accel_status place_value(places *p, const pickle_value *value)
{
    const pickle_items *items = &value->items;
    if (value->kind == PICKLE_TENSOR)
        add_place(p, value->tensor.storage->data, value->tensor.storage->size,
                  p->name.data ? p->name.data : "");
    else if (value->kind == PICKLE_DICT)
        for (size_t i = 0; i + 1 < items->count && !accel_error_is_set(); i += 2)
            place_item(p, items->at[i], 0, items->at[i + 1]);
    else if (value->kind == PICKLE_LIST || value->kind == PICKLE_TUPLE)
        for (size_t i = 0; i < items->count && !accel_error_is_set(); i++)
            place_item(p, NULL, i, items->at[i]);
    return accel_error_status();
}

static accel_status place_pickle(places *p, const char *path)
{
    pickle_file *file = pickle_from_memory(path, p->map->data, p->map->size);
    if (file)
        place_value(p, pickle_root(file));
    pickle_close(file);
    return accel_error_status();
}

static int compare_places(const void *a, const void *b)
{
    const place *one = a, *other = b;
    return one->begin < other->begin ? -1 : one->begin > other->begin;
}

/* A program's own file, of whatever kind, has none. */
static accel_status find_places(places *p, const char *path, const char *name)
{
    static const char zip[] = {'P', 'K', 3, 4};
    if (!layout_is_own(name))
        return accel_error_status();
    if (strstr(name, ".safetensors"))
        place_safetensors(p, path);
    else if (p->map->size > sizeof zip && memcmp(p->map->data, zip, sizeof zip) == 0)
        place_pickle(p, path);
    if (p->count > 0)
        qsort(p->list, p->count, sizeof *p->list, compare_places);
    return accel_error_status();
}

static void free_places(places *p)
{
    for (size_t i = 0; i < p->count; i++)
        memory_free(p->list[i].name);
    memory_free(p->list);
    buffer_dispose(&p->name);
}

/* ---- out ---- */

static accel_status add_span(digest *d, const file_map *map, size_t end, const char *name)
{
    size_t begin = digest_size(d);
    if (end <= begin)
        return ACCEL_OK;
    return digest_add(d, end, XXH3_64bits(map->data + begin, end - begin), name);
}

/* The tensors in their order, and what is between them. */
accel_status digest_file(digest *d, const char *path, const char *name)
{
    *d = (digest){0};
    file_map map;
    if (file_map_open(&map, path) != ACCEL_OK)
        return accel_error_status();
    places p = {.map = &map};
    if (find_places(&p, path, name) == ACCEL_OK)
        for (size_t i = 0; i < p.count && !accel_error_is_set(); i++) {
            add_span(d, &map, p.list[i].begin, NULL);
            add_span(d, &map, p.list[i].end, p.list[i].name);
        }
    if (!accel_error_is_set())
        add_span(d, &map, map.size, NULL);
    free_places(&p);
    file_map_close(&map);
    if (accel_error_is_set())
        digest_dispose(d);
    return accel_error_status();
}

/* ---- in: bytes are read, not mapped, since a file may be cut short while it is compared ---- */

accel_status digest_compare_size(const digest *d, const char *path, const char *call)
{
    size_t size = 0;
    int fd = file_open_regular(path, &size);
    if (fd < 0)
        return accel_error_status();
    close(fd);
    if (size == digest_size(d))
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EFORMAT, call, "%s: has %zu bytes, it was saved with %llu", path, size,
                             (unsigned long long)digest_size(d));
}

enum { CHUNK = 1 << 20 };

/* Of the next bytes of a file. */
static accel_status hash_bytes(int fd, const char *path, uint64_t count, XXH3_state_t *state, void *chunk,
                               uint64_t *hash)
{
    XXH3_64bits_reset(state);
    while (count > 0) {
        ssize_t got = read(fd, chunk, count < CHUNK ? (size_t)count : CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return file_raise_errno(path, "cannot be read");
        if (got == 0)
            break;
        XXH3_64bits_update(state, chunk, (size_t)got);
        count -= (uint64_t)got;
    }
    *hash = count > 0 ? 0 : XXH3_64bits_digest(state);
    return ACCEL_OK;
}

static accel_status compare_spans(const digest *d, int fd, const char *path, const char *call)
{
    XXH3_state_t *state = XXH3_createState();
    void *chunk = memory_alloc(1, CHUNK);
    if (!state && chunk)
        accel_error_raise(ACCEL_ENOMEM, call, "out of memory");
    for (size_t i = 0; state && chunk && i < d->count && !accel_error_is_set(); i++) {
        const digest_span *span = &d->spans[i];
        uint64_t begin = i ? d->spans[i - 1].end : 0, hash = 0;
        if (hash_bytes(fd, path, span->end - begin, state, chunk, &hash) != ACCEL_OK || hash == span->hash)
            continue;
        if (span->name)
            accel_error_raise(ACCEL_EFORMAT, call,
                              "%s: tensor \"%.200s\" is damaged: its bytes are not those saved", path,
                              span->name);
        else
            accel_error_raise(ACCEL_EFORMAT, call,
                              "%s: is damaged: bytes %llu to %llu, which are of no tensor, are not those saved",
                              path, (unsigned long long)begin, (unsigned long long)span->end);
    }
    memory_free(chunk);
    XXH3_freeState(state);
    return accel_error_status();
}

accel_status digest_compare(const digest *d, const char *path, const char *call)
{
    if (digest_compare_size(d, path, call) != ACCEL_OK)
        return accel_error_status();
    size_t size = 0;
    int fd = file_open_regular(path, &size);
    if (fd >= 0) {
        compare_spans(d, fd, path, call);
        close(fd);
    }
    return accel_error_status();
}
