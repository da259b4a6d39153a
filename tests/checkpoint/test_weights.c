/* Weights to a file and back, damaged files, and disks that will not take them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <accel/autograd.h>
#include <accel/checkpoint.h>
#include <accel/ops.h>
#include <accel/random.h>

#include "base/file.h"
#include "base/memory.h"

/* Each test has a folder of its own, the path of one file in it, and an open scope. */
static char folder[64];
static char path[128];
static accel_scope *scope;
static size_t live_before;

static int begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/accel-weights-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    live_before = accel_live_handles();
    snprintf(path, sizeof path, "%s/w.safetensors", folder);
    scope = accel_scope_begin();
    return scope ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    accel_error_clear();
    memory_fail_at(0);
    file_fail_write_at(0);
    accel_scope_end(scope);
    unlink(path);
    if (rmdir(folder) != 0) /* a test left anything else behind */
        return -1;
    return accel_live_handles() == live_before ? 0 : -1;
}

static void expect_no_failure(void)
{
    if (accel_error_is_set())
        fail_msg("%s", accel_error_text());
}

/* The last call failed like that, about the file; forgets it. */
static void expect_path_failure(accel_status status, const char *call, const char *text)
{
    char expected[512];
    snprintf(expected, sizeof expected, "%s%s%s%s", call, *call ? ": " : "", path, text);
    assert_string_equal(accel_error_text(), expected);
    assert_int_equal(accel_error_status(), status);
    accel_error_clear();
}

static void expect_failure(accel_status status, const char *text)
{
    assert_string_equal(accel_error_text(), text);
    assert_int_equal(accel_error_status(), status);
    accel_error_clear();
}

static size_t count_files(void)
{
    size_t count = 0;
    DIR *stream = opendir(folder);
    assert_non_null(stream);
    for (struct dirent *item = readdir(stream); item; item = readdir(stream))
        count += item->d_name[0] != '.';
    closedir(stream);
    return count;
}

/* How often the file is mapped. */
static size_t count_maps(void)
{
    size_t count = 0;
    char line[4096];
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        count += strstr(line, path) != NULL;
    fclose(maps);
    return count;
}

/* Same dtype, shape and values, bit for bit. */
static void expect_equal(accel_tensor *a, accel_tensor *b)
{
    expect_no_failure();
    assert_int_equal(accel_tensor_dtype(a), accel_tensor_dtype(b));
    assert_int_equal(accel_tensor_rank(a), accel_tensor_rank(b));
    for (size_t i = 0; i < accel_tensor_rank(a); i++)
        assert_int_equal(accel_tensor_sizes(a)[i], accel_tensor_sizes(b)[i]);
    size_t size = accel_tensor_bytes(a);
    unsigned char *left = malloc(size + 1), *right = malloc(size + 1);
    assert_true(left && right);
    assert_int_equal(accel_tensor_copy_to(a, left, size), ACCEL_OK);
    assert_int_equal(accel_tensor_copy_to(b, right, size), ACCEL_OK);
    assert_memory_equal(left, right, size);
    free(left);
    free(right);
}

static accel_dict *dict_of(const char *name, accel_tensor *tensor)
{
    accel_dict *dict = accel_dict_create();
    accel_dict_set(dict, name, tensor);
    return dict;
}

/* Saves, loads, and expects the same under every name. */
static void expect_round_trip(accel_dict *dict)
{
    assert_int_equal(accel_save(dict, path), ACCEL_OK);
    accel_dict *loaded = accel_load(path);
    expect_no_failure();
    assert_int_equal(accel_dict_count(loaded), accel_dict_count(dict));
    for (size_t i = 0; i < accel_dict_count(dict); i++)
        expect_equal(accel_get(loaded, accel_dict_name(dict, i)), accel_dict_tensor(dict, i));
    accel_free(loaded);
}

/* ---- round trips ---- */

static const accel_dtype dtypes[] = {ACCEL_UINT8,   ACCEL_INT8,    ACCEL_INT16,   ACCEL_INT32,
                                     ACCEL_INT64,   ACCEL_FLOAT16, ACCEL_FLOAT32, ACCEL_FLOAT64,
                                     ACCEL_BOOLEAN, ACCEL_BFLOAT16};
enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };

static void keeps_every_dtype(void **state)
{
    (void)state;
    accel_dict *all = accel_dict_create();
    for (size_t i = 0; i < DTYPES; i++) {
        accel_tensor *tensor = accel_to_dtype(accel_randn(NULL, ACCEL_SHAPE(3, 5)), dtypes[i]);
        expect_round_trip(dict_of("one", tensor));
        accel_dict_set(all, accel_dtype_name(dtypes[i]), tensor);
    }
    expect_round_trip(all);
}

