/* The built-in trackers: what they write for the calls that the reference's tracker was given, for oracle_tracking.py --check to
   read, and the runs that go wrong. */
#include "track/folder.h"

#include <jansson.h>

#include "track/trackers.h"
#include "track/values.h"

static void start_all(trackers *t, const char *log_with, const char *run_name)
{
    *t = (trackers){.is_main = true};
    assert_int_equal(trackers_init(t, log_with, folder, "test"), ACCEL_OK);
    assert_int_equal(trackers_start(t, run_name, NULL, 0), ACCEL_OK);
}

static void finish_all(trackers *t)
{
    assert_int_equal(trackers_finish(t), ACCEL_OK);
    trackers_dispose(t);
}

static void log_number(trackers *t, const char *name, double number, int64_t step)
{
    assert_int_equal(trackers_log(t, ACCEL_LOG_VALUES({name, number, NULL}), step), ACCEL_OK);
}

/* ---- the reference's calls ---- */

static accel_log_value *read_values(const json_t *list, size_t *count)
{
    *count = json_array_size(list);
    accel_log_value *values = memory_alloc(*count, sizeof *values);
    for (size_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(list, i);
        const char *number = json_string_value(json_array_get(item, 1));
        values[i] = (accel_log_value){.name = json_string_value(json_array_get(item, 0)),
                                      .number = number ? strtod(number, NULL) : 0,
                                      .text = json_string_value(json_array_get(item, 2))};
    }
    return values;
}

static void log_cases(trackers *t, const json_t *calls)
{
    for (size_t i = 0; i < json_array_size(calls); i++) {
        const json_t *call = json_array_get(calls, i), *step = json_object_get(call, "step");
        size_t count = 0;
        accel_log_value *values = read_values(json_object_get(call, "values"), &count);
        assert_int_equal(values_check("test", values, count), ACCEL_OK);
        assert_int_equal(trackers_log(t, values, count, json_is_integer(step) ? json_integer_value(step) : -1),
                         ACCEL_OK);
        memory_free(values);
    }
}

static void writes_what_others_read(void **state)
{
    (void)state;
    char path[4096];
    const char *oracle = getenv("ACCEL_TEST_ORACLE");
    snprintf(path, sizeof path, "%s/tracking/cases.json", oracle ? oracle : "");
    if (access(path, F_OK) != 0)
        skip();
    json_t *cases = json_load_file(path, 0, NULL);
    assert_non_null(cases);
    snprintf(path, sizeof path, "%s/tracking/ours", oracle);
    remove_folder(path);

    trackers t = {.is_main = true};
    assert_int_equal(trackers_init(&t, "all", path, "test"), ACCEL_OK);
    size_t count = 0;
    accel_log_value *hparams = read_values(json_object_get(cases, "hparams"), &count);
    assert_int_equal(trackers_start(&t, "run", hparams, count), ACCEL_OK);
    log_cases(&t, json_object_get(cases, "calls"));
    finish_all(&t);
    memory_free(hparams);
    json_decref(cases);
}

/* ---- runs ---- */

static void goes_on_with_a_run_of_the_same_name(void **state)
{
    (void)state;
    trackers t;
    for (int i = 0; i < 2; i++) {
        start_all(&t, "csv,jsonl,tensorboard", "a/b");
        log_number(&t, i ? "late" : "loss", 0.5, i);
        finish_all(&t);
    }
    expect_content("a/b/metrics.csv", "step,loss,late\n0,0.5,\n1,,0.5\n");
    expect_content("a/b/metrics.jsonl", "{\"step\": 0, \"loss\": 0.5}\n{\"step\": 1, \"late\": 0.5}\n");
    assert_int_equal(count_files("a/b/events.out.tfevents.*"), 2);
    assert_int_equal(count_files("a/b/*"), 4);
}

