#include "launch/configuration_read.h"

#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/memory.h"
#include "launch/call.h"
#include "launch/scalar.h"

/* ---- as it is spelled ---- */

/* The strings, numbers and words of a text one after the other: jansson keeps neither their lines nor how numbers are spelled. */
typedef struct tokens {
    const char *at, *end; /* what is left */
    const char *token;    /* the last one, of `length` bytes */
    size_t length, line;
} tokens;

static tokens begin(const char *bytes, size_t size)
{
    return (tokens){.at = bytes, .end = bytes + size, .line = 1};
}

static bool is_between(char c) { return c && strchr(" \t\r\n:,[]{}", c); }

static const char *after_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\' && at + 1 < end;
    return at < end ? at + 1 : end;
}

static bool next(tokens *t)
{
    for (; t->at < t->end && is_between(*t->at); t->at++)
        t->line += *t->at == '\n';
    t->token = t->at;
    if (t->at < t->end && *t->at == '"')
        t->at = after_string(t->at, t->end);
    else
        while (t->at < t->end && *t->at != '"' && !is_between(*t->at))
            t->at++;
    t->length = (size_t)(t->at - t->token);
    return t->length > 0;
}

static bool is_token(const tokens *t, const char *word)
{
    return t->length == strlen(word) && memcmp(t->token, word, t->length) == 0;
}

/* The text of a number that Python's json knows by a name, which JSON has not; NULL: it is none. */
static const char *named_number(const tokens *t)
{
    return is_token(t, "NaN")         ? "nan"
           : is_token(t, "Infinity")  ? "inf"
           : is_token(t, "-Infinity") ? "-inf"
                                      : NULL;
}

/* Puts zeros in their places, for jansson. */
static void hide_named_numbers(char *bytes, size_t size)
{
    tokens t = begin(bytes, size);
    while (next(&t))
        if (named_number(&t)) {
            char *digits = bytes + (t.token - bytes) + (*t.token == '-');
            memset(digits, '0', (size_t)(t.at - digits));
            digits[1] = '.';
        }
}

/* ---- entries ---- */

typedef struct reader {
    configuration *into;
    const char *section; /* whose keys are being read; NULL: none */
    tokens spelled;      /* its last one is what is being read */
} reader;

static accel_status refuse(const reader *r, const char *key, const char *what)
{
    return configuration_refuse(r->into, r->spelled.line, key, what);
}

/* New text. */
static char *spell_number(const tokens *t, configuration_kind *kind)
{
    const char *name = named_number(t);
    char *digits = name ? memory_copy_string(name) : memory_copy_bytes(t->token, t->length);
    *kind = CONFIGURATION_NUMBER;
    if (name || !digits)
        return digits;
    if (!strpbrk(digits, ".eE"))
        *kind = CONFIGURATION_WHOLE;
    char *text = scalar_spell(*kind, digits);
    memory_free(digits);
    return text;
}

static accel_status add_value(reader *r, const char *key, const json_t *value, bool listed)
{
    next(&r->spelled);
    if (json_is_string(value) && strlen(json_string_value(value)) != json_string_length(value))
        return refuse(r, key, ": has a zero byte");
    configuration_entry entry = {.section = r->section ? memory_copy_string(r->section) : NULL,
                                 .key = memory_copy_string(key),
                                 .listed = listed,
                                 .line = r->spelled.line};
    if (json_is_number(value)) {
        entry.text = spell_number(&r->spelled, &entry.kind);
    } else if (json_is_string(value)) {
        entry.kind = CONFIGURATION_TEXT;
        entry.text = memory_copy_string(json_string_value(value));
    } else {
        entry.kind = json_is_null(value) ? CONFIGURATION_NULL : CONFIGURATION_TRUTH;
        entry.text = memory_copy_string(json_is_null(value) ? "None" : json_is_true(value) ? "True" : "False");
    }
    return configuration_add(r->into, entry);
}

static accel_status read_list(reader *r, const char *key, json_t *list)
{
    size_t i;
    json_t *value;
    if (json_array_size(list) == 0)
        return configuration_add_empty_list(r->into, r->section, key, r->spelled.line);
    json_array_foreach(list, i, value)
    {
        if (json_is_object(value) || json_is_array(value))
            return refuse(r, key, " has more than values in its list");
        if (add_value(r, key, value, true) != ACCEL_OK)
            break;
        if (json_is_null(value))
            return refuse(r, key, " has null in its list");
    }
    return accel_error_status();
}

static accel_status read_keys(reader *r, json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        next(&r->spelled);
        if (json_is_object(value) && r->section)
            return refuse(r, key, " is nested too deeply");
        if (json_is_object(value) && json_object_size(value) == 0) {
            configuration_add_null(r->into, key, r->spelled.line);
        } else if (json_is_object(value)) {
            r->section = key;
            read_keys(r, value);
            r->section = NULL;
        } else if (json_is_array(value)) {
            read_list(r, key, value);
        } else {
            add_value(r, key, value, false);
        }
        if (accel_error_is_set())
            break;
    }
    return accel_error_status();
}

/* ---- files ---- */

static accel_status refuse_duplicate(const configuration *c, const char *bytes, const json_error_t *error)
{
    tokens t = begin(bytes, (size_t)error->position);
    while (next(&t) && t.at < t.end)
        ;
    char *key = t.length >= 2 ? memory_copy_bytes(t.token + 1, t.length - 2) : NULL;
    if (key)
        configuration_refuse(c, t.line, key, " is there twice");
    memory_free(key);
    return accel_error_status();
}

static accel_status refuse_syntax(const configuration *c, const char *bytes, const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_out_of_memory:
        return accel_error_raise(ACCEL_ENOMEM, LAUNCH_CALL, "out of memory for %s", c->path);
    case json_error_duplicate_key:
        return refuse_duplicate(c, bytes, error);
    case json_error_null_byte_in_key:
        return configuration_refuse(c, (size_t)error->line, "", "a key has a zero byte");
    default:
        return configuration_refuse(c, (size_t)error->line, "", error->text);
    }
}

/* jansson would pass over a zero byte after a number. */
static accel_status refuse_zero(const configuration *c, const char *bytes, const char *zero)
{
    tokens t = begin(bytes, (size_t)(zero - bytes));
    while (next(&t)) /* to the line it is on */
        ;
    return configuration_refuse(c, t.line, "", "there is a zero byte");
}

accel_status configuration_read_json(configuration *c, const char *bytes, size_t size)
{
    RETURN_STATUS_IF_FAILED();
    json_error_t error;
    const char *zero = memchr(bytes, '\0', size);
    if (zero)
        return refuse_zero(c, bytes, zero);
    char *strict = memory_copy_bytes(bytes, size);
    if (!strict)
        return accel_error_status();
    hide_named_numbers(strict, size);
    json_t *root =
        json_loadb(strict, size,
                   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &error);
    reader r = {.into = c, .spelled = begin(bytes, size)};
    if (!root)
        refuse_syntax(c, bytes, &error);
    else if (!json_is_object(root))
        next(&r.spelled), refuse(&r, "", "keys with values are expected");
    else
        read_keys(&r, root);
    json_decref(root);
    memory_free(strict);
    return accel_error_status();
}
