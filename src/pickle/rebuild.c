#include "pickle/rebuild.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* ---- arguments ---- */

static pickle_value *damaged(const rebuilder *r, const char *what)
{
    accel_error_raise(ACCEL_EFORMAT, NULL, "%s: is a damaged pickle: %s", r->path, what);
    return NULL;
}

static const pickle_value *argument(const pickle_value *arguments, size_t index)
{
    return index < arguments->items.count ? arguments->items.at[index] : NULL;
}

static bool is_kind(const pickle_value *value, pickle_kind kind) { return value && value->kind == kind; }

static bool is_global(const pickle_value *value, const char *name)
{
    return is_kind(value, PICKLE_GLOBAL) && strcmp(value->text.bytes, name) == 0;
}

static bool is_sequence(const pickle_value *value)
{
    return is_kind(value, PICKLE_TUPLE) || is_kind(value, PICKLE_LIST);
}

/* A tuple of integers, none negative, as an array: new in the arena; NULL for something else, which is recorded. */
static const int64_t *take_numbers(const rebuilder *r, const pickle_value *tuple, size_t *count)
{
    if (!is_sequence(tuple))
        return damaged(r, "a shape is not a tuple"), NULL;
    *count = tuple->items.count;
    int64_t *numbers = pickle_arena_alloc(r->arena, *count * sizeof *numbers);
    for (size_t i = 0; numbers && i < *count; i++) {
        const pickle_value *item = tuple->items.at[i];
        if (!is_kind(item, PICKLE_INTEGER) || item->integer < 0)
            return damaged(r, "a size or stride is not an integer from 0"), NULL;
        numbers[i] = item->integer;
    }
    return numbers;
}

/* ---- tensors ---- */

/* Every element lies within the storage, and there are fewer than 2^63 bytes of them. */
static bool fits(const pickle_tensor *t)
{
    int64_t last = t->offset, bytes = (int64_t)pickle_dtype_size(t->dtype);
    int64_t available = (int64_t)(t->storage->size / pickle_dtype_size(t->dtype));
    bool empty = false, wrong = t->offset < 0;
    for (size_t i = 0; i < t->rank; i++)
        empty = empty || t->sizes[i] == 0;
    for (size_t i = 0; i < t->rank && !empty; i++) {
        int64_t span;
        wrong = wrong || __builtin_mul_overflow(t->sizes[i] - 1, t->strides[i], &span);
        wrong = wrong || __builtin_add_overflow(last, span, &last);
        wrong = wrong || __builtin_mul_overflow(bytes, t->sizes[i], &bytes);
    }
    return !wrong && (empty ? t->offset <= available : last < available);
}

/* What else a tensor is: conjugated or negated when it is looked at, which its elements do not show. */
static bool is_plain(const rebuilder *r, const pickle_value *metadata)
{
    if (!metadata || metadata->kind == PICKLE_NONE ||
        (metadata->kind == PICKLE_DICT && metadata->items.count == 0))
        return true;
    accel_error_raise(ACCEL_EUNSUPPORTED, NULL,
                      "%s: a tensor is a conjugated or negated view: save a copy, tensor.clone()", r->path);
    return false;
}

static pickle_value *make_tensor(rebuilder *r, const pickle_value *a, const pickle_dtype *dtype)
{
    const pickle_value *storage = argument(a, 0), *offset = argument(a, 1), *requires_grad = argument(a, 4);
    size_t strides = 0;
    if (!is_kind(storage, PICKLE_STORAGE) || !is_kind(offset, PICKLE_INTEGER))
        return damaged(r, "a tensor has no storage or offset");
    if (storage->storage->untyped && !dtype)
        return damaged(r, "a tensor of an untyped storage has no dtype");
    if (!is_plain(r, argument(a, dtype ? 7 : 6)))
        return NULL;
    pickle_tensor t = {.storage = storage->storage,
                       .dtype = dtype ? *dtype : storage->storage->dtype,
                       .offset = offset->integer,
                       .requires_grad = is_kind(requires_grad, PICKLE_BOOLEAN) && requires_grad->boolean};
    t.sizes = take_numbers(r, argument(a, 2), &t.rank);
    t.strides = t.sizes ? take_numbers(r, argument(a, 3), &strides) : NULL;
    if (!t.strides)
        return NULL;
    if (t.rank != strides)
        return damaged(r, "a tensor has not as many strides as sizes");
    return fits(&t) ? pickle_tensor_of(r->arena, &t) : damaged(r, "a tensor reaches beyond its storage");
}