static void keeps_every_bit(void **state)
{
    (void)state;
    const uint32_t odd[] = {0x7fc00001, 0xffc12345, 0x7f800000, 0xff800000,
                            0x80000000, 1,          0x007fffff, 0x7f7fffff};
    expect_round_trip(dict_of("odd", accel_tensor_copy_from(odd, ACCEL_FLOAT32, ACCEL_SHAPE(8))));
}

static void keeps_every_shape(void **state)
{
    (void)state;
    accel_tensor *matrix = accel_reshape(accel_arange(12), ACCEL_SHAPE(3, 4));
    accel_dict *dict = accel_dict_create();
    accel_dict_set(dict, "scalar", accel_scalar(2.5, ACCEL_FLOAT64));
    accel_dict_set(dict, "empty", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(0)));
    accel_dict_set(dict, "hollow", accel_zeros(ACCEL_INT16, ACCEL_SHAPE(3, 0, 2)));
    accel_dict_set(dict, "deep", accel_ones(ACCEL_UINT8, ACCEL_SHAPE(1, 2, 1, 3, 1, 1, 2)));
    accel_dict_set(dict, "transposed", accel_transpose(matrix, 0, 1));
    accel_dict_set(dict, "column", accel_select(matrix, 1, 2));
    accel_dict_set(dict, "expanded",
                   accel_expand(accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 3)), ACCEL_SHAPE(4, 3)));
    accel_dict_set(dict, "middle", accel_narrow(matrix, 0, 1, 1));
    accel_dict_set(dict, "Schl\xc3\xbcssel \"1\"\n", accel_scalar(1, ACCEL_BOOLEAN));
    accel_dict_set(dict, "", accel_scalar(1, ACCEL_INT8));
    expect_round_trip(dict);
    expect_round_trip(accel_dict_create());
}

static void saves_parameters_and_shared_storage(void **state)
{
    (void)state;
    accel_tensor *weight = accel_randn(NULL, ACCEL_SHAPE(2, 3));
    accel_dict *dict = dict_of("weight", weight);
    accel_set_requires_grad(weight, true);
    accel_dict_set(dict, "tied", weight);
    accel_dict_set(dict, "computed", accel_mul_scalar(weight, 2));
    expect_round_trip(dict);
    accel_dict *loaded = accel_load(path);
    assert_false(accel_requires_grad(accel_get(loaded, "weight")));
}

/* Data need not be aligned to its elements in a file: U8 (3), then F32. */
static void reads_unaligned_data(void **state)
{
    (void)state;
    char bytes[256];
    const char header[] = "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                          "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[3,11]}}";
    const uint64_t length = sizeof header - 1;
    const float values[] = {1.5f, -2.0f};
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    memcpy(bytes + 8 + length, "\1\2\3", 3);
    memcpy(bytes + 8 + length + 3, values, 8);
    assert_int_equal(file_write_atomic(path, bytes, 8 + length + 11), ACCEL_OK);
    accel_dict *loaded = accel_load(path);
    expect_no_failure();
    assert_memory_equal(accel_tensor_data(accel_get(loaded, "b")), values, sizeof values);
    assert_memory_equal(accel_tensor_data(accel_get(loaded, "a")), "\1\2\3", 3);
}

/* ---- the file behind loaded tensors ---- */

static void changing_a_loaded_tensor_leaves_the_file_alone(void **state)
{
    (void)state;
    accel_tensor *ones = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1000));
    assert_int_equal(accel_save(dict_of("x", ones), path), ACCEL_OK);
    accel_tensor *first = accel_get(accel_load(path), "x"), *second = accel_get(accel_load(path), "x");
    accel_fill_in_place(first, 7);
    assert_true(accel_item(accel_max(first)) == 7);
    expect_equal(second, ones);
    expect_equal(accel_get(accel_load(path), "x"), ones);
    accel_set_requires_grad(first, true); /* and it trains like any other */
    accel_backward(accel_sum(accel_square(first)));
    assert_true(accel_item(accel_max(accel_grad(first))) == 14);
    expect_no_failure();
}

static void a_tensor_outlives_dict_and_file(void **state)
{
    (void)state;
    accel_dict *dict = accel_dict_create();
    accel_dict_set(dict, "x", accel_arange(5000));
    accel_dict_set(dict, "y", accel_arange(10));
    assert_int_equal(accel_save(dict, path), ACCEL_OK);
    accel_dict *loaded = accel_load(path);
    assert_int_equal(count_maps(), 1);
    accel_tensor *x = accel_retain(accel_get(loaded, "x"));
    accel_tensor *part = accel_narrow(x, 0, 4990, 10);
    accel_free(loaded);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(accel_item_integer(accel_max(x)), 4999);
    accel_release(x);
    assert_int_equal(count_maps(), 1); /* a view of it is still there */
    assert_int_equal(accel_item_integer(accel_min(part)), 4990);
    accel_free(part);
    expect_no_failure();
    assert_int_equal(count_maps(), 0);
}

