#include "pickle/pickler.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* What was put into the memo under which number, by address: open addressing, at most half full. */
typedef struct memo {
    const void **keys;
    uint32_t *numbers;
    size_t capacity;
    uint32_t count; /* numbers given, also to what has no address */
    size_t used;
} memo;

/* Objects that are the same in every tensor. */
typedef enum constant { WORD_STORAGE, WORD_CPU, WORD_LATIN1, CONSTANTS } constant;

typedef struct pickler {
    buffer *out;
    pickler_storages *storages;
    memo memo;
    pickle_arena *arena; /* of the words */
    pickle_value *words[CONSTANTS];
} pickler;

static void save(pickler *p, const pickle_value *value);

/* ---- instructions: what cannot be appended is seen once, at the end ---- */

static void put_byte(pickler *p, int byte) { buffer_append(p->out, &(unsigned char){(unsigned char)byte}, 1); }

static void put_number(pickler *p, uint64_t number, size_t width)
{
    for (size_t i = 0; i < width; i++)
        put_byte(p, (int)(number >> 8 * i & 0xFF));
}

/* ---- the memo ---- */

static size_t slot_of(const memo *m, const void *key)
{
    size_t at = ((uintptr_t)key >> 4) * UINT64_C(0x9E3779B97F4A7C15) % m->capacity;
    while (m->keys[at] && m->keys[at] != key)
        at = (at + 1) % m->capacity;
    return at;
}

static accel_status memo_grow(memo *m)
{
    memo larger = {.capacity = m->capacity ? 2 * m->capacity : 256, .count = m->count, .used = m->used};
    larger.keys = memory_alloc(larger.capacity, sizeof *larger.keys);
    larger.numbers = memory_alloc(larger.capacity, sizeof *larger.numbers);
    for (size_t i = 0; larger.keys && larger.numbers && i < m->capacity; i++) {
        if (!m->keys[i])
            continue;
        size_t at = slot_of(&larger, m->keys[i]);
        larger.keys[at] = m->keys[i];
        larger.numbers[at] = m->numbers[i];
    }
    bool good = larger.keys && larger.numbers;
    memo *old = good ? m : &larger;
    memory_free((void *)old->keys);
    memory_free(old->numbers);
    if (good)
        *m = larger;
    return accel_error_status();
}

/* Remembers what was just made, under the next number. */
static void memoize(pickler *p, const void *object)
{
    memo *m = &p->memo;
    if (2 * m->used >= m->capacity && memo_grow(m) != ACCEL_OK)
        return;
    uint32_t number = m->count++;
    put_byte(p, number < 256 ? 'q' : 'r');
    put_number(p, number, number < 256 ? 1 : 4);
    if (!object)
        return;
    size_t at = slot_of(m, object);
    m->keys[at] = object;
    m->numbers[at] = number;
    m->used++;
}

/* Gets an object that was made before; false when it was not. */
static bool recall(pickler *p, const void *object)
{
    const memo *m = &p->memo;
    size_t at = m->capacity ? slot_of(m, object) : 0;
    if (!m->capacity || !m->keys[at])
        return false;
    put_byte(p, m->numbers[at] < 256 ? 'h' : 'j');
    put_number(p, m->numbers[at], m->numbers[at] < 256 ? 1 : 4);
    return true;
}

/* ---- plain data ---- */

static void save_long(pickler *p, const unsigned char *bytes, size_t size)
{
    put_byte(p, size < 256 ? 0x8a : 0x8b);
    put_number(p, size, size < 256 ? 1 : 4);
    buffer_append(p->out, bytes, size);
}

static void save_integer(pickler *p, int64_t integer)
{
    if (integer < INT32_MIN || integer > INT32_MAX) {
        unsigned char bytes[8];
        size_t size = 8;
        for (int i = 0; i < 8; i++)
            bytes[i] = (unsigned char)((uint64_t)integer >> 8 * i);
        while (size > 1 && bytes[size - 1] == (bytes[size - 2] & 0x80 ? 0xFF : 0))
            size--;
        save_long(p, bytes, size);
        return;
    }
    bool small = integer >= 0 && integer <= UINT16_MAX, tiny = small && integer <= UINT8_MAX;
    put_byte(p, tiny ? 'K' : small ? 'M' : 'J');
    put_number(p, (uint64_t)integer, tiny ? 1 : small ? 2 : 4);
}

static void save_real(pickler *p, double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    put_byte(p, 'G');
    for (int i = 7; i >= 0; i--)
        put_byte(p, (int)(bits >> 8 * i & 0xFF));
}

static void save_characters(pickler *p, const char *text, size_t size)
{
    put_byte(p, 'X');
    put_number(p, size, 4);
    buffer_append(p->out, text, size);
}

