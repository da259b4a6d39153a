#include "checkpoint/random_states.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "pickle/reader.h"
#include "pickle/writer.h"
#include "tensor/state.h"
#include "tensor/tensor.h"

enum { WORDS = 624 }; /* of a Mersenne twister */

/* ---- Python's generators, seeded ---- */

/* Source: init_genrand of the Mersenne twister's authors. */
static void seed_words(uint32_t words[WORDS], uint32_t seed)
{
    words[0] = seed;
    for (uint32_t i = 1; i < WORDS; i++)
        words[i] = 1812433253U * (words[i - 1] ^ (words[i - 1] >> 30)) + i;
}

/* Source: init_by_array of the same, as random.seed has it. */
static void seed_words_by_array(uint32_t words[WORDS], const uint32_t *key, size_t count)
{
    size_t i = 1, k = 0;
    seed_words(words, 19650218U);
    for (size_t n = WORDS; n > 0; n--) {
        words[i] = (words[i] ^ ((words[i - 1] ^ (words[i - 1] >> 30)) * 1664525U)) + key[k] + (uint32_t)k;
        if (++i == WORDS) {
            words[0] = words[WORDS - 1];
            i = 1;
        }
        k = (k + 1) % count;
    }
    for (size_t n = WORDS - 1; n > 0; n--) {
        words[i] = (words[i] ^ ((words[i - 1] ^ (words[i - 1] >> 30)) * 1566083941U)) - (uint32_t)i;
        if (++i == WORDS) {
            words[0] = words[WORDS - 1];
            i = 1;
        }
    }
    words[0] = 0x80000000U;
}

static void set_words(accel_dict *dict, const char *name, const uint32_t words[WORDS], bool has_position)
{
    int64_t wide[WORDS + 1];
    for (size_t i = 0; i < WORDS; i++)
        wide[i] = words[i];
    wide[WORDS] = WORDS;
    state_set(dict, name, ACCEL_INT64, wide, ACCEL_SHAPE(WORDS + has_position));
}

accel_status random_states_seed(accel_dict *dict, uint64_t seed)
{
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const int64_t position = WORDS, none = 0;
    const double gauss = 0;
    uint32_t words[WORDS];
    seed_words_by_array(words, key, key[1] ? 2 : 1);
    set_words(dict, "python", words, true);
    seed_words(words, key[0]);
    set_words(dict, "numpy", words, false);
    state_set(dict, "numpy_position", ACCEL_INT64, &position, NULL, 0);
    state_set(dict, "numpy_has_gauss", ACCEL_INT64, &none, NULL, 0);
    state_set(dict, "numpy_gauss", ACCEL_FLOAT64, &gauss, NULL, 0);
    return accel_error_status();
}

/* ---- in ---- */

typedef struct reading {
    accel_dict *dict;
    const char *path, *call;
} reading;

static accel_status refuse(const reading *r, const char *what)
{
    return accel_error_raise(ACCEL_EFORMAT, r->call, "%s: \"%s\" is no state of random numbers", r->path, what);
}

static void take_integer(const reading *r, const char *name, const pickle_value *value)
{
    if (value && value->kind == PICKLE_INTEGER)
        state_set(r->dict, name, ACCEL_INT64, &value->integer, NULL, 0);
    else
        refuse(r, name);
}

static void take_real(const reading *r, const char *name, const pickle_value *value)
{
    double real = value && value->kind == PICKLE_INTEGER ? (double)value->integer : 0;
    if (value && (value->kind == PICKLE_REAL || value->kind == PICKLE_INTEGER))
        state_set(r->dict, name, ACCEL_FLOAT64, value->kind == PICKLE_REAL ? &value->real : &real, NULL, 0);
    else
        refuse(r, name);
}

/* Integers of a list or a tuple, or of numpy's array of uint32. */
static bool read_words(const pickle_value *value, int64_t *words, size_t count)
{
    const pickle_items *items = &value->items;
    if (value->kind == PICKLE_ARRAY && strcmp(value->array.dtype, "<u4") == 0 &&
        value->array.bytes.size == 4 * count) {
        for (size_t i = 0; i < count; i++) {
            uint32_t word;
            memcpy(&word, value->array.bytes.bytes + 4 * i, sizeof word);
            words[i] = word;
        }
        return true;
    }
    if ((value->kind != PICKLE_LIST && value->kind != PICKLE_TUPLE) || items->count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (items->at[i]->kind != PICKLE_INTEGER)
            return false;
        words[i] = items->at[i]->integer;
    }
    return true;
}

