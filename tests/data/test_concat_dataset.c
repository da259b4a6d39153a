/* Datasets one after another. */
#include <accel/checkpoint.h>
#include <accel/loader.h>

#include "files.h"
#include "python_files.h"

static accel_dict *sample_from(void *user, int64_t index)
{
    accel_dict *sample = accel_dict_create();
    accel_dict_set(sample, "y", accel_scalar((double)(*(const int64_t *)user + index), ACCEL_INT64));
    return sample;
}

/* Sample i of such a dataset is first + i, from a function or as a row of a tensor. */
static accel_dataset *counting(const int64_t *first, int64_t count)
{
    return accel_dataset_create(.length = count, .sample = sample_from, .user = (void *)(uintptr_t)first);
}

static accel_dataset *tensor_from(int64_t first, int64_t count)
{
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "y", accel_add_scalar(accel_arange(count), (double)first));
    return accel_tensor_dataset(tensors);
}

static void expect_counts_to(accel_dataset *dataset, int64_t count, int64_t batch_size)
{
    int64_t next = 0;
    expect_no_failure();
    assert_int_equal(accel_dataset_length(dataset), count);
    accel_loader *loader = accel_loader_create(dataset, .batch_size = batch_size);
    accel_for_each (batch, loader) {
        accel_tensor *y = accel_get(batch, "y");
        for (int64_t i = 0; i < accel_tensor_numel(y); i++)
            assert_int_equal(((const int64_t *)accel_tensor_data(y))[i], next++);
    }
    expect_no_failure();
    assert_int_equal(next, count);
}

static void samples_follow_each_other(void **state)
{
    (void)state;
    static const int64_t at[] = {0, 3, 8};
    accel_scoped() {
        accel_dataset *parts[] = {counting(&at[0], 3), counting(&at[1], 0), counting(&at[1], 5),
                                  counting(&at[2], 4)};
        for (int64_t size = 1; size < 14; size++)
            expect_counts_to(accel_concat_dataset(parts, 4), 12, size);
        accel_dataset *mixed[] = {tensor_from(0, 3), counting(&at[1], 5), tensor_from(8, 0), tensor_from(8, 4)};
        expect_counts_to(accel_concat_dataset(mixed, 4), 12, 5);
        accel_dataset *tensors[] = {tensor_from(0, 3), tensor_from(3, 5), tensor_from(8, 4),
                                    tensor_from(12, 0)};
        for (int64_t size = 1; size < 14; size++)
            expect_counts_to(accel_concat_dataset(tensors, 4), 12, size);
        accel_dataset *nested[] = {accel_concat_dataset(tensors, 2), accel_concat_dataset(tensors + 2, 2)};
        expect_counts_to(accel_concat_dataset(nested, 2), 12, 5);
    }
}

/* Shuffled, two files of tensors are the one that they were. */
static void files_of_tensors_are_one_dataset(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dataset *shards[] = {accel_tensor_dataset(accel_load(python_file("shard_0.safetensors"))),
                                   accel_tensor_dataset(accel_load(python_file("shard_1.safetensors")))};
        accel_dataset *whole = accel_tensor_dataset(accel_load(python_file("whole.safetensors")));
        accel_loader *ours = accel_loader_create(accel_concat_dataset(shards, 2), .batch_size = 8,
                                                 .shuffle = true, .data_seed = 1, .num_workers = 2);
        accel_loader *theirs = accel_loader_create(whole, .batch_size = 8, .shuffle = true, .data_seed = 1);
        accel_loader_begin(ours);
        accel_for_each (batch, theirs) {
            accel_dict *mine = accel_loader_next(ours);
            expect_same("x", accel_get(mine, "x"), accel_get(batch, "x"));
            expect_same("y", accel_get(mine, "y"), accel_get(batch, "y"));
        }
        assert_null(accel_loader_next(ours));
        expect_no_failure();
        accel_loader_end(ours);
    }
}

static accel_dict *no_next(void *user, void *pass)
{
    (void)user;
    (void)pass;
    return NULL;
}

static accel_dict *no_sample(void *user, int64_t index)
{
    (void)user;
    (void)index;
    return NULL;
}

