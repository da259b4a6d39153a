/* The reviews, split and labelled as reference.py does by default, and the reference's results. */
#ifndef TESTS_PARITY_REVIEWS_H
#define TESTS_PARITY_REVIEWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <accel/accel.h>

enum { MAX_LENGTH = 64, TEXT_COLUMN = 2, LABEL_COLUMN = 1, HOLDOUT_EVERY = 10 };

typedef struct reviews {
    accel_dataset *train, *held_out;
} reviews;

static inline void expect_no_failure(void)
{
    if (accel_error_is_set())
        fail_msg("%s", accel_error_text());
}

/* "$VARIABLE/name" in a buffer of its own that the next call but three takes again. */
static inline const char *path_in(const char *variable, const char *name)
{
    static char paths[4][4096];
    static int next;
    char *path = paths[next++ % 4];
    const char *folder = getenv(variable);
    if (!folder)
        fail_msg("%s is not set", variable);
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline accel_dataset *labelled(accel_tokenizer *tokenizer, accel_table *table, bool held_out)
{
    size_t count = 0;
    int64_t kept = 0;
    accel_labelled_row *rows = calloc((size_t)accel_table_rows(table), sizeof *rows);
    assert_non_null(rows);
    for (int64_t row = 0; row < accel_table_rows(table); row++) {
        double score = accel_table_number(table, row, LABEL_COLUMN);
        if (score != 0 && (kept++ % HOLDOUT_EVERY == 0) == held_out)
            rows[count++] = (accel_labelled_row){row, score > 0};
    }
    accel_dataset *dataset =
        accel_text_dataset(tokenizer, table, rows, count, .text_column = TEXT_COLUMN, .max_length = MAX_LENGTH);
    free(rows);
    return dataset;
}

static inline reviews read_reviews(const char *tokenizer_folder)
{
    accel_tokenizer *tokenizer = accel_tokenizer_load(tokenizer_folder);
    accel_table *table = accel_table_read(path_in("ACCEL_TEST_DATA", "reviews.tsv"));
    expect_no_failure();
    reviews r = {labelled(tokenizer, table, false), labelled(tokenizer, table, true)};
    expect_no_failure();
    assert_int_equal(accel_dataset_length(r.train), 9511);
    assert_int_equal(accel_dataset_length(r.held_out), 1057);
    return r;
}

#endif
