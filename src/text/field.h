/* Members of a JSON file that must be there and be of a type; messages say "path: where.key must be …". */
#ifndef ACCEL_TEXT_FIELD_H
#define ACCEL_TEXT_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <accel/error.h>

/* Where a value stands, for messages. */
typedef struct place {
    const char *path;
    char where[64]; /* "added_tokens[3]", "" at the top */
} place;

/* The place of `where`, as printf's, in the file of `outer`. */
place place_inside(const place *outer, const char *format, ...) ACCEL_PRINTF(2, 3);

/* Parses the bytes of a file. NULL with the position recorded when they are not JSON; json_decref the result.
   */
json_t *field_parse(const char *path, const char *bytes, size_t size);

/* The member of an object that must be of one type; NULL with the failure recorded. Borrowed. */
const json_t *field_object(const place *at, const json_t *object, const char *key);
const json_t *field_array(const place *at, const json_t *object, const char *key);
const char *field_string(const place *at, const json_t *object, const char *key);

/* The same for values: the status, and the value in `out`. */
accel_status field_bool(const place *at, const json_t *object, const char *key, bool *out);
accel_status field_number(const place *at, const json_t *object, const char *key, uint32_t *out);

/* Whether `value` is a number from 0 to 2^32 - 1; records why not, naming it `key`. */
accel_status field_read_number(const place *at, const json_t *value, const char *key, uint32_t *out);

/* The "type" of a part of a tokenizer, or of what stands there instead: "null", "missing". */
const char *field_type(const json_t *part);

#endif
