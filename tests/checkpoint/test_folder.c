/* Weights in folders, in several files and as torch.save has them, against what Accelerate writes and reads; what the tests save in
   $ACCEL_TEST_ORACLE/checkpoint/written is loaded by oracle_checkpoint.py --check. */
#include "oracle.h"

#include <dirent.h>
#include <sys/stat.h>

#include <accel/checkpoint.h>
#include <accel/layers.h>
#include <accel/log.h>
#include <accel/module.h>

#include "base/file.h"
#include "base/memory.h"

static char work[64];

static int make_work(void **state)
{
    snprintf(work, sizeof work, "/tmp/accel-folder-XXXXXX");
    return mkdtemp(work) ? start_clean(state) : -1;
}

static int remove_work(void **state)
{
    char command[128];
    file_fail_write_at(0);
    memory_fail_at(0);
    snprintf(command, sizeof command, "rm -rf '%s'", work);
    return system(command) == 0 ? end_clean(state) : -1;
}

/* A path in the test's folder, or in the oracle's, good until four calls later. */
static const char *in_work(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", work, name);
    return path;
}

static const char *in_oracle(const char *name)
{
    static char paths[4][4096];
    static int next;
    char *path = paths[next++ % 4];
    const char *folders = getenv("ACCEL_TEST_ORACLE");
    snprintf(path, sizeof paths[0], "%s/checkpoint", folders ? folders : "");
    if (!folders || access(path, F_OK) != 0) {
        print_message("skipped, there is no %s\n", path);
        skip();
    }
    snprintf(path, sizeof paths[0], "%s/checkpoint/%s", folders, name);
    return path;
}

static void expect_equal_tensors(accel_tensor *got, accel_tensor *expected)
{
    assert_int_equal(accel_tensor_dtype(got), accel_tensor_dtype(expected));
    expect_shape(got, accel_tensor_sizes(expected), accel_tensor_rank(expected));
    accel_scoped() {
        accel_tensor *a = accel_contiguous(got), *b = accel_contiguous(expected);
        assert_int_equal(accel_tensor_bytes(a), accel_tensor_bytes(b));
        if (accel_tensor_bytes(a) > 0)
            assert_memory_equal(accel_tensor_data(a), accel_tensor_data(b), accel_tensor_bytes(a));
    }
    expect_no_failure();
}

static accel_dict *load(const char *path)
{
    accel_dict *dict = accel_load(path);
    expect_no_failure();
    return dict;
}

/* Everything that `got` has is as expected; it may lack tied names. */
static void expect_weights(accel_dict *got, accel_dict *expected, size_t left_out)
{
    assert_int_equal(accel_dict_count(got) + left_out, accel_dict_count(expected));
    for (size_t i = 0; i < accel_dict_count(got); i++)
        expect_equal_tensors(accel_dict_tensor(got, i), accel_dict_get(expected, accel_dict_name(got, i)));
}

static size_t count_in(const char *folder)
{
    size_t count = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

/* ---- with Python ---- */

static const char *const sizes[] = {"10GB", "1KB", "1.5KB", "500", "0", "2 kb"};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* "2KB-bin" */
static void name_save(char name[64], const char *prefix, const char *size, bool safe)
{
    snprintf(name, 64, "%s/%s-%s", prefix, strcmp(size, "2 kb") == 0 ? "2kb" : size,
             safe ? "safetensors" : "bin");
}

static void reads_what_accelerate_saved(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *expected = load(in_oracle("state.bin"));
        for (int i = 0; i < 2 * SIZES; i++) {
            char name[64];
            bool safe = i % 2;
            name_save(name, "saved", sizes[i / 2], safe);
            expect_weights(load(in_oracle(name)), expected, safe ? 1 : 0);
        }
    }
}

static void saves_as_accelerate_does(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *weights = load(in_oracle("state.bin"));
        for (int i = 0; i < 2 * SIZES; i++) {
            char name[64];
            bool safe = i % 2;
            name_save(name, "written", sizes[i / 2], safe);
            assert_int_equal(accel_save_state_dict(weights, in_oracle(name), .max_shard_size = sizes[i / 2],
                                                   .safe_serialization = safe),
                             ACCEL_OK);
            expect_weights(load(in_oracle(name)), weights, safe ? 1 : 0);
        }
    }
}

