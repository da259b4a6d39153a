#include "pickle/machine.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/quote.h"

/* Opcodes, by the names of Python's pickletools. */
enum {
    MARK = '(',
    STOP = '.',
    POP = '0',
    POP_MARK = '1',
    DUP = '2',
    NONE = 'N',
    NEWTRUE = 0x88,
    NEWFALSE = 0x89,
    BININT = 'J',
    BININT1 = 'K',
    BININT2 = 'M',
    LONG1 = 0x8a,
    LONG4 = 0x8b,
    BINFLOAT = 'G',
    BINUNICODE = 'X',
    SHORT_BINUNICODE = 0x8c,
    BINUNICODE8 = 0x8d,
    SHORT_BINBYTES = 'C',
    BINBYTES = 'B',
    BINBYTES8 = 0x8e,
    EMPTY_TUPLE = ')',
    TUPLE = 't',
    TUPLE1 = 0x85,
    TUPLE2 = 0x86,
    TUPLE3 = 0x87,
    EMPTY_LIST = ']',
    APPEND = 'a',
    APPENDS = 'e',
    EMPTY_DICT = '}',
    SETITEM = 's',
    SETITEMS = 'u',
    BINPUT = 'q',
    LONG_BINPUT = 'r',
    MEMOIZE = 0x94,
    BINGET = 'h',
    LONG_BINGET = 'j',
    GLOBAL = 'c',
    STACK_GLOBAL = 0x93,
    REDUCE = 'R',
    NEWOBJ = 0x81,
    BUILD = 'b',
    BINPERSID = 'Q',
    PROTO = 0x80,
    FRAME = 0x95
};

typedef struct machine {
    rebuilder *r;
    const unsigned char *begin, *at, *end;
    pickle_value **stack; /* NULL is a mark */
    size_t count, capacity;
    pickle_value **memo; /* NULL where nothing was put */
    size_t memo_count, memo_capacity;
    pickle_value *result; /* what STOP found */
} machine;

static accel_status damaged(const machine *m, const char *what)
{
    return accel_error_raise(ACCEL_EFORMAT, NULL, "%s: is a damaged pickle: %s, at byte %zu", m->r->path, what,
                             (size_t)(m->at - m->begin));
}

/* ---- the program ---- */

/* The next `size` bytes; NULL, which is recorded, when there are fewer. */
static const unsigned char *take(machine *m, size_t size)
{
    if ((size_t)(m->end - m->at) < size) {
        damaged(m, "it ends within an instruction");
        return NULL;
    }
    const unsigned char *bytes = m->at;
    m->at += size;
    return bytes;
}

/* An unsigned number of `width` bytes. */
static bool take_number(machine *m, size_t width, uint64_t *number)
{
    const unsigned char *bytes = take(m, width);
    *number = 0;
    for (size_t i = width; bytes && i-- > 0;)
        *number = *number << 8 | bytes[i];
    return bytes;
}

/* Bytes behind a number of `width` bytes that says how many. */
static const unsigned char *take_counted(machine *m, size_t width, size_t *size)
{
    uint64_t count;
    if (!take_number(m, width, &count))
        return NULL;
    *size = (size_t)count;
    return take(m, *size);
}

/* A line as a string in the arena. */
static const char *take_line(machine *m)
{
    const unsigned char *begin = m->at, *end = memchr(begin, '\n', (size_t)(m->end - begin));
    if (!end) {
        damaged(m, "it ends within an instruction");
        return NULL;
    }
    m->at = end + 1;
    pickle_value *line = pickle_text_of(m->r->arena, PICKLE_STRING, begin, (size_t)(end - begin));
    return line ? line->text.bytes : NULL;
}

/* ---- the stack ---- */

static accel_status grow(pickle_value ***array, size_t *capacity, size_t count)
{
    if (count < *capacity)
        return ACCEL_OK;
    size_t wanted = count < 64 ? 128 : 2 * count;
    pickle_value **grown = memory_resize(*array, wanted, sizeof *grown);
    if (!grown)
        return accel_error_status();
    memset(grown + *capacity, 0, (wanted - *capacity) * sizeof *grown);
    *array = grown;
    *capacity = wanted;
    return ACCEL_OK;
}

static accel_status push_mark(machine *m, size_t unused)
{
    (void)unused;
    if (grow(&m->stack, &m->capacity, m->count) != ACCEL_OK)
        return accel_error_status();
    m->stack[m->count++] = NULL;
    return ACCEL_OK;
}