/* The globals that are written, "module name" each; equal names are one address. */
static const char ordered_dict[] = "collections OrderedDict", encode[] = "_codecs encode",
                  rebuild_v2[] = "torch._utils _rebuild_tensor_v2",
                  rebuild_v3[] = "torch._utils _rebuild_tensor_v3",
                  rebuild_parameter[] = "torch._utils _rebuild_parameter",
                  untyped[] = "torch.storage UntypedStorage";

static void save_global(pickler *p, const char *name)
{
    if (recall(p, name))
        return;
    const char *blank = strchr(name, ' ');
    put_byte(p, 'c');
    buffer_append(p->out, name, (size_t)(blank - name));
    put_byte(p, '\n');
    buffer_append_string(p->out, blank + 1);
    put_byte(p, '\n');
    memoize(p, name);
}

/* Protocol 2 spells bytes as characters of Latin-1. Python has another word for none of them, which weights_only refuses. */
static void save_bytes(pickler *p, const pickle_value *value)
{
    buffer text = {0};
    for (size_t i = 0; i < value->text.size; i++) {
        unsigned char c = (unsigned char)value->text.bytes[i];
        const unsigned char two[] = {(unsigned char)(0xC0 | c >> 6), (unsigned char)(0x80 | (c & 0x3F))};
        buffer_append(&text, c < 0x80 ? &c : two, c < 0x80 ? 1 : 2);
    }
    save_global(p, encode);
    save_characters(p, text.data ? text.data : "", text.size);
    buffer_dispose(&text);
    memoize(p, NULL);
    save(p, p->words[WORD_LATIN1]);
    put_byte(p, 0x86);
    memoize(p, NULL);
    put_byte(p, 'R');
    memoize(p, value);
}

/* ---- containers ---- */

/* Around the items of a tuple: short ones have instructions of their own, and the empty one is always the same. */
static void begin_tuple(pickler *p, size_t count)
{
    if (count > 3)
        put_byte(p, '(');
}

static void end_tuple(pickler *p, size_t count, const void *object)
{
    static const int short_forms[] = {')', 0x85, 0x86, 0x87};
    put_byte(p, count > 3 ? 't' : short_forms[count]);
    if (count > 0)
        memoize(p, object);
}

static void save_tuple(pickler *p, const pickle_value *value)
{
    size_t count = value->items.count;
    begin_tuple(p, count);
    for (size_t i = 0; i < count; i++)
        save(p, value->items.at[i]);
    end_tuple(p, count, value);
}

/* Items in batches as the pickler makes them, `each` values an item. */
static void save_items(pickler *p, const pickle_items *items, size_t each, int one, int many)
{
    enum { BATCH = 1000 };
    for (size_t first = 0; first < items->count; first += BATCH * each) {
        size_t rest = items->count - first, size = rest < BATCH * each ? rest : BATCH * each;
        if (size > each)
            put_byte(p, '(');
        for (size_t i = first; i < first + size; i++)
            save(p, items->at[i]);
        put_byte(p, size > each ? many : one);
    }
}

static void save_list(pickler *p, const pickle_value *value)
{
    put_byte(p, ']');
    memoize(p, value);
    save_items(p, &value->items, 1, 'a', 'e');
}

static void save_empty_ordered_dict(pickler *p, const void *object)
{
    save_global(p, ordered_dict);
    put_byte(p, ')');
    put_byte(p, 'R');
    memoize(p, object);
}

static void save_dict(pickler *p, const pickle_value *value)
{
    if (value->ordered) {
        save_empty_ordered_dict(p, value);
    } else {
        put_byte(p, '}');
        memoize(p, value);
    }
    save_items(p, &value->items, 2, 's', 'u');
    if (!value->attributes)
        return;
    save(p, value->attributes);
    put_byte(p, 'b');
}

/* ---- tensors ---- */

/* The names of the storages' classes, each at one address. */
static const char *storage_class(pickle_dtype dtype)
{
    static const char *const names[] = {
#define STORAGE_CLASS(name, storage, bytes) [PICKLE_##name] = "torch " #storage,
        PICKLE_DTYPE_TABLE(STORAGE_CLASS)
#undef STORAGE_CLASS
    };
    return *pickle_dtype_storage(dtype) ? names[dtype] : untyped;
}

static const char *dtype_global(pickle_dtype dtype)
{
    static const char *const names[] = {
#define DTYPE_GLOBAL(name, storage, bytes) [PICKLE_##name] = "torch " #name,
        PICKLE_DTYPE_TABLE(DTYPE_GLOBAL)
#undef DTYPE_GLOBAL
    };
    return names[dtype];
}