static void replaces_the_file_it_was_loaded_from(void **state)
{
    (void)state;
    assert_int_equal(accel_save(dict_of("x", accel_arange(100)), path), ACCEL_OK);
    accel_dict *loaded = accel_load(path);
    accel_add_in_place(accel_get(loaded, "x"), accel_ones(ACCEL_INT64, ACCEL_SHAPE(100)));
    assert_int_equal(accel_save(loaded, path), ACCEL_OK);
    assert_int_equal(accel_item_integer(accel_max(accel_get(loaded, "x"))), 100);
    assert_int_equal(accel_item_integer(accel_max(accel_get(accel_load(path), "x"))), 100);
    expect_no_failure();
    assert_int_equal(count_files(), 1);
}

/* ---- files that cannot be loaded ---- */

static void refuses_a_file_that_is_too_short_or_too_long(void **state)
{
    (void)state;
    accel_dict *dict = dict_of("x", accel_arange(4));
    accel_dict_set(dict, "y", accel_scalar(1, ACCEL_FLOAT32));
    assert_int_equal(accel_save(dict, path), ACCEL_OK);
    size_t size = 0;
    char *whole = file_read(path, &size);
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(file_write_atomic(path, whole, cut), ACCEL_OK);
        assert_null(accel_load(path));
        assert_int_equal(accel_error_status(), ACCEL_EFORMAT);
        assert_non_null(strstr(accel_error_text(), path));
        assert_non_null(strstr(accel_error_text(), "is truncated"));
        accel_error_clear();
    }
    char *padded = calloc(1, size + 8);
    memcpy(padded, whole, size);
    for (size_t more = 1; more <= 8; more++) {
        assert_int_equal(file_write_atomic(path, padded, size + more), ACCEL_OK);
        assert_null(accel_load(path));
        assert_int_equal(accel_error_status(), ACCEL_EFORMAT);
        assert_non_null(strstr(accel_error_text(), "is padded out"));
        accel_error_clear();
    }
    memory_free(whole);
    free(padded);
    assert_int_equal(count_maps(), 0);
}

static void names_the_file_that_cannot_be_read(void **state)
{
    (void)state;
    assert_null(accel_load(path));
    expect_path_failure(ACCEL_ENOTFOUND, "", ": cannot be opened: No such file or directory");
    assert_null(accel_load(folder));
    assert_int_equal(accel_error_status(), ACCEL_ENOTFOUND);
    assert_non_null(strstr(accel_error_text(), "has neither model.safetensors nor pytorch_model.bin"));
    accel_error_clear();
    assert_null(accel_load(NULL));
    expect_failure(ACCEL_EINVAL, "accel_load: path is NULL");
}

static void refuses_what_is_no_safetensors_file(void **state)
{
    (void)state;
    static const char zip[] = "PK\3\4\0\0\0\0 and so on, as torch.save begins";
    assert_int_equal(file_write_atomic(path, zip, sizeof zip), ACCEL_OK);
    assert_null(accel_load(path));
    assert_int_equal(accel_error_status(), ACCEL_EFORMAT);
    assert_non_null(strstr(accel_error_text(), path));
    accel_error_clear();
}

static void names_the_tensor_of_a_foreign_dtype(void **state)
{
    (void)state;
    char bytes[128];
    const char header[] = "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]}}";
    const uint64_t length = sizeof header - 1;
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    bytes[8 + length] = 0;
    assert_int_equal(file_write_atomic(path, bytes, 8 + length + 1), ACCEL_OK);
    assert_null(accel_load(path));
    expect_path_failure(ACCEL_EUNSUPPORTED, "accel_load", ": tensor \"a\" has dtype F8_E4M3");
    assert_int_equal(count_maps(), 0);
}

/* ---- files that cannot be written ---- */

/* The first, so that what is written second must not take its place half done. */
static accel_dict *save_old(void)
{
    accel_dict *old = dict_of("old", accel_arange(3));
    assert_int_equal(accel_save(old, path), ACCEL_OK);
    return old;
}

static void expect_old(accel_dict *old)
{
    accel_error_clear();
    assert_int_equal(count_files(), 1);
    accel_dict *loaded = accel_load(path);
    expect_equal(accel_get(loaded, "old"), accel_get(old, "old"));
}

