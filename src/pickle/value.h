/* What a pickle holds: plain data as Python has it, and tensors as spans of storages. The reader gives such values and the
   writer takes them. All values of one arena end together. */
#ifndef ACCEL_PICKLE_VALUE_H
#define ACCEL_PICKLE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>

#include "pickle/dtype.h"

typedef enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOLEAN,
    PICKLE_INTEGER, /* of 64 bits; larger ones are PICKLE_LONG */
    PICKLE_LONG,    /* the bytes of an integer in two's complement, little-endian, as `text` */
    PICKLE_REAL,
    PICKLE_STRING, /* UTF-8 */
    PICKLE_BYTES,
    PICKLE_LIST,
    PICKLE_TUPLE,
    PICKLE_DICT, /* `items` are key, value, key, value … */
    PICKLE_TENSOR,
    PICKLE_ARRAY,  /* of numpy, one that is contiguous and no object array */
    PICKLE_GLOBAL, /* a name that stands for itself, such as "torch float32", as `text` */
    PICKLE_STORAGE /* only within tensors, and while reading */
} pickle_kind;

/* Bytes that tensors are views of. */
typedef struct pickle_storage {
    const void *data; /* may be unaligned */
    size_t size;      /* bytes */
    pickle_dtype dtype;
    bool untyped;    /* then the dtype is its tensors' */
    const char *key; /* which file of the archive it is: a number in practice. NULL in what is to be written */
} pickle_storage;

typedef struct pickle_value pickle_value;

/* Elements, not bytes, in offset and strides. Its last element lies within the storage. */
typedef struct pickle_tensor {
    pickle_storage *storage;
    pickle_dtype dtype;
    int64_t offset;
    size_t rank;
    const int64_t *sizes, *strides; /* none negative */
    bool requires_grad;
    bool is_parameter;
} pickle_tensor;

typedef struct pickle_text {
    const char *bytes; /* a zero byte follows */
    size_t size;
} pickle_text;

typedef struct pickle_items {
    pickle_value **at;
    size_t count, capacity;
} pickle_items;

/* numpy's "<u4" as dtype. `bytes` are as many as its shape and dtype say, unless it is still being built. */
typedef struct pickle_array {
    const char *dtype;
    size_t rank;
    const int64_t *sizes;
    pickle_text bytes;
} pickle_array;

struct pickle_value {
    pickle_kind kind;
    bool ordered; /* a dict that is an OrderedDict */
    union {
        bool boolean;
        int64_t integer;
        double real;
        pickle_text text;
        pickle_items items;
        pickle_tensor tensor;
        pickle_array array;
        pickle_storage *storage;
    };
    pickle_value *attributes; /* of an OrderedDict: a dict, or NULL */
    size_t
        weight; /* how many values it is when each is counted as often as it is seen; 0 before that is known */
};

/* ---- arenas ---- */

typedef struct pickle_arena pickle_arena;

/* New; NULL on failure. */
pickle_arena *pickle_arena_create(void);

/* Ends all values with it; NULL does nothing. */
void pickle_arena_destroy(pickle_arena *arena);

/* Zeroed memory, aligned for anything, that lives as long as the arena; NULL with ACCEL_ENOMEM recorded. */
void *pickle_arena_alloc(pickle_arena *arena, size_t size);

/* ---- making values: each is NULL on failure, and takes NULL for "that failed before" where it takes a value ---- */

pickle_value *pickle_none(pickle_arena *arena);
pickle_value *pickle_boolean(pickle_arena *arena, bool boolean);
pickle_value *pickle_integer(pickle_arena *arena, int64_t integer);
pickle_value *pickle_real(pickle_arena *arena, double real);
pickle_value *pickle_string(pickle_arena *arena, const char *text);
pickle_value *pickle_text_of(pickle_arena *arena, pickle_kind kind, const void *bytes,
                             size_t size);                             /* copied */
pickle_value *pickle_container(pickle_arena *arena, pickle_kind kind); /* empty */
pickle_value *pickle_tensor_of(pickle_arena *arena,
                               const pickle_tensor *tensor); /* sizes and strides are copied */

accel_status pickle_append(pickle_arena *arena, pickle_value *container, pickle_value *item);
accel_status pickle_set(pickle_arena *arena, pickle_value *dict, pickle_value *key,
                        pickle_value *value); /* behind what is there */

/* ---- looking at values ---- */

/* The value of a string key, the last one set; NULL when there is none or `dict` is no dict. */
pickle_value *pickle_get(const pickle_value *dict, const char *key);

/* "a list", "a tensor": for messages. Static. */
const char *pickle_kind_name(pickle_kind kind);

/* Checks that no value holds itself, that nesting is at most `depth` deep and that walking through everything meets at most
   `limit` values. Returns NULL, or in words what is wrong. */
const char *pickle_check_finite(pickle_value *root, size_t depth, size_t limit);

#endif
