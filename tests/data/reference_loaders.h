/* What oracle_data.py wrote about Accelerate's loaders, in $ACCEL_TEST_ORACLE/data. */
#ifndef TESTS_DATA_REFERENCE_LOADERS_H
#define TESTS_DATA_REFERENCE_LOADERS_H

#include <jansson.h>

#include "data/numbers.h"

/* The list of cases in a file, or skips the test by name. */
static inline json_t *reference_cases(const char *file)
{
    const char *oracle = getenv("ACCEL_TEST_ORACLE");
    if (!oracle) {
        print_message("ACCEL_TEST_ORACLE is not set: skipped\n");
        skip();
    }
    char path[4096];
    json_error_t error;
    snprintf(path, sizeof path, "%s/data/%s", oracle, file);
    json_t *cases = json_load_file(path, 0, &error);
    if (!cases)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    assert_in_range(json_array_size(cases), 40, 10000);
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

/* Whether the reference's len counts a batch that the process never gets: in the last group, when it is cut into too
   few samples for all. */
static inline bool is_miscounted(const json_t *share, int64_t rank)
{
    int64_t batch_size = integer_of(share, "batch_size"), world_size = integer_of(share, "world_size");
    int64_t left = integer_of(share, "n") % batch_size;
    return boolean_of(share, "split_batches") && !boolean_of(share, "even_batches") &&
           !boolean_of(share, "drop_last") && left > 0 && left <= rank * (batch_size / world_size);
}

/* For a message: which case it is. */
static inline const char *case_name(const json_t *object, char *text, size_t size)
{
    snprintf(text, size, "%lld samples by %lld%s%s, data_seed %lld", (long long)integer_of(object, "n"),
             (long long)integer_of(object, "batch_size"), boolean_of(object, "shuffle") ? ", shuffled" : "",
             boolean_of(object, "drop_last") ? ", drop_last" : "", (long long)integer_of(object, "data_seed"));
    return text;
}

static inline const char *share_name(const json_t *share, int64_t rank, char *text, size_t size)
{
    snprintf(text, size, "%lld samples by %lld%s%s%s, process %lld of %lld", (long long)integer_of(share, "n"),
             (long long)integer_of(share, "batch_size"), boolean_of(share, "split_batches") ? ", split" : "",
             boolean_of(share, "even_batches") ? ", even" : "",
             boolean_of(share, "drop_last") ? ", drop_last" : "", (long long)rank,
             (long long)integer_of(share, "world_size"));
    return text;
}

#endif
