#include "pickle/value.h"

#include <stdalign.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* ---- arenas ---- */

typedef struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
} block;

struct pickle_arena {
    block *blocks;
};

enum { BLOCK_SIZE = 64 * 1024 };

pickle_arena *pickle_arena_create(void) { return memory_alloc(1, sizeof(pickle_arena)); }

void pickle_arena_destroy(pickle_arena *arena)
{
    if (!arena)
        return;
    for (block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        memory_free(b);
    }
    memory_free(arena);
}

void *pickle_arena_alloc(pickle_arena *arena, size_t size)
{
    size_t rounded = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    block *b = arena->blocks;
    if (!b || b->size - b->used < rounded) {
        size_t room = rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE;
        b = rounded < size ? NULL : memory_alloc(1, sizeof *b + room);
        if (!b)
            return NULL;
        *b = (block){.next = arena->blocks, .size = room};
        arena->blocks = b;
    }
    void *memory = b->bytes + b->used;
    b->used += rounded;
    return memory;
}

/* ---- making values ---- */

static pickle_value *make(pickle_arena *arena, pickle_kind kind)
{
    pickle_value *value = pickle_arena_alloc(arena, sizeof *value);
    if (value)
        value->kind = kind;
    return value;
}

pickle_value *pickle_none(pickle_arena *arena) { return make(arena, PICKLE_NONE); }

pickle_value *pickle_boolean(pickle_arena *arena, bool boolean)
{
    pickle_value *value = make(arena, PICKLE_BOOLEAN);
    if (value)
        value->boolean = boolean;
    return value;
}

pickle_value *pickle_integer(pickle_arena *arena, int64_t integer)
{
    pickle_value *value = make(arena, PICKLE_INTEGER);
    if (value)
        value->integer = integer;
    return value;
}

pickle_value *pickle_real(pickle_arena *arena, double real)
{
    pickle_value *value = make(arena, PICKLE_REAL);
    if (value)
        value->real = real;
    return value;
}

pickle_value *pickle_text_of(pickle_arena *arena, pickle_kind kind, const void *bytes, size_t size)
{
    pickle_value *value = make(arena, kind);
    char *copy = value ? pickle_arena_alloc(arena, size + 1) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, bytes, size);
    value->text = (pickle_text){copy, size};
    return value;
}

pickle_value *pickle_string(pickle_arena *arena, const char *text)
{
    return pickle_text_of(arena, PICKLE_STRING, text, strlen(text));
}

pickle_value *pickle_container(pickle_arena *arena, pickle_kind kind) { return make(arena, kind); }

static const int64_t *copy_numbers(pickle_arena *arena, const int64_t *numbers, size_t count)
{
    int64_t *copy = pickle_arena_alloc(arena, count * sizeof *copy);
    if (copy && count)
        memcpy(copy, numbers, count * sizeof *copy);
    return copy;
}

pickle_value *pickle_tensor_of(pickle_arena *arena, const pickle_tensor *tensor)
{
    pickle_value *value = make(arena, PICKLE_TENSOR);
    if (!value)
        return NULL;
    value->tensor = *tensor;
    value->tensor.sizes = copy_numbers(arena, tensor->sizes, tensor->rank);
    value->tensor.strides = copy_numbers(arena, tensor->strides, tensor->rank);
    return value->tensor.sizes && value->tensor.strides ? value : NULL;
}

accel_status pickle_append(pickle_arena *arena, pickle_value *container, pickle_value *item)
{
    if (!container || !item)
        return accel_error_status();
    pickle_items *items = &container->items;
    if (items->count == items->capacity) {
        size_t capacity = items->capacity ? 2 * items->capacity : 4;
        pickle_value **grown = pickle_arena_alloc(arena, capacity * sizeof *grown);
        if (!grown)
            return accel_error_status();
        if (items->count)
            memcpy(grown, items->at, items->count * sizeof *grown);
        items->at = grown;
        items->capacity = capacity;
    }
    items->at[items->count++] = item;
    return ACCEL_OK;
}

accel_status pickle_set(pickle_arena *arena, pickle_value *dict, pickle_value *key, pickle_value *value)
{
    if (!key || !value)
        return accel_error_status();
    accel_status status = pickle_append(arena, dict, key);
    return status == ACCEL_OK ? pickle_append(arena, dict, value) : status;
}

/* ---- looking at values ---- */

pickle_value *pickle_get(const pickle_value *dict, const char *key)
{
    if (!dict || dict->kind != PICKLE_DICT)
        return NULL;
    size_t length = strlen(key);
    for (size_t i = dict->items.count; i >= 2; i -= 2) {
        const pickle_value *candidate = dict->items.at[i - 2];
        if (candidate->kind == PICKLE_STRING && candidate->text.size == length &&
            memcmp(candidate->text.bytes, key, length) == 0)
            return dict->items.at[i - 1];
    }
    return NULL;
}

const char *pickle_kind_name(pickle_kind kind)
{
    static const char *const names[] = {
        [PICKLE_NONE] = "None",          [PICKLE_BOOLEAN] = "a boolean",
        [PICKLE_INTEGER] = "an integer", [PICKLE_LONG] = "an integer of more than 64 bits",
        [PICKLE_REAL] = "a number",      [PICKLE_STRING] = "a string",
        [PICKLE_BYTES] = "bytes",        [PICKLE_LIST] = "a list",
        [PICKLE_TUPLE] = "a tuple",      [PICKLE_DICT] = "a dict",
        [PICKLE_TENSOR] = "a tensor",    [PICKLE_ARRAY] = "an array",
        [PICKLE_GLOBAL] = "a global",    [PICKLE_STORAGE] = "a storage",
    };
    return names[kind];
}

static bool has_items(const pickle_value *value)
{
    return value->kind == PICKLE_LIST || value->kind == PICKLE_TUPLE || value->kind == PICKLE_DICT;
}

/* Weighs a value by what it holds; what is being weighed above it has the greatest weight there is. */
static const char *weigh(pickle_value *value, size_t depth, size_t limit)
{
    if (value->weight == SIZE_MAX)
        return "holds itself";
    if (value->weight)
        return NULL;
    if (depth == 0)
        return "is nested too deeply";
    value->weight = SIZE_MAX;
    size_t weight = 1;
    size_t count = has_items(value) ? value->items.count : 0;
    for (size_t i = 0; i < count + (value->attributes != NULL); i++) {
        pickle_value *inner = i < count ? value->items.at[i] : value->attributes;
        const char *wrong = weigh(inner, depth - 1, limit);
        if (wrong)
            return wrong;
        weight += inner->weight;
        if (weight > limit)
            return "holds too many values";
    }
    value->weight = weight;
    return NULL;
}

const char *pickle_check_finite(pickle_value *root, size_t depth, size_t limit)
{
    return weigh(root, depth, limit);
}