/* What is one memory in the file is one here, and is written as one again. */
static void keeps_tied_weights_tied(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *weights = load(in_oracle("state.bin"));
        assert_ptr_equal(accel_tensor_data(accel_get(weights, "embedding.weight")),
                         accel_tensor_data(accel_get(weights, "head.weight")));
        assert_int_equal(accel_save(weights, in_work("again.pt")), ACCEL_OK);
        accel_dict *again = load(in_work("again.pt"));
        assert_ptr_equal(accel_tensor_data(accel_get(again, "embedding.weight")),
                         accel_tensor_data(accel_get(again, "head.weight")));
        expect_weights(again, weights, 0);
    }
}

static void reads_views(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *views = load(in_oracle("views.bin"));
        accel_tensor *base = accel_to_dtype(accel_arange(24), ACCEL_FLOAT32);
        accel_tensor *rows = accel_reshape(base, ACCEL_SHAPE(4, 6));
        expect_equal_tensors(accel_get(views, "rows"), rows);
        expect_equal_tensors(accel_get(views, "columns"), accel_transpose(rows, 0, 1));
        expect_equal_tensors(accel_get(views, "part"), accel_narrow(base, 0, 3, 6));
        EXPECT_VALUES(accel_get(views, "every"), 0, 0, 4, 8, 12, 16, 20);
        EXPECT_VALUES(accel_get(views, "one"), 0, 1, 1, 1, 1, 1, 1);
        assert_int_equal(accel_tensor_numel(accel_get(views, "none")), 0);
        assert_int_equal(accel_save(views, in_work("plain.bin")), ACCEL_OK);
        expect_weights(load(in_work("plain.bin")), views, 0);
    }
}

static char said[512];

static void hear(accel_log_level level, const char *text, void *user)
{
    (void)level, (void)user;
    snprintf(said, sizeof said, "%s", text);
}

/* Memory in another order is something else. */
static void keeps_views_that_are_not_tied(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *views = load(in_oracle("views.bin"));
        accel_dict_remove(views, "every");
        for (int safe = 0; safe < 2; safe++) {
            assert_int_equal(accel_save_state_dict(views, in_work("views"), .safe_serialization = safe),
                             ACCEL_OK);
            expect_weights(load(in_work("views")), views, 0);
        }
    }
}

/* Python's values by names with dots. */
static void reads_values_within_values(void **state)
{
    (void)state;
    accel_log_set_callback(hear, NULL);
    accel_scoped() {
        accel_dict *dict = load(in_oracle("nested.bin"));
        assert_int_equal(accel_item_integer(accel_get(dict, "epoch")), 3);
        assert_int_equal(accel_tensor_dtype(accel_get(dict, "lr")), ACCEL_FLOAT64);
        assert_true(accel_item(accel_get(dict, "lr")) == 0.5);
        assert_int_equal(accel_tensor_dtype(accel_get(dict, "done")), ACCEL_BOOLEAN);
        EXPECT_VALUES(accel_get(dict, "losses"), 0, 1, 2);
        EXPECT_VALUES(accel_get(dict, "betas"), 0, 0.9, 0.999);
        EXPECT_VALUES(accel_get(dict, "layers.0"), 0, 1);
        EXPECT_VALUES(accel_get(dict, "layers.1.w"), 0, 0, 0);
        EXPECT_VALUES(accel_get(dict, "4"), 0, 1, 1);
        assert_int_equal(accel_tensor_dtype(accel_get(dict, "flags")), ACCEL_BOOLEAN);
        assert_true(accel_dict_has(dict, "model.wide.weight"));
        assert_false(accel_dict_has(dict, "nothing") || accel_dict_has(dict, "no"));
    }
    accel_log_set_callback(NULL, NULL);
    assert_non_null(strstr(said, "1 values are no tensors and were left out, such as \"name\", a string"));
}

static void refuses_names_that_files_cannot_have(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *dict = accel_dict_create();
        assert_null(accel_load(in_oracle("twice.bin")));
        expect_failure_with(ACCEL_EFORMAT, "two values are named \"a.b\"");
        accel_dict_set(dict, "a\xff", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1)));
        accel_save(dict, in_work("x.bin"));
        expect_failure(ACCEL_EINVAL, "accel_save: the name of entry 0 is not UTF-8");
        accel_save(dict, "");
        expect_failure(ACCEL_EINVAL, "accel_save: path is empty");
    }
}

/* ---- what is there already ---- */

