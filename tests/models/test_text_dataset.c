/* Datasets of labelled texts: what they tokenise, how they pad, and what they refuse. */
#include "models/tiny.h"

/* [PAD] is not 0, so that what pads can be told from zeros. */
static const char vocabulary[] = "[UNK]\n[CLS]\n[SEP]\n[PAD]\n[MASK]\na\nb\nc\n##c\n";
enum { UNK, CLS, SEP, PAD, MASK, A, B, C, CC };

static accel_tokenizer *make_tokenizer(void)
{
    write_text("vocab.txt", vocabulary);
    accel_tokenizer *tokenizer = accel_tokenizer_load(folder);
    expect_no_failure();
    return tokenizer;
}

static accel_table *make_table(const char *text)
{
    write_text("t.tsv", text);
    accel_table *table = accel_table_read(in_folder("t.tsv"));
    expect_no_failure();
    return table;
}

static const accel_labelled_row rows[] = {{0, 1}, {1, 0}, {2, 5}};
#define TABLE "x\ta\r\ny\ta bc z\r\nz\t\r\n"

static accel_dict *whole_batch(accel_dataset *dataset, int workers)
{
    accel_dict *kept = NULL;
    accel_for_each (batch, accel_loader_create(dataset, .batch_size = 100, .num_workers = workers))
        kept = accel_keep(batch);
    expect_no_failure();
    return kept;
}

static void expect_integers(accel_dict *batch, const char *name, const int64_t *sizes, size_t rank,
                            const int64_t *values)
{
    accel_tensor *tensor = accel_get(batch, name);
    expect_no_failure();
    assert_int_equal(accel_tensor_dtype(tensor), ACCEL_INT64);
    assert_int_equal(accel_tensor_rank(tensor), rank);
    assert_memory_equal(accel_tensor_sizes(tensor), sizes, rank * sizeof *sizes);
    assert_memory_equal(accel_tensor_data(tensor), values, accel_tensor_bytes(tensor));
}

static void tokenises_and_pads(void **state)
{
    (void)state;
    accel_dataset *dataset = accel_text_dataset(make_tokenizer(), make_table(TABLE), rows, 3, .text_column = 1);
    assert_int_equal(accel_dataset_length(dataset), 3);
    for (int workers = 0; workers < 3; workers++) {
        accel_dict *batch = whole_batch(dataset, workers);
        expect_integers(batch, "input_ids", ACCEL_SHAPE(3, 6),
                        (const int64_t[]){CLS, A, SEP, PAD, PAD, PAD, /* */
                                          CLS, A, B, CC, UNK, SEP,    /* */
                                          CLS, SEP, PAD, PAD, PAD, PAD});
        expect_integers(batch, "attention_mask", ACCEL_SHAPE(3, 6),
                        (const int64_t[]){1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0});
        expect_integers(batch, "token_type_ids", ACCEL_SHAPE(3, 6), (const int64_t[18]){0});
        expect_integers(batch, "labels", ACCEL_SHAPE(3), (const int64_t[]){1, 0, 5});
    }
}

static void cuts_long_texts(void **state)
{
    (void)state;
    accel_dataset *dataset =
        accel_text_dataset(make_tokenizer(), make_table(TABLE), rows, 2, .text_column = 1, .max_length = 4);
    expect_integers(whole_batch(dataset, 1), "input_ids", ACCEL_SHAPE(2, 4),
                    (const int64_t[]){CLS, A, SEP, PAD, CLS, A, B, SEP});
    dataset =
        accel_text_dataset(make_tokenizer(), make_table(TABLE), rows, 2, .text_column = 1, .max_length = 1);
    accel_for_each (batch, accel_loader_create(dataset))
        fail();
    assert_int_equal(accel_error_status(), ACCEL_EINVAL);
    assert_non_null(strstr(accel_error_text(), "max_length"));
}

static void takes_rows_in_any_order_and_often(void **state)
{
    (void)state;
    const accel_labelled_row chosen[] = {{1, 3}, {0, 2}, {0, 1}, {1, 0}};
    accel_dataset *dataset =
        accel_text_dataset(make_tokenizer(), make_table("a\nb c\n"), chosen, 4, .max_length = 0);
    accel_dict *batch = whole_batch(dataset, 1);
    expect_integers(batch, "input_ids", ACCEL_SHAPE(4, 4),
                    (const int64_t[]){CLS, B, C, SEP, CLS, A, SEP, PAD, CLS, A, SEP, PAD, CLS, B, C, SEP});
    expect_integers(batch, "labels", ACCEL_SHAPE(4), (const int64_t[]){3, 2, 1, 0});
}

