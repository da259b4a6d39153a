/* Files of tokens, in each form. */
#include <accel/token_dataset.h>
#include <accel/loader.h>

#include "files.h"
#include "python_files.h"
#include "oracle.h"

/* Sample `index` of the dataset is tokens `from`… of `all`, its labels those from `labels` on. */
static void expect_sample(accel_dataset *dataset, accel_tensor *all, int64_t from, int64_t labels,
                          int64_t length)
{
    expect_no_failure();
    const int64_t *tokens = accel_tensor_data(all);
    accel_loader *loader = accel_loader_create(dataset, .batch_size = 2, .drop_last = true);
    accel_for_each (batch, loader) {
        accel_tensor *ids = accel_get(batch, "input_ids"), *marks = accel_get(batch, "labels");
        expect_shape(ids, ACCEL_SHAPE(2, length));
        const int64_t *id = accel_tensor_data(ids), *label = accel_tensor_data(marks);
        assert_memory_equal(id, tokens, (size_t)length * 8);
        assert_memory_equal(id + length, tokens + from, (size_t)length * 8);
        assert_memory_equal(label + length, tokens + labels, (size_t)length * 8);
        break;
    }
    expect_no_failure();
    accel_free(loader);
    accel_free(dataset);
}

static void reads_every_form(void **state)
{
    (void)state;
    accel_dict *expected = open_oracle("token_dataset", "files", "tokens");
    accel_tensor *plain = accel_dict_get(expected, "tokens"), *has_sign = accel_dict_get(expected, "signed");
    accel_dataset *dataset = accel_token_dataset(python_file("tokens_2.bin"), .sequence_length = 64);
    assert_int_equal(accel_dataset_length(dataset), 15);
    expect_sample(dataset, plain, 64, 64, 64);
    expect_sample(accel_token_dataset(python_file("tokens_4.bin"), .sequence_length = 64, .token_bytes = 4),
                  plain, 64, 64, 64);
    expect_sample(accel_token_dataset(python_file("tokens_8.bin"), .sequence_length = 64, .token_bytes = 8),
                  has_sign, 64, 64, 64);
    expect_sample(accel_token_dataset(python_file("tokens_header.bin"), .sequence_length = 7, .offset = 1024),
                  plain, 7, 7, 7);
    expect_sample(accel_token_dataset(python_file("tokens_uint16.npy"), .sequence_length = 64), plain, 64, 64,
                  64);
    expect_sample(accel_token_dataset(python_file("tokens_uint32.npy"), .sequence_length = 64), plain, 64, 64,
                  64);
    expect_sample(accel_token_dataset(python_file("tokens_int16.npy"), .sequence_length = 9), has_sign, 9, 9,
                  9);
    expect_sample(accel_token_dataset(python_file("tokens_int32.npy"), .sequence_length = 9), has_sign, 9, 9,
                  9);
    expect_sample(accel_token_dataset(python_file("tokens_int64.npy"), .sequence_length = 9), has_sign, 9, 9,
                  9);
    accel_free(expected);
}

static void samples_overlap_by_stride_and_labels_shift(void **state)
{
    (void)state;
    accel_dict *expected = open_oracle("token_dataset", "files", "tokens");
    accel_tensor *plain = accel_dict_get(expected, "tokens");
    accel_dataset *dataset = accel_token_dataset(python_file("tokens_2.bin"), .sequence_length = 100,
                                                 .stride = 10, .shift_labels = true);
    assert_int_equal(accel_dataset_length(dataset), 90); /* 1,000 tokens: the last label would be the 1,001st */
    expect_sample(dataset, plain, 10, 11, 100);
    dataset = accel_token_dataset(python_file("tokens_2.bin"), .sequence_length = 1000);
    assert_int_equal(accel_dataset_length(dataset), 1);
    accel_free(dataset);
    dataset = accel_token_dataset(python_file("tokens_2.bin"), .sequence_length = 100, .stride = 450);
    assert_int_equal(accel_dataset_length(dataset), 3);
    accel_free(dataset);
    accel_free(expected);
}

static void refuses_what_makes_no_sample(void **state)
{
    (void)state;
    const char *path = FILE_OF("t.bin", "12345");
    EXPECT_REFUSED(accel_token_dataset(path), ACCEL_EINVAL, "sequence_length must be at least 1, got 0");
    EXPECT_REFUSED(accel_token_dataset(path, .sequence_length = 1, .stride = -1), ACCEL_EINVAL,
                   "stride must not be negative, got -1");
    EXPECT_REFUSED(accel_token_dataset(path, .sequence_length = 1, .token_bytes = 3), ACCEL_EINVAL,
                   "token_bytes must be 2, 4 or 8, got 3");
    EXPECT_REFUSED(accel_token_dataset(path, .sequence_length = 1, .offset = -1), ACCEL_EINVAL,
                   "offset must not be negative, got -1");
    EXPECT_REFUSED(accel_token_dataset(NULL, .sequence_length = 1), ACCEL_EINVAL, "path is NULL");
    EXPECT_REFUSED(accel_token_dataset(path, .sequence_length = 1), ACCEL_EFORMAT,
                   "ends within a token: 5 bytes, of 2 each");
    EXPECT_REFUSED(accel_token_dataset(path, .sequence_length = 1, .offset = 6), ACCEL_EFORMAT,
                   "has 5 bytes, offset is 6");
    EXPECT_REFUSED(accel_token_dataset(path, .sequence_length = 3, .offset = 1), ACCEL_EFORMAT,
                   "has 2 tokens, a sample needs 3");
    EXPECT_REFUSED(accel_token_dataset(path, .sequence_length = 2, .offset = 1, .shift_labels = true),
                   ACCEL_EFORMAT, "has 2 tokens, a sample needs 2, and one more for its labels");
    EXPECT_REFUSED(accel_token_dataset(FILE_OF("t.bin", ""), .sequence_length = 1), ACCEL_EFORMAT,
                   "has 0 tokens");
    EXPECT_REFUSED(accel_token_dataset(python_file("float32_7_C.npy"), .sequence_length = 1),
                   ACCEL_EUNSUPPORTED, "its 1-dimensional array of f4 items is not one of tokens");
    EXPECT_REFUSED(accel_token_dataset(python_file("int64_3x4_C.npy"), .sequence_length = 1),
                   ACCEL_EUNSUPPORTED, "its 2-dimensional array of i8 items is not one of tokens");
}