/* The storage's key, and the number of it if it is met for the first time. */
static void save_key(pickler *p, pickle_storage *storage)
{
    if (recall(p, storage))
        return;
    pickler_storages *s = p->storages;
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 64;
        pickle_storage **grown = memory_resize(s->at, capacity, sizeof *grown);
        if (!grown)
            return;
        s->at = grown;
        s->capacity = capacity;
    }
    buffer key = {0};
    buffer_printf(&key, "%zu", s->count);
    s->at[s->count++] = storage;
    save_characters(p, key.data ? key.data : "", key.size);
    buffer_dispose(&key);
    memoize(p, storage);
}

static void save_storage(pickler *p, const pickle_tensor *t)
{
    bool typed = *pickle_dtype_storage(t->dtype);
    put_byte(p, '(');
    save(p, p->words[WORD_STORAGE]);
    save_global(p, storage_class(t->dtype));
    save_key(p, t->storage);
    save(p, p->words[WORD_CPU]);
    save_integer(p, (int64_t)(t->storage->size / (typed ? pickle_dtype_size(t->dtype) : 1)));
    put_byte(p, 't');
    memoize(p, NULL);
    put_byte(p, 'Q');
}

static void save_numbers(pickler *p, const int64_t *numbers, size_t count)
{
    begin_tuple(p, count);
    for (size_t i = 0; i < count; i++)
        save_integer(p, numbers[i]);
    end_tuple(p, count, NULL);
}

static void save_plain_tensor(pickler *p, const pickle_tensor *t, const void *object)
{
    bool typed = *pickle_dtype_storage(t->dtype);
    save_global(p, typed ? rebuild_v2 : rebuild_v3);
    put_byte(p, '(');
    save_storage(p, t);
    save_integer(p, t->offset);
    save_numbers(p, t->sizes, t->rank);
    save_numbers(p, t->strides, t->rank);
    put_byte(p, t->requires_grad && !t->is_parameter ? 0x88 : 0x89);
    save_empty_ordered_dict(p, NULL);
    if (!typed)
        save_global(p, dtype_global(t->dtype));
    put_byte(p, 't');
    memoize(p, NULL);
    put_byte(p, 'R');
    memoize(p, object);
}

static void save_tensor(pickler *p, const pickle_value *value)
{
    if (!value->tensor.is_parameter) {
        save_plain_tensor(p, &value->tensor, value);
        return;
    }
    save_global(p, rebuild_parameter);
    save_plain_tensor(p, &value->tensor, NULL);
    put_byte(p, value->tensor.requires_grad ? 0x88 : 0x89);
    save_empty_ordered_dict(p, NULL);
    put_byte(p, 0x87);
    memoize(p, NULL);
    put_byte(p, 'R');
    memoize(p, value);
}

/* ---- any of them ---- */

static void save(pickler *p, const pickle_value *value)
{
    if (recall(p, value))
        return;
    switch (value->kind) {
    case PICKLE_NONE:
        put_byte(p, 'N');
        break;
    case PICKLE_BOOLEAN:
        put_byte(p, value->boolean ? 0x88 : 0x89);
        break;
    case PICKLE_INTEGER:
        save_integer(p, value->integer);
        break;
    case PICKLE_LONG:
        save_long(p, (const unsigned char *)value->text.bytes, value->text.size);
        break;
    case PICKLE_REAL:
        save_real(p, value->real);
        break;
    case PICKLE_STRING:
        save_characters(p, value->text.bytes, value->text.size);
        memoize(p, value);
        break;
    case PICKLE_BYTES:
        save_bytes(p, value);
        break;
    case PICKLE_LIST:
        save_list(p, value);
        break;
    case PICKLE_TUPLE:
        save_tuple(p, value);
        break;
    case PICKLE_DICT:
        save_dict(p, value);
        break;
    case PICKLE_TENSOR:
        save_tensor(p, value);
        break;
    default:
        accel_error_raise(ACCEL_EUNSUPPORTED, NULL, "%s is not written to pickles",
                          pickle_kind_name(value->kind));
    }
}

static accel_status make_words(pickler *p)
{
    static const char *const words[CONSTANTS] = {
        [WORD_STORAGE] = "storage", [WORD_CPU] = "cpu", [WORD_LATIN1] = "latin1"};
    p->arena = pickle_arena_create();
    for (int i = 0; p->arena && i < CONSTANTS; i++)
        p->words[i] = pickle_string(p->arena, words[i]);
    return accel_error_status();
}

accel_status pickler_run(const pickle_value *root, buffer *out, pickler_storages *storages)
{
    RETURN_STATUS_IF_FAILED();
    pickler p = {.out = out, .storages = storages};
    if (make_words(&p) == ACCEL_OK) {
        put_byte(&p, 0x80);
        put_byte(&p, 2);
        save(&p, root);
        put_byte(&p, '.');
    }
    memory_free((void *)p.memo.keys);
    memory_free(p.memo.numbers);
    pickle_arena_destroy(p.arena);
    return accel_error_status();
}