/* Takes NULL for a value that could not be made. */
static accel_status push(machine *m, pickle_value *value)
{
    if (!value)
        return accel_error_status();
    if (push_mark(m, 0) == ACCEL_OK)
        m->stack[m->count - 1] = value;
    return accel_error_status();
}

/* The value on top; NULL, which is recorded, when there is none or a mark. */
static pickle_value *top(machine *m)
{
    if (m->count == 0 || !m->stack[m->count - 1]) {
        damaged(m, "a value is missing");
        return NULL;
    }
    return m->stack[m->count - 1];
}

static pickle_value *pop(machine *m)
{
    pickle_value *value = top(m);
    if (value)
        m->count--;
    return value;
}

/* The place behind the topmost mark; false, which is recorded, when there is none. */
static bool find_mark(machine *m, size_t *first)
{
    *first = m->count;
    while (*first > 0 && m->stack[*first - 1])
        (*first)--;
    if (*first == 0)
        damaged(m, "a mark is missing");
    return *first > 0;
}

/* ---- containers ---- */

static accel_status push_tuple(machine *m, size_t size)
{
    pickle_value *tuple = pickle_container(m->r->arena, PICKLE_TUPLE);
    if (!tuple || m->count < size)
        return tuple ? damaged(m, "a value is missing") : accel_error_status();
    for (size_t i = m->count - size; i < m->count; i++) {
        if (!m->stack[i])
            return damaged(m, "a value is missing");
        if (pickle_append(m->r->arena, tuple, m->stack[i]) != ACCEL_OK)
            return accel_error_status();
    }
    m->count -= size;
    return push(m, tuple);
}

static accel_status push_tuple_from_mark(machine *m, size_t unused)
{
    (void)unused;
    size_t first;
    if (!find_mark(m, &first) || push_tuple(m, m->count - first) != ACCEL_OK)
        return accel_error_status();
    pickle_value *tuple = pop(m);
    m->count--; /* the mark */
    return push(m, tuple);
}

/* Adds the values from `first` on to the container below `below`, and drops what is above it. */
static accel_status add(machine *m, size_t kind, size_t below, size_t first)
{
    pickle_value *container = below > 0 ? m->stack[below - 1] : NULL;
    if (!container || container->kind != (pickle_kind)kind)
        return damaged(m, "items are added to something that has none");
    if (kind == PICKLE_DICT && (m->count - first) % 2 != 0)
        return damaged(m, "a key has no value");
    for (size_t i = first; i < m->count; i++) {
        if (!m->stack[i])
            return damaged(m, "a value is missing");
        if (pickle_append(m->r->arena, container, m->stack[i]) != ACCEL_OK)
            return accel_error_status();
    }
    m->count = below;
    return ACCEL_OK;
}

/* Adds the item on top, or the key and value. */
static accel_status add_one(machine *m, size_t kind)
{
    size_t count = kind == PICKLE_DICT ? 2 : 1;
    return m->count < count ? damaged(m, "a value is missing")
                            : add(m, kind, m->count - count, m->count - count);
}

static accel_status add_from_mark(machine *m, size_t kind)
{
    size_t first;
    return find_mark(m, &first) ? add(m, kind, first - 1, first) : accel_error_status();
}

static accel_status push_container(machine *m, size_t kind)
{
    return push(m, pickle_container(m->r->arena, (pickle_kind)kind));
}

/* ---- numbers and text ---- */

static accel_status push_none(machine *m, size_t unused)
{
    (void)unused;
    return push(m, pickle_none(m->r->arena));
}

static accel_status push_boolean(machine *m, size_t boolean)
{
    return push(m, pickle_boolean(m->r->arena, boolean));
}

static accel_status push_unsigned(machine *m, size_t width)
{
    uint64_t number;
    return take_number(m, width, &number) ? push(m, pickle_integer(m->r->arena, (int64_t)number))
                                          : accel_error_status();
}

static accel_status push_signed(machine *m, size_t unused)
{
    (void)unused;
    uint64_t number;
    return take_number(m, 4, &number) ? push(m, pickle_integer(m->r->arena, (int32_t)(uint32_t)number))
                                      : accel_error_status();
}

/* An integer of any size in two's complement. */
static accel_status push_long(machine *m, size_t width)
{
    size_t size = 0;
    const unsigned char *bytes = take_counted(m, width, &size);
    if (!bytes)
        return accel_error_status();
    if (size > sizeof(int64_t))
        return push(m, pickle_text_of(m->r->arena, PICKLE_LONG, bytes, size));
    uint64_t number = size && bytes[size - 1] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = size; i-- > 0;)
        number = number << 8 | bytes[i];
    return push(m, pickle_integer(m->r->arena, (int64_t)number));
}