static void says_when_the_file_got_shorter(void **state)
{
    (void)state;
    const char *path = FILE_OF("t.bin", "0123456789");
    accel_dataset *dataset = accel_token_dataset(path, .sequence_length = 1);
    accel_loader *loader = accel_loader_create(dataset, .num_workers = 0);
    int64_t batches = 0;
    accel_for_each (batch, loader)
        if (++batches == 2)
            assert_int_equal(truncate(path, 4), 0);
    assert_int_equal(unlink(path), 0); /* it is looked at itself, not what has its name */
    assert_int_equal(batches, 2);
    expect_file_failure(ACCEL_EIO, "accel_loader_next", "t.bin", ": had 10 bytes and has 4");
    accel_free(loader);
    accel_free(dataset);
}

/* Others may be under the same numbers. */
static void says_when_the_file_was_written_to(void **state)
{
    (void)state;
    const uint16_t tokens[] = {1, 2, 3, 4, 5, 6}, others[] = {7, 7, 7, 7, 7, 7};
    accel_scoped() {
        accel_dataset *dataset = accel_token_dataset(file_of("w.bin", tokens, sizeof tokens), .token_bytes = 2,
                                                     .sequence_length = 2);
        accel_loader *loader = accel_loader_create(dataset, .num_workers = 0);
        accel_loader_begin(loader);
        assert_non_null(accel_loader_next(loader));
        struct stat before, after;
        do { /* until the clock of the file system has moved */
            assert_int_equal(stat(path_of("w.bin"), &before), 0);
            file_of("w.bin", others, sizeof others);
            assert_int_equal(stat(path_of("w.bin"), &after), 0);
        } while (before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
                 before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
        while (accel_loader_next(loader))
            ;
        expect_file_failure(ACCEL_EIO, "accel_loader_next", "w.bin",
                            ": the file was written to after it was opened");
        accel_loader_end(loader);
    }
}

/* A map of a file that gets shorter while it is copied from ends the process. */
static void is_read_and_not_mapped(void **state)
{
    (void)state;
    char line[4096];
    accel_dataset *dataset = accel_token_dataset(FILE_OF("t.bin", "0123456789"), .sequence_length = 1);
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps))
        assert_null(strstr(line, "t.bin"));
    fclose(maps);
    accel_free(dataset);
}

static void a_file_larger_than_memory_costs_no_memory(void **state)
{
    (void)state;
    const char *path = FILE_OF("t.bin", "");
    if (truncate(path, (off_t)1 << 42) != 0) /* four tebibytes of zeros */
        skip();
    accel_dataset *dataset = accel_token_dataset(path, .sequence_length = 1 << 20);
    expect_no_failure();
    assert_int_equal(accel_dataset_length(dataset), 1 << 21);
    accel_loader *loader = accel_loader_create(dataset, .batch_size = 4);
    accel_for_each (batch, loader)
        break;
    expect_no_failure();
    accel_free(loader);
    accel_free(dataset);
}

static void options_are_those_of_the_macro(void **state)
{
    (void)state;
    const accel_token_dataset_options by_macro = {ACCEL_TOKEN_DATASET_DEFAULTS()};
    const accel_token_dataset_options by_function = accel_token_dataset_options_default();
    EXPECT_SAME_MEMBER(by_macro, by_function, struct_size);
    EXPECT_SAME_MEMBER(by_macro, by_function, sequence_length);
    EXPECT_SAME_MEMBER(by_macro, by_function, stride);
    EXPECT_SAME_MEMBER(by_macro, by_function, token_bytes);
    EXPECT_SAME_MEMBER(by_macro, by_function, offset);
    EXPECT_SAME_MEMBER(by_macro, by_function, shift_labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_every_form),
        TEST(samples_overlap_by_stride_and_labels_shift),
        TEST(refuses_what_makes_no_sample),
        TEST(says_when_the_file_got_shorter),
        TEST(says_when_the_file_was_written_to),
        TEST(is_read_and_not_mapped),
        TEST(a_file_larger_than_memory_costs_no_memory),
        TEST(options_are_those_of_the_macro),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