static void take_words(const reading *r, const char *name, const pickle_value *value, size_t count)
{
    int64_t words[WORDS + 1];
    if (read_words(value, words, count))
        state_set(r->dict, name, ACCEL_INT64, words, ACCEL_SHAPE((int64_t)count));
    else
        refuse(r, name);
}

/* (3, (625 integers), None or a number), random.getstate(). */
static void take_python(const reading *r, const pickle_value *value)
{
    if (value->kind != PICKLE_TUPLE || value->items.count != 3) {
        refuse(r, "random_state");
        return;
    }
    take_words(r, "python", value->items.at[1], WORDS + 1);
    if (value->items.at[2]->kind != PICKLE_NONE)
        take_real(r, "python_gauss", value->items.at[2]);
}

/* ("MT19937", 624 words, position, has_gauss, gauss), numpy.random.get_state(). */
static void take_numpy(const reading *r, const pickle_value *value)
{
    if (value->kind != PICKLE_TUPLE || value->items.count != 5) {
        refuse(r, "numpy_random_seed");
        return;
    }
    take_words(r, "numpy", value->items.at[1], WORDS);
    take_integer(r, "numpy_position", value->items.at[2]);
    take_integer(r, "numpy_has_gauss", value->items.at[3]);
    take_real(r, "numpy_gauss", value->items.at[4]);
}

/* Of bytes, in a row. */
static void take_tensor(const reading *r, const char *name, const pickle_value *value)
{
    const pickle_tensor *t = &value->tensor;
    if (value->kind != PICKLE_TENSOR || t->dtype != PICKLE_uint8 || t->rank != 1 || t->strides[0] != 1)
        refuse(r, name);
    else
        state_set(r->dict, name, ACCEL_UINT8, (const char *)t->storage->data + t->offset,
                  ACCEL_SHAPE(t->sizes[0]));
}

static void take_devices(const reading *r, const pickle_value *value)
{
    bool is_list = value->kind == PICKLE_LIST || value->kind == PICKLE_TUPLE;
    if (!is_list)
        refuse(r, "torch_cuda_manual_seed");
    for (size_t i = 0; is_list && i < value->items.count && !accel_error_is_set(); i++) {
        char name[32];
        snprintf(name, sizeof name, "cuda.%zu", i);
        take_tensor(r, name, value->items.at[i]);
    }
}

static accel_status take_all(const reading *r, const pickle_value *root)
{
    const pickle_value *value;
    if (root->kind != PICKLE_DICT || !(value = pickle_get(root, "torch_manual_seed")))
        return accel_error_raise(ACCEL_EFORMAT, r->call, "%s: has no \"torch_manual_seed\"", r->path);
    take_tensor(r, "torch", value);
    if ((value = pickle_get(root, "step")))
        take_integer(r, "step", value);
    if ((value = pickle_get(root, "random_state")))
        take_python(r, value);
    if ((value = pickle_get(root, "numpy_random_seed")))
        take_numpy(r, value);
    if ((value = pickle_get(root, "torch_cuda_manual_seed")))
        take_devices(r, value);
    return accel_error_status();
}

accel_status random_states_read(accel_dict *dict, const char *path, const char *call)
{
    RETURN_STATUS_IF_FAILED();
    pickle_file *file = pickle_open(path);
    if (file)
        take_all(&(reading){dict, path, call}, pickle_root(file));
    pickle_close(file);
    return accel_error_status();
}

/* ---- out: the entries are on the CPU, as whoever draws from them has them ---- */

typedef struct writing {
    pickle_arena *arena;
    accel_dict *dict;
    const char *call;
} writing;

static pickle_value *integer_of(const writing *w, const char *name)
{
    accel_tensor *number = state_get(w->dict, name, w->call);
    return number ? pickle_integer(w->arena, accel_item_integer(number)) : NULL;
}