static accel_status push_real(machine *m, size_t unused)
{
    (void)unused;
    const unsigned char *bytes = take(m, sizeof(double)); /* big-endian */
    if (!bytes)
        return accel_error_status();
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof bits; i++)
        bits = bits << 8 | bytes[i];
    double real;
    memcpy(&real, &bits, sizeof real);
    return push(m, pickle_real(m->r->arena, real));
}

static accel_status push_string(machine *m, size_t width)
{
    size_t size = 0;
    const unsigned char *bytes = take_counted(m, width, &size);
    pickle_value *string = bytes ? pickle_text_of(m->r->arena, PICKLE_STRING, bytes, size) : NULL;
    if (!string)
        return accel_error_status();
    if (!quote_is_utf8_of(string->text.bytes, size))
        return damaged(m, "a string is not UTF-8");
    return push(m, string);
}

static accel_status push_bytes(machine *m, size_t width)
{
    size_t size = 0;
    const unsigned char *bytes = take_counted(m, width, &size);
    return bytes ? push(m, pickle_text_of(m->r->arena, PICKLE_BYTES, bytes, size)) : accel_error_status();
}

/* ---- the memo ---- */

/* Numbers are given in turn, so that one larger than the program is long is made up. */
static accel_status put(machine *m, uint64_t index)
{
    pickle_value *value = top(m);
    if (!value)
        return accel_error_status();
    if (index > (size_t)(m->end - m->begin))
        return damaged(m, "a memo has a number that is too high");
    while (m->memo_capacity <= index)
        if (grow(&m->memo, &m->memo_capacity, m->memo_capacity) != ACCEL_OK)
            return accel_error_status();
    m->memo[index] = value;
    m->memo_count++;
    return ACCEL_OK;
}

static accel_status put_numbered(machine *m, size_t width)
{
    uint64_t index;
    return take_number(m, width, &index) ? put(m, index) : accel_error_status();
}

static accel_status put_next(machine *m, size_t unused)
{
    (void)unused;
    return put(m, m->memo_count);
}

static accel_status get_numbered(machine *m, size_t width)
{
    uint64_t index;
    if (!take_number(m, width, &index))
        return accel_error_status();
    if (index >= m->memo_capacity || !m->memo[index])
        return damaged(m, "a memo is used that nothing was put in");
    return push(m, m->memo[index]);
}

/* ---- objects ---- */

static accel_status push_global(machine *m, size_t unused)
{
    (void)unused;
    const char *module = take_line(m), *name = module ? take_line(m) : NULL;
    return name ? push(m, rebuild_global(m->r, module, name)) : accel_error_status();
}

static accel_status push_stack_global(machine *m, size_t unused)
{
    (void)unused;
    pickle_value *name = pop(m), *module = name ? pop(m) : NULL;
    if (!module)
        return accel_error_status();
    if (name->kind != PICKLE_STRING || module->kind != PICKLE_STRING)
        return damaged(m, "a global has no name");
    return push(m, rebuild_global(m->r, module->text.bytes, name->text.bytes));
}

static accel_status call(machine *m, size_t unused)
{
    (void)unused;
    pickle_value *arguments = pop(m), *global = arguments ? pop(m) : NULL;
    return global ? push(m, rebuild_call(m->r, global, arguments)) : accel_error_status();
}

static accel_status build(machine *m, size_t unused)
{
    (void)unused;
    pickle_value *state = pop(m), *object = state ? top(m) : NULL;
    return object ? rebuild_state(m->r, object, state) : accel_error_status();
}

static accel_status push_storage(machine *m, size_t unused)
{
    (void)unused;
    pickle_value *id = pop(m);
    return id ? push(m, rebuild_storage(m->r, id)) : accel_error_status();
}

static accel_status pop_mark(machine *m, size_t unused)
{
    (void)unused;
    size_t first;
    if (find_mark(m, &first))
        m->count = first - 1;
    return accel_error_status();
}

static accel_status duplicate(machine *m, size_t unused)
{
    (void)unused;
    return push(m, top(m));
}

static accel_status drop(machine *m, size_t unused)
{
    (void)unused;
    if (m->count == 0)
        return damaged(m, "a value is missing");
    m->count--; /* a mark may be dropped, too */
    return ACCEL_OK;
}

