/* What oracle_data.py wrote about Accelerate's loaders: $ACCEL_TEST_ORACLE/data/loaders.json. */
#ifndef TESTS_DATA_REFERENCE_LOADERS_H
#define TESTS_DATA_REFERENCE_LOADERS_H

#include <jansson.h>

#include "data/numbers.h"

/* The list of cases, or skips the test by name. */
static inline json_t *reference_loaders(void)
{
    const char *oracle = getenv("ACCEL_TEST_ORACLE");
    if (!oracle) {
        print_message("ACCEL_TEST_ORACLE is not set: skipped\n");
        skip();
    }
    char path[4096];
    json_error_t error;
    snprintf(path, sizeof path, "%s/data/loaders.json", oracle);
    json_t *cases = json_load_file(path, 0, &error);
    if (!cases)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    assert_in_range(json_array_size(cases), 40, 1000);
    return cases;
}

static inline int64_t integer_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static inline bool boolean_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_boolean(value));
    return json_is_true(value);
}

/* For a message: which case it is. */
static inline const char *case_name(const json_t *object, char *text, size_t size)
{
    snprintf(text, size, "%lld samples by %lld%s%s, data_seed %lld", (long long)integer_of(object, "n"),
             (long long)integer_of(object, "batch_size"), boolean_of(object, "shuffle") ? ", shuffled" : "",
             boolean_of(object, "drop_last") ? ", drop_last" : "", (long long)integer_of(object, "data_seed"));
    return text;
}

#endif