static accel_dict *small(double value)
{
    accel_dict *dict = accel_dict_create();
    accel_dict_set(dict, "a", accel_full(value, ACCEL_FLOAT32, ACCEL_SHAPE(100)));
    accel_dict_set(dict, "b", accel_full(value, ACCEL_FLOAT32, ACCEL_SHAPE(100)));
    return dict;
}

static void expect_small(const char *folder, double value)
{
    accel_dict *dict = load(folder);
    assert_int_equal(accel_dict_count(dict), 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(accel_item(accel_mean(accel_dict_tensor(dict, i))) == value);
}

/* Each way of saving over each other one; the reference loads the older weights after some of them. */
static void leaves_nothing_stale(void **state)
{
    static const struct {
        const char *size;
        bool safe;
        size_t files;
    } ways[] = {{"10GB", true, 1}, {"400", true, 3}, {"10GB", false, 1}, {"400", false, 3}};
    (void)state;
    char *stale = file_read(in_oracle("stale.json"), NULL);
    assert_non_null(strstr(stale, "\"is_stale\": true"));
    memory_free(stale);
    for (int i = 0; i < 16; i++)
        accel_scoped() {
            char folder[24];
            snprintf(folder, sizeof folder, "over-%d", i);
            const char *path = in_work(folder);
            mkdir(path, 0777);
            char *other = file_join(path, "model-card.md"),
                 *near = file_join(path, "model-00001-of-2.safetensors");
            file_write_atomic(other, "x", 1);
            file_write_atomic(near, "x", 1);
            accel_save_state_dict(small(1), path, .max_shard_size = ways[i / 4].size,
                                  .safe_serialization = ways[i / 4].safe);
            expect_small(path, 1);
            accel_save_state_dict(small(2), path, .max_shard_size = ways[i % 4].size,
                                  .safe_serialization = ways[i % 4].safe);
            expect_small(path, 2);
            assert_int_equal(count_in(path), ways[i % 4].files + 2);
            assert_true(file_exists(other) && file_exists(near));
            memory_free(other);
            memory_free(near);
        }
}

/* Whatever write fails, the old model is whole, and nothing is left of the new one. */
static void keeps_what_was_there(void **state)
{
    (void)state;
    accel_scoped() {
        const char *folder = in_work("kept");
        assert_int_equal(accel_save_state_dict(small(1), folder, .max_shard_size = "400"), ACCEL_OK);
        accel_dict *other = small(2);
        bool failed = true;
        for (size_t nth = 1; failed; nth++) {
            file_fail_write_at(nth);
            failed = accel_save_state_dict(other, folder, .max_shard_size = "400",
                                           .safe_serialization = nth % 2) != ACCEL_OK;
            file_fail_write_at(0);
            if (failed)
                expect_failure_with(ACCEL_EIO, "cannot be written: No space left on device");
            expect_small(folder, failed ? 1 : 2);
            assert_int_equal(count_in(folder), 3);
        }
    }
}

static void records_every_failed_allocation(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *dict = small(1);
        const char *folder = in_work("memory");
        bool failed = true;
        for (size_t nth = 1; failed; nth++) {
            memory_fail_at(nth);
            failed = accel_save_state_dict(dict, folder, .max_shard_size = "400") != ACCEL_OK;
            memory_fail_at(0);
            assert_true(failed == (accel_error_status() == ACCEL_ENOMEM));
            accel_error_clear();
        }
        failed = true;
        for (size_t nth = 1; failed; nth++) {
            memory_fail_at(nth);
            failed = !accel_load(folder);
            memory_fail_at(0);
            assert_true(failed == (accel_error_status() == ACCEL_ENOMEM));
            accel_error_clear();
        }
        expect_small(folder, 1);
    }
}

/* ---- what is wrong ---- */

static void expect_index(const char *text, accel_status status, const char *message)
{
    const char *path = in_work("broken/model.safetensors.index.json");
    assert_int_equal(file_write_atomic(path, text, strlen(text)), ACCEL_OK);
    assert_null(accel_load(path));
    expect_failure_with(status, message);
    assert_null(accel_load(in_work("broken")));
    expect_failure_with(status, message);
}