static void refuses_what_has_no_numbers(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dataset *parts[] = {tensor_from(0, 3), accel_iterable_dataset(.next = no_next)};
        EXPECT_REFUSED(accel_concat_dataset(parts, 2), ACCEL_EUNSUPPORTED,
                       "datasets[1] is iterable: its samples have no numbers");
        EXPECT_REFUSED(accel_concat_dataset(parts, 0), ACCEL_EINVAL, "there are no datasets");
        EXPECT_REFUSED(accel_concat_dataset(NULL, 1), ACCEL_EINVAL, "there are no datasets");
        accel_dataset *many[] = {tensor_from(0, 3),
                                 accel_dataset_create(.length = INT64_MAX - 2, .sample = no_sample)};
        EXPECT_REFUSED(accel_concat_dataset(many, 2), ACCEL_EINVAL,
                       "the datasets have more than 9223372036854775807 samples together");
        accel_dataset *none[] = {NULL};
        EXPECT_REFUSED(accel_concat_dataset(none, 1), ACCEL_EINVAL, "accel_concat_dataset: dataset is NULL");
        EXPECT_REFUSED(accel_loader_create(NULL), ACCEL_EINVAL, "accel_loader_create: dataset is NULL");
        EXPECT_REFUSED(accel_tensor_dataset(NULL), ACCEL_EINVAL, "accel_tensor_dataset: tensors is NULL");
    }
}

static accel_dataset *tensors_of(const char *name, accel_dtype dtype, int64_t count, int64_t width)
{
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, name, accel_zeros(dtype, ACCEL_SHAPE(count, width)));
    return accel_tensor_dataset(tensors);
}

static void refuses_tensors_that_differ(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dataset *none = tensors_of("x", ACCEL_INT64, 0, 9), *one = tensors_of("x", ACCEL_FLOAT32, 2, 3);
        accel_dataset *names[] = {none, one, tensors_of("y", ACCEL_FLOAT32, 2, 3)};
        EXPECT_REFUSED(accel_concat_dataset(names, 3), ACCEL_EINVAL,
                       "accel_concat_dataset: datasets[2] has no \"x\", which datasets[1] has");
        accel_dataset *dtypes[] = {one, tensors_of("x", ACCEL_FLOAT64, 2, 3)};
        EXPECT_REFUSED(accel_concat_dataset(dtypes, 2), ACCEL_EINVAL,
                       "\"x\" is float64 (3,) in datasets[1], float32 (3,) in datasets[0]");
        accel_dataset *shapes[] = {one, tensors_of("x", ACCEL_FLOAT32, 2, 4)};
        EXPECT_REFUSED(accel_concat_dataset(shapes, 2), ACCEL_EINVAL,
                       "\"x\" is float32 (4,) in datasets[1], float32 (3,) in datasets[0]");
        accel_dataset *nested[] = {accel_concat_dataset(names, 2), dtypes[1]};
        EXPECT_REFUSED(accel_concat_dataset(nested, 2), ACCEL_EINVAL,
                       "\"x\" is float64 (3,) in datasets[1], float32 (3,) in datasets[0]");
        accel_dataset *alike[] = {one, none, one};
        assert_int_equal(accel_dataset_length(accel_concat_dataset(alike, 3)), 4);
        expect_no_failure();
    }
}

/* Batches of one name, which `user` says, and of another in addition where there is one. */
static accel_dict *batch_of(void *user, const int64_t *indices, size_t count)
{
    (void)indices;
    accel_dict *batch = accel_dict_create();
    for (const char *name = user; *name; name++)
        accel_dict_set(batch, (const char[]){*name, '\0'},
                       accel_zeros(ACCEL_INT64, ACCEL_SHAPE((int64_t)count)));
    return batch;
}

static void batches_of_functions_must_be_alike(void **state)
{
    (void)state;
    char one[] = "x", both[] = "xy";
    accel_scoped() {
        accel_dataset *parts[] = {accel_dataset_create(.length = 3, .batch = batch_of, .user = one),
                                  accel_dataset_create(.length = 3, .batch = batch_of, .user = both)};
        accel_loader *loader = accel_loader_create(accel_concat_dataset(parts, 2), .batch_size = 2);
        int count = 0;
        accel_for_each (batch, loader)
            count++;
        assert_int_equal(count, 1);
        assert_int_equal(accel_error_status(), ACCEL_EINVAL);
        assert_string_equal(accel_error_text(),
                            "accel_concat_dataset: datasets[1] has \"y\", which datasets[0] has not");
        accel_error_clear();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(samples_follow_each_other),          TEST(files_of_tensors_are_one_dataset),
        TEST(refuses_what_has_no_numbers),        TEST(refuses_tensors_that_differ),
        TEST(batches_of_functions_must_be_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