static pickle_value *real_of(const writing *w, const char *name)
{
    accel_tensor *number = state_get(w->dict, name, w->call);
    return number ? pickle_real(w->arena, accel_item(number)) : NULL;
}

static pickle_value *words_of(const writing *w, const char *name, pickle_kind kind)
{
    accel_tensor *tensor = state_get(w->dict, name, w->call);
    const int64_t *words = tensor ? accel_tensor_data(tensor) : NULL;
    pickle_value *list = words ? pickle_container(w->arena, kind) : NULL;
    for (int64_t i = 0; list && i < accel_tensor_numel(tensor); i++)
        pickle_append(w->arena, list, pickle_integer(w->arena, words[i]));
    return list;
}

static pickle_value *tensor_of(const writing *w, const char *name)
{
    accel_tensor *tensor = state_get(w->dict, name, w->call);
    pickle_storage *storage = tensor ? pickle_arena_alloc(w->arena, sizeof *storage) : NULL;
    if (!storage)
        return NULL;
    const int64_t size = accel_tensor_numel(tensor), stride = 1;
    *storage = (pickle_storage){.data = accel_tensor_data(tensor), .size = (size_t)size, .dtype = PICKLE_uint8};
    const pickle_tensor t = {
        .storage = storage, .dtype = PICKLE_uint8, .rank = 1, .sizes = &size, .strides = &stride};
    return pickle_tensor_of(w->arena, &t);
}

static pickle_value *python_of(const writing *w)
{
    pickle_value *tuple = pickle_container(w->arena, PICKLE_TUPLE);
    bool has_gauss = accel_dict_has(w->dict, "python_gauss");
    pickle_append(w->arena, tuple, pickle_integer(w->arena, 3));
    pickle_append(w->arena, tuple, words_of(w, "python", PICKLE_TUPLE));
    pickle_append(w->arena, tuple, has_gauss ? real_of(w, "python_gauss") : pickle_none(w->arena));
    return tuple;
}

static pickle_value *numpy_of(const writing *w)
{
    pickle_value *tuple = pickle_container(w->arena, PICKLE_TUPLE);
    pickle_append(w->arena, tuple, pickle_string(w->arena, "MT19937"));
    pickle_append(w->arena, tuple, words_of(w, "numpy", PICKLE_LIST));
    pickle_append(w->arena, tuple, integer_of(w, "numpy_position"));
    pickle_append(w->arena, tuple, integer_of(w, "numpy_has_gauss"));
    pickle_append(w->arena, tuple, real_of(w, "numpy_gauss"));
    return tuple;
}

static pickle_value *devices_of(const writing *w)
{
    pickle_value *list = pickle_container(w->arena, PICKLE_LIST);
    for (size_t i = 0;; i++) {
        char name[32];
        snprintf(name, sizeof name, "cuda.%zu", i);
        if (!accel_dict_has(w->dict, name))
            return list;
        if (pickle_append(w->arena, list, tensor_of(w, name)) != ACCEL_OK)
            return NULL;
    }
}

/* Nothing goes into a container that could not be made: the calls take NULL for that. */
static pickle_value *root_of(const writing *w)
{
    pickle_value *root = pickle_container(w->arena, PICKLE_DICT);
    pickle_set(w->arena, root, pickle_string(w->arena, "step"), integer_of(w, "step"));
    pickle_set(w->arena, root, pickle_string(w->arena, "random_state"), python_of(w));
    pickle_set(w->arena, root, pickle_string(w->arena, "numpy_random_seed"), numpy_of(w));
    pickle_set(w->arena, root, pickle_string(w->arena, "torch_manual_seed"), tensor_of(w, "torch"));
    if (accel_dict_has(w->dict, "cuda.0"))
        pickle_set(w->arena, root, pickle_string(w->arena, "torch_cuda_manual_seed"), devices_of(w));
    return accel_error_is_set() ? NULL : root;
}

file_writer *random_states_stage(accel_dict *dict, const char *path, const char *call)
{
    RETURN_NULL_IF_FAILED();
    const writing w = {.arena = pickle_arena_create(), .dict = dict, .call = call};
    pickle_value *root = w.arena ? root_of(&w) : NULL;
    file_writer *writer = root ? pickle_stage(path, root) : NULL;
    pickle_arena_destroy(w.arena);
    return writer;
}