static void refuses_broken_indices(void **state)
{
    (void)state;
    accel_scoped() {
        assert_int_equal(accel_save_state_dict(small(1), in_work("broken"), .max_shard_size = "400"), ACCEL_OK);
        expect_index("", ACCEL_EFORMAT, "is no index of weights");
        expect_index("[1]", ACCEL_EFORMAT, "is no index of weights: it names no tensor");
        expect_index("{\"weight_map\": {}}", ACCEL_EFORMAT, "it names no tensor");
        expect_index("{\"weight_map\": {\"a\": 1}}", ACCEL_EFORMAT, "a tensor's file is not a string");
        expect_index("{\"weight_map\": {\"a\": \"../x.safetensors\"}}", ACCEL_EFORMAT,
                     "the file \"../x.safetensors\" is not in the index's own folder");
        expect_index("{\"weight_map\": {\"a\": \"/etc/passwd\"}}", ACCEL_EFORMAT,
                     "is not in the index's own folder");
        expect_index("{\"weight_map\": {\"a\": \"..\"}}", ACCEL_EFORMAT, "is not in the index's own folder");
        expect_index("{\"weight_map\": {\"a\": \"\"}}", ACCEL_EFORMAT, "is not in the index's own folder");
        expect_index("{\"weight_map\": {\"a\": \"model-00009-of-00009.safetensors\"}}", ACCEL_ENOTFOUND,
                     "model-00009-of-00009.safetensors: cannot be opened");
        expect_index("{\"weight_map\": {\"c\": \"model-00001-of-00002.safetensors\"}}", ACCEL_EFORMAT,
                     "\"c\" is to be in model-00001-of-00002.safetensors, which lacks it");
        expect_index("{\"weight_map\": {\"a\": \"x\", \"a\": \"y\"}}", ACCEL_EFORMAT, "duplicate object key");
        accel_dict *old = NULL;
        const char *map =
            "{\"a\": \"model-00001-of-00002.safetensors\", \"b\": \"model-00002-of-00002.safetensors\"}";
        assert_int_equal(file_write_atomic(in_work("broken/model.safetensors.index.json"), map, strlen(map)),
                         ACCEL_OK);
        old = load(in_work("broken"));
        assert_int_equal(accel_dict_count(old), 2);
    }
    mkdir(in_work("empty"), 0777);
    assert_null(accel_load(in_work("empty")));
    expect_failure_with(ACCEL_ENOTFOUND,
                        "has neither model.safetensors nor pytorch_model.bin, nor an index of one");
}

static void refuses_wrong_arguments(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "GB", "10GiB", "-1GB", "1 0GB", "nan", "1e30GB", "10 G"};
    accel_scoped() {
        accel_dict *dict = small(1);
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            accel_save_state_dict(dict, in_work("x"), .max_shard_size = wrong[i]);
            expect_failure_with(ACCEL_EINVAL, "max_shard_size must be a number of KB, MB, GB or TB");
        }
        accel_save_state_dict(dict, NULL);
        expect_failure(ACCEL_EINVAL, "accel_save_state_dict: folder is NULL");
        accel_save_state_dict(dict, "");
        expect_failure(ACCEL_EINVAL, "accel_save_state_dict: folder is empty");
        file_write_atomic(in_work("file"), "x", 1);
        accel_save_state_dict(dict, in_work("file"));
        expect_failure_with(ACCEL_EIO, "cannot be made a directory: File exists");
        accel_save_state_dict(dict, in_work("a/b/c"));
        expect_no_failure();
        expect_small(in_work("a/b/c"), 1);
    }
}

static void options_have_one_default(void **state)
{
    (void)state;
    accel_save_state_dict_options plain = accel_save_state_dict_options_default(), seen;
#define accel_save_state_dict_with(dict, folder, options) (seen = *(options))
    (void)accel_save_state_dict(NULL, NULL);
    assert_int_equal(plain.struct_size, sizeof plain);
    EXPECT_SAME_MEMBER(plain, seen, struct_size);
    EXPECT_SAME_MEMBER(plain, seen, safe_serialization);
    assert_string_equal(plain.max_shard_size, seen.max_shard_size);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_work, remove_work)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_what_accelerate_saved),   TEST(saves_as_accelerate_does),
        TEST(keeps_tied_weights_tied),       TEST(reads_views),
        TEST(keeps_views_that_are_not_tied), TEST(reads_values_within_values),
        TEST(leaves_nothing_stale),          TEST(refuses_names_that_files_cannot_have),
        TEST(keeps_what_was_there),          TEST(records_every_failed_allocation),
        TEST(refuses_broken_indices),        TEST(refuses_wrong_arguments),
        TEST(options_have_one_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