/* Of (storage, offset, size, stride, …). */
static pickle_value *rebuild_tensor(rebuilder *r, const pickle_value *a) { return make_tensor(r, a, NULL); }

/* Of the same with the dtype as the seventh. */
static pickle_value *rebuild_tensor_v3(rebuilder *r, const pickle_value *a)
{
    static const char prefix[] = "torch ";
    const pickle_value *named = argument(a, 6);
    pickle_dtype dtype;
    if (!is_kind(named, PICKLE_GLOBAL) || strncmp(named->text.bytes, prefix, sizeof prefix - 1) != 0 ||
        !pickle_dtype_parse(named->text.bytes + sizeof prefix - 1, &dtype))
        return damaged(r, "a tensor has no dtype");
    return make_tensor(r, a, &dtype);
}

/* Of (tensor, requires_grad, …). */
static pickle_value *rebuild_parameter(rebuilder *r, const pickle_value *a)
{
    const pickle_value *data = argument(a, 0), *requires_grad = argument(a, 1);
    if (!is_kind(data, PICKLE_TENSOR))
        return damaged(r, "a parameter has no tensor");
    pickle_tensor t = data->tensor;
    t.is_parameter = true;
    t.requires_grad = !is_kind(requires_grad, PICKLE_BOOLEAN) || requires_grad->boolean;
    return pickle_tensor_of(r->arena, &t);
}

/* ---- plain data ---- */

/* Of (), or of a list of pairs. */
static pickle_value *ordered_dict(rebuilder *r, const pickle_value *a)
{
    pickle_value *dict = pickle_container(r->arena, PICKLE_DICT);
    const pickle_value *pairs = argument(a, 0);
    if (!dict)
        return NULL;
    dict->ordered = true;
    if (pairs && !is_sequence(pairs))
        return damaged(r, "an OrderedDict is made of something else than pairs");
    for (size_t i = 0; pairs && i < pairs->items.count; i++) {
        const pickle_value *pair = pairs->items.at[i];
        if (!is_sequence(pair) || pair->items.count != 2)
            return damaged(r, "an OrderedDict is made of something else than pairs");
        if (pickle_set(r->arena, dict, pair->items.at[0], pair->items.at[1]) != ACCEL_OK)
            return NULL;
    }
    return dict;
}

/* Of a tuple. */
static pickle_value *torch_size(rebuilder *r, const pickle_value *a)
{
    const pickle_value *sizes = argument(a, 0);
    pickle_value *tuple =
        is_sequence(sizes) ? pickle_container(r->arena, PICKLE_TUPLE) : damaged(r, "a Size has no sizes");
    if (tuple)
        tuple->items = sizes->items;
    return tuple;
}

/* Of ("cuda", 1): the string "cuda:1". */
static pickle_value *torch_device(rebuilder *r, const pickle_value *a)
{
    const pickle_value *type = argument(a, 0), *index = argument(a, 1);
    char name[64];
    if (!is_kind(type, PICKLE_STRING))
        return damaged(r, "a device has no type");
    if (is_kind(index, PICKLE_INTEGER))
        snprintf(name, sizeof name, "%.20s:%lld", type->text.bytes, (long long)index->integer);
    else
        snprintf(name, sizeof name, "%.40s", type->text.bytes);
    return pickle_string(r->arena, name);
}

/* Of (text, "latin1"), which is how bytes were spelled before there was an opcode for them: each character is a byte. */
static pickle_value *codecs_encode(rebuilder *r, const pickle_value *a)
{
    const pickle_value *text = argument(a, 0);
    if (!is_kind(text, PICKLE_STRING))
        return damaged(r, "bytes are not spelled as a string");
    pickle_value *value = pickle_text_of(r->arena, PICKLE_BYTES, text->text.bytes, text->text.size);
    if (!value)
        return NULL;
    const unsigned char *from = (const unsigned char *)text->text.bytes;
    char *to = (char *)value->text.bytes;
    size_t size = 0;
    for (size_t i = 0; i < text->text.size; i++) {
        unsigned char c = from[i];
        if (c > 0xC3)
            return damaged(r, "bytes are spelled with a character that is none");
        if (c >= 0x80)
            c = (unsigned char)((c & 3) << 6 |
                                (from[++i] & 0x3F)); /* the string is UTF-8: the second byte is there */
        to[size++] = (char)c;
    }
    to[size] = '\0';
    value->text.size = size;
    return value;
}