static accel_status check_protocol(machine *m, size_t unused)
{
    (void)unused;
    enum { PROTOCOL_MAX = 5 };
    uint64_t protocol;
    if (take_number(m, 1, &protocol) && protocol > PROTOCOL_MAX)
        return accel_error_raise(ACCEL_EUNSUPPORTED, NULL, "%s: is a pickle of protocol %u; 2 to 5 are read",
                                 m->r->path, (unsigned)protocol);
    return accel_error_status();
}

static accel_status skip(machine *m, size_t size) { return take(m, size) ? ACCEL_OK : accel_error_status(); }

static accel_status stop(machine *m, size_t unused)
{
    (void)unused;
    m->result = pop(m);
    return accel_error_status();
}

/* ---- the instructions, and what each is told ---- */

static const struct {
    accel_status (*run)(machine *m, size_t argument);
    size_t argument;
} instructions[UINT8_MAX + 1] = {
    [PROTO] = {check_protocol, 0},
    [FRAME] = {skip, 8},
    [MARK] = {push_mark, 0},
    [POP] = {drop, 0},
    [POP_MARK] = {pop_mark, 0},
    [DUP] = {duplicate, 0},
    [NONE] = {push_none, 0},
    [NEWTRUE] = {push_boolean, true},
    [NEWFALSE] = {push_boolean, false},
    [BININT] = {push_signed, 0},
    [BININT1] = {push_unsigned, 1},
    [BININT2] = {push_unsigned, 2},
    [LONG1] = {push_long, 1},
    [LONG4] = {push_long, 4},
    [BINFLOAT] = {push_real, 0},
    [SHORT_BINUNICODE] = {push_string, 1},
    [BINUNICODE] = {push_string, 4},
    [BINUNICODE8] = {push_string, 8},
    [SHORT_BINBYTES] = {push_bytes, 1},
    [BINBYTES] = {push_bytes, 4},
    [BINBYTES8] = {push_bytes, 8},
    [EMPTY_TUPLE] = {push_tuple, 0},
    [TUPLE1] = {push_tuple, 1},
    [TUPLE2] = {push_tuple, 2},
    [TUPLE3] = {push_tuple, 3},
    [TUPLE] = {push_tuple_from_mark, 0},
    [EMPTY_LIST] = {push_container, PICKLE_LIST},
    [APPEND] = {add_one, PICKLE_LIST},
    [APPENDS] = {add_from_mark, PICKLE_LIST},
    [EMPTY_DICT] = {push_container, PICKLE_DICT},
    [SETITEM] = {add_one, PICKLE_DICT},
    [SETITEMS] = {add_from_mark, PICKLE_DICT},
    [BINPUT] = {put_numbered, 1},
    [LONG_BINPUT] = {put_numbered, 4},
    [MEMOIZE] = {put_next, 0},
    [BINGET] = {get_numbered, 1},
    [LONG_BINGET] = {get_numbered, 4},
    [GLOBAL] = {push_global, 0},
    [STACK_GLOBAL] = {push_stack_global, 0},
    [REDUCE] = {call, 0},
    [NEWOBJ] = {call, 0},
    [BUILD] = {build, 0},
    [BINPERSID] = {push_storage, 0},
    [STOP] = {stop, 0},
};

static accel_status step(machine *m, unsigned char opcode)
{
    if (!instructions[opcode].run)
        return accel_error_raise(ACCEL_EUNSUPPORTED, NULL,
                                 "%s: has the pickle instruction 0x%02x, which is not read", m->r->path,
                                 (unsigned)opcode);
    return instructions[opcode].run(m, instructions[opcode].argument);
}

static accel_status run(machine *m)
{
    while (!m->result) {
        const unsigned char *opcode = take(m, 1);
        if (!opcode || step(m, *opcode) != ACCEL_OK)
            return accel_error_status();
    }
    const char *wrong = pickle_check_finite(m->result, MACHINE_DEPTH_MAX, MACHINE_VALUES_MAX);
    return wrong ? accel_error_raise(ACCEL_EFORMAT, NULL, "%s: what it holds %s", m->r->path, wrong) : ACCEL_OK;
}

pickle_value *machine_run(rebuilder *r, const unsigned char *program, size_t size)
{
    machine m = {.r = r, .begin = program, .at = program, .end = program + size};
    accel_status status = run(&m);
    memory_free(m.stack);
    memory_free(m.memo);
    return status == ACCEL_OK ? m.result : NULL;
}
