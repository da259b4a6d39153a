#include "text/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

accel_status vocabulary_reserve(vocabulary *v, size_t capacity)
{
    if (capacity > UINT32_MAX / 4)
        return RAISE(ACCEL_EUNSUPPORTED, "a vocabulary of %zu tokens is too large", capacity);
    size_t slots = 16;
    while (slots < capacity * 2)
        slots *= 2;
    v->entries = memory_alloc(capacity, sizeof *v->entries);
    v->slots = memory_alloc(slots, sizeof *v->slots);
    v->by_id = memory_alloc(capacity, sizeof *v->by_id);
    if (!v->entries || !v->slots || !v->by_id)
        return accel_error_status();
    v->capacity = capacity;
    v->slot_mask = slots - 1;
    return ACCEL_OK;
}

void vocabulary_dispose(vocabulary *v)
{
    memory_free(v->entries);
    memory_free(v->slots);
    memory_free(v->by_id);
    buffer_dispose(&v->texts);
    *v = (vocabulary){0};
}

uint64_t vocabulary_hash(uint64_t hash, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = vocabulary_hash_byte(hash, bytes[i]);
    return hash;
}

/* The last bytes hardly reach the low bits of FNV's hash; this brings all of it together. */
static size_t first_slot(const vocabulary *v, uint64_t hash)
{
    return (size_t)((hash ^ hash >> 29) * UINT64_C(0x9E3779B97F4A7C15) >> 32) & v->slot_mask;
}

int64_t vocabulary_find_hashed(const vocabulary *v, uint64_t hash, const char *head, size_t head_size,
                               const char *tail, size_t tail_size)
{
    if (!v->slots)
        return VOCABULARY_NONE;
    for (size_t i = first_slot(v, hash); v->slots[i].entry; i = (i + 1) & v->slot_mask) {
        if (v->slots[i].tag != (uint32_t)hash)
            continue;
        const vocabulary_entry *e = &v->entries[v->slots[i].entry - 1];
        const char *text = v->texts.data + e->text;
        if (e->hash == hash && e->size == head_size + tail_size && memcmp(text, head, head_size) == 0 &&
            memcmp(text + head_size, tail, tail_size) == 0)
            return (int64_t)v->slots[i].entry - 1;
    }
    return VOCABULARY_NONE;
}

int64_t vocabulary_find(const vocabulary *v, const char *token, size_t size)
{
    return vocabulary_find_hashed(v, vocabulary_hash(VOCABULARY_HASH_START, token, size), "", 0, token, size);
}

accel_status vocabulary_add(vocabulary *v, const char *token, size_t size, uint32_t id)
{
    if (v->count == v->capacity || size >= UINT32_MAX)
        return RAISE(ACCEL_EUNSUPPORTED, "a token of %zu bytes, or more than %zu tokens", size, v->capacity);
    uint64_t hash = vocabulary_hash(VOCABULARY_HASH_START, token, size);
    v->entries[v->count] =
        (vocabulary_entry){.hash = hash, .text = v->texts.size, .size = (uint32_t)size, .id = id};
    accel_status status = buffer_append(&v->texts, token, size);
    if (status == ACCEL_OK)
        status = buffer_append(&v->texts, "", 1);
    if (status != ACCEL_OK)
        return status;
    size_t slot = first_slot(v, hash);
    while (v->slots[slot].entry)
        slot = (slot + 1) & v->slot_mask;
    v->by_id[v->count] = (uint32_t)v->count;
    v->count++;
    v->slots[slot] = (vocabulary_slot){.tag = (uint32_t)hash, .entry = (uint32_t)v->count};
    if (size > v->longest)
        v->longest = size;
    return ACCEL_OK;
}

const char *vocabulary_text(const vocabulary *v, int64_t entry)
{
    return v->texts.data + v->entries[entry].text;
}

static int compare_ids(const void *a, const void *b, void *entries)
{
    const vocabulary_entry *table = entries;
    uint32_t x = table[*(const uint32_t *)a].id, y = table[*(const uint32_t *)b].id;
    return (x > y) - (x < y);
}

accel_status vocabulary_seal(vocabulary *v, const char *path)
{
    bool sorted = true; /* as nearly all files are */
    for (size_t i = 1; i < v->count && sorted; i++)
        sorted = v->entries[i - 1].id < v->entries[i].id;
    if (sorted)
        return ACCEL_OK;
    qsort_r(v->by_id, v->count, sizeof *v->by_id, compare_ids, v->entries);
    for (size_t i = 1; i < v->count; i++) {
        uint32_t a = v->by_id[i - 1], b = v->by_id[i], id = v->entries[a].id;
        if (id == v->entries[b].id)
            return RAISE(ACCEL_EFORMAT, "%s: tokens \"%s\" and \"%s\" share the id %u", path,
                         vocabulary_text(v, a), vocabulary_text(v, b), id);
    }
    return ACCEL_OK;
}

int64_t vocabulary_find_id(const vocabulary *v, int64_t id)
{
    size_t low = 0, high = v->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (v->entries[v->by_id[middle]].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < v->count && v->entries[v->by_id[low]].id == id ? (int64_t)v->by_id[low] : VOCABULARY_NONE;
}