/* Of (): the bytes that are none, which encode cannot spell. */
static pickle_value *no_bytes(rebuilder *r, const pickle_value *a)
{
    return a->items.count ? damaged(r, "bytes are made of something")
                          : pickle_text_of(r->arena, PICKLE_BYTES, "", 0);
}

/* ---- numpy ---- */

/* Of (ndarray, (0,), b"b"): an empty array that gets its state later. */
static pickle_value *numpy_reconstruct(rebuilder *r, const pickle_value *a)
{
    if (!is_global(argument(a, 0), "numpy ndarray"))
        return damaged(r, "an array is of another class than ndarray");
    pickle_value *array = pickle_container(r->arena, PICKLE_ARRAY);
    if (array)
        array->array = (pickle_array){.dtype = "", .bytes = {"", 0}};
    return array;
}

/* Of ("u4", …): the string; its state adds the byte order. */
static pickle_value *numpy_dtype(rebuilder *r, const pickle_value *a)
{
    const pickle_value *name = argument(a, 0);
    if (!is_kind(name, PICKLE_STRING) || name->text.size < 2 || name->text.size > 4)
        return damaged(r, "an array's dtype has no name");
    return pickle_string(r->arena, name->text.bytes);
}

static accel_status set_dtype_state(rebuilder *r, pickle_value *dtype, const pickle_value *state)
{
    const pickle_value *order = is_sequence(state) ? argument(state, 1) : NULL;
    char name[8];
    if (!is_kind(order, PICKLE_STRING) || order->text.size != 1 || !strchr("<|=", order->text.bytes[0]))
        return accel_error_raise(ACCEL_EUNSUPPORTED, NULL, "%s: an array is not little-endian", r->path);
    snprintf(name, sizeof name, "%c%.4s", order->text.bytes[0] == '=' ? '<' : order->text.bytes[0],
             dtype->text.bytes);
    pickle_value *whole = pickle_string(r->arena, name);
    if (whole)
        dtype->text = whole->text;
    return accel_error_status();
}

/* Bytes of an element of numpy's "<u4"; 0 for what is no number. */
static size_t array_item_size(const char *dtype)
{
    size_t size = 0;
    if (!strchr("<|", dtype[0]) || !dtype[0] || !strchr("biufc", dtype[1]) || !dtype[1])
        return 0;
    for (const char *p = dtype + 2; *p >= '0' && *p <= '9'; p++)
        size = 10 * size + (size_t)(*p - '0');
    return size;
}

/* (version, shape, dtype, is in Fortran's order, bytes). */
static accel_status set_array_state(rebuilder *r, pickle_value *array, const pickle_value *state)
{
    const pickle_value *dtype = is_sequence(state) ? argument(state, 2) : NULL;
    const pickle_value *bytes = dtype ? argument(state, 4) : NULL;
    if (!is_kind(dtype, PICKLE_STRING) || !is_kind(bytes, PICKLE_BYTES))
        return damaged(r, "an array has no dtype or bytes"), accel_error_status();
    pickle_array made = {.dtype = dtype->text.bytes, .bytes = bytes->text};
    size_t size = array_item_size(made.dtype);
    if (size == 0)
        return accel_error_raise(ACCEL_EUNSUPPORTED, NULL,
                                 "%s: an array has elements \"%s\", which are no numbers", r->path, made.dtype);
    made.sizes = take_numbers(r, argument(state, 1), &made.rank);
    if (!made.sizes)
        return accel_error_status();
    const pickle_value *fortran = argument(state, 3);
    if (made.rank > 1 && is_kind(fortran, PICKLE_BOOLEAN) && fortran->boolean)
        return accel_error_raise(ACCEL_EUNSUPPORTED, NULL, "%s: an array is in Fortran's order", r->path);
    for (size_t i = 0; i < made.rank; i++)
        if (__builtin_mul_overflow(size, (size_t)made.sizes[i], &size))
            size = SIZE_MAX;
    if (size != bytes->text.size)
        return damaged(r, "an array has not as many bytes as its shape says"), accel_error_status();
    array->array = made;
    return ACCEL_OK;
}

/* ---- globals ---- */