static void needs_nothing_of_the_caller_afterwards(void **state)
{
    (void)state;
    accel_tokenizer *tokenizer = make_tokenizer();
    accel_table *table = make_table(TABLE);
    accel_labelled_row own[] = {{0, 1}};
    accel_dataset *dataset = accel_text_dataset(tokenizer, table, own, 1, .text_column = 1);
    own[0] = (accel_labelled_row){99, 99};
    accel_free(tokenizer);
    accel_free(table);
    expect_integers(whole_batch(dataset, 1), "labels", ACCEL_SHAPE(1), (const int64_t[]){1});
}

static void may_be_empty(void **state)
{
    (void)state;
    accel_dataset *dataset = accel_text_dataset(make_tokenizer(), make_table(TABLE), NULL, 0, .text_column = 1);
    assert_int_equal(accel_dataset_length(dataset), 0);
    assert_null(whole_batch(dataset, 1));
}

static void pads_with_zero_where_there_is_no_token_for_it(void **state)
{
    (void)state;
    write_text("vocab.txt", "[CLS]\n[UNK]\n[SEP]\na\n");
    accel_tokenizer *tokenizer = accel_tokenizer_load(folder);
    assert_int_equal(accel_tokenizer_pad_id(tokenizer), -1);
    accel_dataset *dataset = accel_text_dataset(tokenizer, make_table("a\na a\n"), rows, 2);
    expect_integers(whole_batch(dataset, 0), "input_ids", ACCEL_SHAPE(2, 4),
                    (const int64_t[]){0, 3, 2, 0, 0, 3, 3, 2});
}

static void refuses_what_is_not_there(void **state)
{
    (void)state;
    accel_tokenizer *tokenizer = make_tokenizer();
    accel_table *table = make_table(TABLE);
    assert_null(accel_text_dataset(tokenizer, table, rows, 3, .text_column = 2));
    expect_failure(ACCEL_ENOTFOUND, "accel_text_dataset: text_column is 2, the table has 2 columns (from 0)");
    assert_null(accel_text_dataset(tokenizer, table, rows, 3, .text_column = -1));
    expect_failure(ACCEL_ENOTFOUND, "accel_text_dataset: text_column is -1, the table has 2 columns (from 0)");
    assert_null(accel_text_dataset(tokenizer, table, rows, 3, .max_length = -1));
    expect_failure(ACCEL_EINVAL, "accel_text_dataset: max_length must not be negative, got -1");
    const accel_labelled_row wrong[] = {{0, 1}, {3, 0}};
    assert_null(accel_text_dataset(tokenizer, table, wrong, 2));
    expect_failure(ACCEL_EINVAL, "accel_text_dataset: rows[1] is row 3, the table has 3");
    assert_null(accel_text_dataset(tokenizer, (accel_table *)NULL, rows, 3));
    assert_int_equal(accel_error_status(), ACCEL_EINVAL);
    accel_error_clear();
    assert_null(accel_text_dataset((accel_tokenizer *)NULL, table, rows, 3));
    assert_int_equal(accel_error_status(), ACCEL_EINVAL);
    accel_error_clear();
    assert_null(accel_text_dataset(tokenizer, table, (const accel_labelled_row *)NULL, 3));
    expect_failure(ACCEL_EINVAL, "accel_text_dataset: rows is NULL, count is 3");
    accel_free(tokenizer);
    assert_null(accel_text_dataset(tokenizer, table, rows, 3));
    assert_int_equal(accel_error_status(), ACCEL_ESTALE);
    accel_error_clear();
    accel_error_raise(ACCEL_EIO, "before", "first");
    assert_null(accel_text_dataset(tokenizer, table, rows, 3));
    expect_failure(ACCEL_EIO, "before: first");
}

static void options_are_those_of_the_macro(void **state)
{
    (void)state;
    const accel_text_dataset_options by_macro = {ACCEL_TEXT_DATASET_DEFAULTS()};
    const accel_text_dataset_options by_function = accel_text_dataset_options_default();
    assert_int_equal(by_macro.struct_size, by_function.struct_size);
    assert_int_equal(by_macro.text_column, by_function.text_column);
    assert_int_equal(by_macro.max_length, by_function.max_length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tokenises_and_pads),
        TEST(cuts_long_texts),
        TEST(takes_rows_in_any_order_and_often),
        TEST(needs_nothing_of_the_caller_afterwards),
        TEST(may_be_empty),
        TEST(pads_with_zero_where_there_is_no_token_for_it),
        TEST(refuses_what_is_not_there),
        TEST(options_are_those_of_the_macro),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