static void keeps_the_old_file_on_a_full_disk(void **state)
{
    (void)state;
    accel_dict *old = save_old(), *large = dict_of("x", accel_zeros(ACCEL_UINT8, ACCEL_SHAPE(100000)));
    for (size_t nth = 1; nth <= 3; nth++) {
        file_fail_write_at(nth);
        assert_int_equal(accel_save(large, path), ACCEL_EIO);
        expect_path_failure(ACCEL_EIO, "", ": cannot be written: No space left on device");
        file_fail_write_at(0);
        expect_old(old);
    }
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, before.rlim_max}), 0);
    accel_status status = accel_save(large, path);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, ACCEL_EIO);
    expect_path_failure(ACCEL_EIO, "", ": cannot be written: File too large");
    expect_old(old);
}

static void keeps_the_old_file_in_a_folder_that_cannot_be_written(void **state)
{
    (void)state;
    accel_dict *old = save_old();
    const uid_t user = geteuid();
    assert_int_equal(chmod(folder, 0555), 0);
    assert_true(user != 0 || seteuid(65534) == 0);
    accel_status status = accel_save(dict_of("x", accel_arange(5)), path);
    assert_true(user != 0 || seteuid(user) == 0);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(status, ACCEL_EIO);
    expect_path_failure(ACCEL_EIO, "", ": cannot be written: Permission denied");
    expect_old(old);
}

static void refuses_to_save_nothing_or_nowhere(void **state)
{
    (void)state;
    accel_dict *dict = dict_of("x", accel_arange(3));
    assert_int_equal(accel_save(dict, NULL), ACCEL_EINVAL);
    expect_failure(ACCEL_EINVAL, "accel_save: path is NULL");
    assert_int_equal(accel_save(NULL, path), ACCEL_EINVAL);
    expect_failure(ACCEL_EINVAL, "accel_dict_count: dict is NULL");
    assert_int_equal(accel_save(dict, folder), ACCEL_EINVAL);
    accel_error_clear();
    assert_int_equal(accel_save(dict, "/nowhere/at/all"), ACCEL_ENOTFOUND);
    accel_error_clear();
    accel_dict_set(dict, "__metadata__", accel_arange(3));
    assert_int_equal(accel_save(dict, path), ACCEL_EINVAL);
    assert_non_null(strstr(accel_error_text(), "\"__metadata__\""));
    accel_error_clear();
    accel_error_raise(ACCEL_EFORMAT, "before", "first");
    assert_int_equal(accel_save(dict, path), ACCEL_EFORMAT);
    assert_null(accel_load(path));
    expect_failure(ACCEL_EFORMAT, "before: first");
    assert_int_equal(count_files(), 0);
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    accel_dict *dict = dict_of("x", accel_transpose(accel_reshape(accel_arange(6), ACCEL_SHAPE(2, 3)), 0, 1));
    accel_dict_set(dict, "y", accel_arange(3));
    size_t live = accel_live_handles();
    bool saved = false, loaded = false;
    for (size_t nth = 1; !saved || !loaded; nth++) {
        assert_in_range(nth, 1, 300);
        memory_fail_at(nth);
        accel_status status = saved ? ACCEL_OK : accel_save(dict, path);
        accel_dict *again = saved ? accel_load(path) : NULL;
        memory_fail_at(0);
        if (saved && again)
            loaded = true;
        else if (status == ACCEL_OK && !saved)
            saved = true, nth = 0;
        else
            assert_int_equal(accel_error_status(), ACCEL_ENOMEM);
        accel_error_clear();
        accel_free(again);
        assert_int_equal(accel_live_handles(), live);
        assert_int_equal(count_files(), saved);
        assert_int_equal(count_maps(), 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_every_dtype),
        TEST(keeps_every_bit),
        TEST(keeps_every_shape),
        TEST(saves_parameters_and_shared_storage),
        TEST(reads_unaligned_data),
        TEST(changing_a_loaded_tensor_leaves_the_file_alone),
        TEST(a_tensor_outlives_dict_and_file),
        TEST(replaces_the_file_it_was_loaded_from),
        TEST(refuses_a_file_that_is_too_short_or_too_long),
        TEST(names_the_file_that_cannot_be_read),
        TEST(refuses_what_is_no_safetensors_file),
        TEST(names_the_tensor_of_a_foreign_dtype),
        TEST(keeps_the_old_file_on_a_full_disk),
        TEST(keeps_the_old_file_in_a_folder_that_cannot_be_written),
        TEST(refuses_to_save_nothing_or_nowhere),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