static void writes_each_call_before_it_returns(void **state)
{
    (void)state;
    trackers t;
    start_all(&t, "all", "r");
    log_number(&t, "loss", 1, -1);
    expect_content("r/metrics.csv", "step,loss\n,1\n");
    expect_content("r/metrics.jsonl", "{\"loss\": 1}\n");
    log_number(&t, "loss", 2, 7);
    expect_content("r/metrics.csv", "step,loss\n,1\n7,2\n");
    expect_content("r/metrics.jsonl", "{\"loss\": 1}\n{\"step\": 7, \"loss\": 2}\n");
    assert_int_equal(trackers_log(&t, NULL, 0, 8), ACCEL_OK);
    expect_content("r/metrics.csv", "step,loss\n,1\n7,2\n8,\n");
    finish_all(&t);
}

static void adds_hyperparameters_of_each_start(void **state)
{
    (void)state;
    trackers t = {.is_main = true};
    assert_int_equal(trackers_init(&t, "jsonl,csv", folder, "test"), ACCEL_OK);
    assert_int_equal(trackers_start(&t, "r", ACCEL_LOG_VALUES({.name = "lr", .number = 0.1})), ACCEL_OK);
    assert_int_equal(trackers_finish(&t), ACCEL_OK);
    assert_int_equal(trackers_start(&t, "r", ACCEL_LOG_VALUES({.name = "lr"}, {.name = "x", .text = "1"})),
                     ACCEL_OK);
    finish_all(&t);
    expect_content("r/hparams.csv", "lr,x\n0.1,\n0,\"1\"\n");
    expect_content("r/hparams.jsonl", "{\"lr\": 0.1}\n{\"lr\": 0, \"x\": \"1\"}\n");
    expect_content("r/metrics.csv", "");
}

static void leaves_a_line_alone_that_was_cut_short(void **state)
{
    (void)state;
    mkdir(in_folder("r"), 0777);
    put("r/metrics.jsonl", "{\"step\": 0}\n{\"st");
    put("r/metrics.csv", "step,note\n0,\"wa");
    trackers t;
    start_all(&t, "csv,jsonl", "r");
    log_number(&t, "note", 1, 1);
    finish_all(&t);
    expect_content("r/metrics.jsonl", "{\"step\": 0}\n{\"st\n{\"step\": 1, \"note\": 1}\n");
    expect_content("r/metrics.csv", "step,note\n0,\"wa\"\n1,1\n");
}

/* ---- failures ---- */

static void refuses_names(void **state)
{
    (void)state;
    trackers t = {0};
    const char *const bad[] = {"wandb", "", "csv,", ",csv", "csv;jsonl", "CSV", "al", "alle"};
    const char *const named[] = {"wandb", "", "", "", "csv;jsonl", "CSV", "al", "alle"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "test: log_with names \"%s\"; there is tensorboard, jsonl, csv, or all of them, \"all\"",
                 named[i]);
        assert_int_equal(trackers_init(&t, bad[i], folder, "test"), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, NULL, text);
        trackers_dispose(&t);
    }
    trackers_init(&t, "csv", NULL, "test");
    expect_failure(ACCEL_EINVAL, NULL, "test: log_with \"csv\" needs a project_dir or logging_dir");
    trackers_init(&t, NULL, "", "test");
    expect_failure(ACCEL_EINVAL, NULL, "test: logging_dir is empty");
}

static void takes_each_name_once(void **state)
{
    (void)state;
    const struct {
        const char *names;
        size_t count;
    } rows[] = {{"csv", 1}, {" csv , jsonl", 2}, {"csv,csv,csv", 1},
                {"all", 3}, {"csv,all", 3},      {"all,csv", 3}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        trackers t = {0};
        assert_int_equal(trackers_init(&t, rows[i].names, folder, "test"), ACCEL_OK);
        assert_int_equal(t.count, rows[i].count);
        trackers_dispose(&t);
    }
}

static void begins_all_or_none(void **state)
{
    (void)state;
    mkdir(in_folder("r"), 0777);
    put("r/metrics.csv", "epoch,loss\n");
    trackers t = {.is_main = true};
    assert_int_equal(trackers_init(&t, "jsonl,csv", folder, "test"), ACCEL_OK);
    assert_int_equal(trackers_start(&t, "r", NULL, 0), ACCEL_EFORMAT);
    expect_failure(ACCEL_EFORMAT, "r/metrics.csv",
                   "is another table: its first column is \"epoch\", not \"step\"");
    assert_false(t.started);
    assert_int_equal(trackers_start(&t, "s", NULL, 0), ACCEL_OK);
    finish_all(&t);
}