/* Those that are called; NULL stands for themselves, and may be arguments only. */
static const struct {
    const char *name; /* of module and global, with a blank between */
    pickle_value *(*call)(rebuilder *r, const pickle_value *arguments);
} globals[] = {
    {"collections OrderedDict", ordered_dict},
    {"torch._utils _rebuild_tensor", rebuild_tensor},
    {"torch._utils _rebuild_tensor_v2", rebuild_tensor},
    {"torch._utils _rebuild_tensor_v3", rebuild_tensor_v3},
    {"torch._utils _rebuild_parameter", rebuild_parameter},
    {"torch._utils _rebuild_parameter_with_state", rebuild_parameter},
    {"torch.nn.parameter Parameter", rebuild_parameter},
    {"torch Size", torch_size},
    {"torch device", torch_device},
    {"_codecs encode", codecs_encode},
    {"__builtin__ bytes", no_bytes},
    {"numpy.core.multiarray _reconstruct", numpy_reconstruct},
    {"numpy._core.multiarray _reconstruct", numpy_reconstruct},
    {"numpy dtype", numpy_dtype},
    {"numpy ndarray", NULL},
    {"torch.storage UntypedStorage", NULL},
    {"torch UntypedStorage", NULL},
};

enum { GLOBALS = sizeof globals / sizeof globals[0] };

static bool is_known(const char *module, const char *name, const char *whole)
{
    pickle_dtype dtype;
    if (strcmp(module, "torch") == 0 &&
        (pickle_dtype_parse(name, &dtype) || pickle_dtype_parse_storage(name, &dtype)))
        return true;
    for (int i = 0; i < GLOBALS; i++)
        if (strcmp(globals[i].name, whole) == 0)
            return true;
    return false;
}

pickle_value *rebuild_global(rebuilder *r, const char *module, const char *name)
{
    enum { ROOM = 160 };
    char whole[ROOM];
    snprintf(whole, sizeof whole, "%.70s %.70s", module, name);
    if (is_known(module, name, whole))
        return pickle_text_of(r->arena, PICKLE_GLOBAL, whole, strlen(whole));
    accel_error_raise(ACCEL_EUNSUPPORTED, NULL,
                      "%s: needs Python's \"%.70s.%.70s\", which is not run: tensors and plain data are read",
                      r->path, module, name);
    return NULL;
}

pickle_value *rebuild_call(rebuilder *r, const pickle_value *global, const pickle_value *arguments)
{
    if (!is_kind(arguments, PICKLE_TUPLE))
        return damaged(r, "a call has no arguments");
    for (int i = 0; i < GLOBALS; i++)
        if (globals[i].call && is_global(global, globals[i].name))
            return globals[i].call(r, arguments);
    return damaged(r, "something is called that is no function");
}

accel_status rebuild_state(rebuilder *r, pickle_value *object, pickle_value *state)
{
    if (object->kind == PICKLE_ARRAY)
        return set_array_state(r, object, state);
    if (object->kind == PICKLE_STRING)
        return set_dtype_state(r, object, state);
    if (object->kind != PICKLE_DICT || !object->ordered || state->kind != PICKLE_DICT)
        return damaged(r, "a state is given to something that has none"), accel_error_status();
    object->attributes = state;
    return ACCEL_OK;
}

/* ---- storages ---- */

/* The dtype of a class of storages; false for what is none. */
static bool storage_dtype(const pickle_value *type, pickle_dtype *dtype, bool *untyped)
{
    static const char prefix[] = "torch ";
    *untyped = is_global(type, "torch.storage UntypedStorage") || is_global(type, "torch UntypedStorage");
    *dtype = PICKLE_uint8;
    return *untyped ||
           (is_kind(type, PICKLE_GLOBAL) && strncmp(type->text.bytes, prefix, sizeof prefix - 1) == 0 &&
            pickle_dtype_parse_storage(type->text.bytes + sizeof prefix - 1, dtype));
}

/* ("storage", class, key, device, elements). */
pickle_value *rebuild_storage(rebuilder *r, const pickle_value *id)
{
    const pickle_value *key = is_kind(id, PICKLE_TUPLE) ? argument(id, 2) : NULL;
    const pickle_value *count = key ? argument(id, 4) : NULL;
    pickle_dtype dtype;
    bool untyped;
    size_t size = 0;
    if (!is_kind(key, PICKLE_STRING) || !is_kind(count, PICKLE_INTEGER) || count->integer < 0 ||
        !storage_dtype(argument(id, 1), &dtype, &untyped) ||
        __builtin_mul_overflow((size_t)count->integer, pickle_dtype_size(dtype), &size))
        return damaged(r, "a storage is not described as one");
    pickle_storage *storage = r->find_storage(r->user, key->text.bytes, size);
    pickle_value *value = storage ? pickle_container(r->arena, PICKLE_STORAGE) : NULL;
    if (!value)
        return NULL;
    storage->dtype = dtype;
    storage->untyped = untyped;
    value->storage = storage;
    return value;
}