/* Every write fails once; what was there stays, and the others have theirs. */
static void survives_a_full_disk(void **state)
{
    (void)state;
    trackers t;
    start_all(&t, "csv,jsonl", "r");
    log_number(&t, "loss", 1, 1);
    for (size_t nth = 1; nth <= 2; nth++) {
        file_fail_write_at(nth);
        assert_int_equal(trackers_log(&t, ACCEL_LOG_VALUES({.name = "loss", .number = 2}), 2), ACCEL_EIO);
        expect_failure(ACCEL_EIO, nth == 1 ? "r/metrics.csv" : "r/metrics.jsonl",
                       "cannot be written: No space left on device");
    }
    expect_content("r/metrics.csv", "step,loss\n1,1\n2,2\n");
    expect_content("r/metrics.jsonl", "{\"step\": 1, \"loss\": 1}\n{\"step\": 2, \"loss\": 2}\n");
    log_number(&t, "loss", 3, 3);
    expect_content("r/metrics.csv", "step,loss\n1,1\n2,2\n3,3\n");
    finish_all(&t);
}

static void says_which_folder_it_cannot_make(void **state)
{
    (void)state;
    put("r", "a file");
    trackers t = {.is_main = true};
    assert_int_equal(trackers_init(&t, "all", folder, "test"), ACCEL_OK);
    trackers_start(&t, "r/s", NULL, 0);
    expect_failure(ACCEL_EIO, "r", "cannot be made a directory: File exists");
    trackers_dispose(&t);
}

static void writes_one_run_at_a_time(void **state)
{
    (void)state;
    trackers first, second = {.is_main = true};
    start_all(&first, "jsonl", "r");
    assert_int_equal(trackers_init(&second, "jsonl", folder, "test"), ACCEL_OK);
    trackers_start(&second, "r", NULL, 0);
    expect_failure(ACCEL_EINVAL, "r/metrics.jsonl", "a run of the same name is writing it");
    finish_all(&first);
    assert_int_equal(trackers_start(&second, "r", NULL, 0), ACCEL_OK);
    finish_all(&second);
}

static void writes_nothing_where_memory_runs_out(void **state)
{
    (void)state;
    trackers t;
    start_all(&t, "all", "r");
    log_number(&t, "loss", 1, 1);
    for (size_t nth = 1;; nth++) {
        memory_fail_at(nth);
        accel_status status =
            trackers_log(&t, ACCEL_LOG_VALUES({.name = "loss"}, {.name = "new", .text = "x"}), 2);
        if (memory_fail_at(0) < nth)
            break;
        assert_int_equal(status, ACCEL_ENOMEM);
        accel_error_clear();
    }
    expect_no_failure();
    finish_all(&t);
}

static void ends_where_memory_runs_out_at_its_beginning(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        trackers t = {.is_main = true};
        memory_fail_at(nth);
        if (trackers_init(&t, "all", folder, "test") == ACCEL_OK)
            trackers_start(&t, "r", ACCEL_LOG_VALUES({.name = "lr"}, {.name = "m", .text = "a b"}));
        bool failed = memory_fail_at(0) >= nth;
        assert_int_equal(accel_error_status(), failed ? ACCEL_ENOMEM : ACCEL_OK);
        accel_error_clear();
        trackers_dispose(&t);
        if (!failed)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_what_others_read),
        TEST(goes_on_with_a_run_of_the_same_name),
        TEST(writes_each_call_before_it_returns),
        TEST(adds_hyperparameters_of_each_start),
        TEST(leaves_a_line_alone_that_was_cut_short),
        TEST(refuses_names),
        TEST(takes_each_name_once),
        TEST(begins_all_or_none),
        TEST(survives_a_full_disk),
        TEST(says_which_folder_it_cannot_make),
        TEST(writes_one_run_at_a_time),
        TEST(writes_nothing_where_memory_runs_out),
        TEST(ends_where_memory_runs_out_at_its_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
