/* Trackers as a program has them: which process writes, what is refused, and what a failure leaves. */
#include "ranks.h"

#include <signal.h>

#include "track/folder.h"

/* ---- a tracker that keeps a diary ---- */

typedef struct diary {
    char text[512];
    accel_status answer; /* of every call */
    const char *raises;  /* and with that on record */
} diary;

static accel_status answer(diary *d)
{
    if (accel_error_is_set())
        strcat(d->text, "!");
    if (d->raises)
        accel_error_raise(ACCEL_EIO, "diary", "%s", d->raises);
    return d->answer;
}

static void note_values(diary *d, const accel_log_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *end = d->text + strlen(d->text);
        if (values[i].text)
            sprintf(end, " %s=%s", values[i].name, values[i].text);
        else
            sprintf(end, " %s=%g", values[i].name, values[i].number);
    }
    strcat(d->text, "\n");
}

static accel_status note_start(void *user, const char *run_name, const accel_log_value *values, size_t count)
{
    diary *d = user;
    sprintf(d->text + strlen(d->text), "start %s", run_name);
    note_values(d, values, count);
    return answer(d);
}

static accel_status note_log(void *user, const accel_log_value *values, size_t count, int64_t step)
{
    diary *d = user;
    sprintf(d->text + strlen(d->text), "log %lld", (long long)step);
    note_values(d, values, count);
    return answer(d);
}

static accel_status note_finish(void *user)
{
    diary *d = user;
    strcat(d->text, "finish\n");
    return answer(d);
}

static accel_tracker_callbacks calls_of(diary *d, const char *name)
{
    return (accel_tracker_callbacks){
        .name = name, .start = note_start, .log = note_log, .finish = note_finish, .user = d};
}

/* ---- several processes ---- */

static int log_in_two(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.cpu = true, .timeout = 60, .log_with = "all", .project_dir = folder);
    int rank = accelerator_process_index(acc);
    CHECK(accelerator_init_trackers(acc, "run", ACCEL_LOG_VALUES({"rank", rank})) == ACCEL_OK);
    CHECK(accelerator_log(acc, ACCEL_LOG_VALUES({"rank", rank}), .step = 1) == ACCEL_OK);
    CHECK(accelerator_end_training(acc) == ACCEL_OK);
    return accelerator_finish(acc);
}

static void only_the_main_process_writes(void **state)
{
    (void)state;
    run_in(2, log_in_two);
    expect_content("run/metrics.csv", "step,rank\n1,0\n");
    expect_content("run/metrics.jsonl", "{\"step\": 1, \"rank\": 0}\n");
    expect_content("run/hparams.csv", "rank\n0\n");
    assert_int_equal(count_files("run/events*"), 1);
    assert_int_equal(count_files("run/*/events*"), 1);
}

/* The second one has no trackers, and logs all the same; only it would write into a folder that cannot be. */
static int log_with_differences(void *user)
{
    (void)user;
    bool is_main = atoi(getenv("RANK")) == 0;
    accelerator *acc = accelerator_create(.cpu = true, .timeout = 60, .log_with = is_main ? "csv" : NULL,
                                          .project_dir = is_main ? folder : "/dev/null");
    CHECK(accelerator_init_trackers(acc, is_main ? "run" : "other", NULL, 0) == ACCEL_OK);
    for (int i = 0; i < (is_main ? 1 : 5); i++)
        CHECK(accelerator_log(acc, ACCEL_LOG_VALUES({"loss", 1})) == ACCEL_OK);
    CHECK(accelerator_wait_for_everyone(acc) == ACCEL_OK);
    return accelerator_finish(acc);
}

static void processes_may_differ(void **state)
{
    (void)state;
    run_in(2, log_with_differences);
    expect_content("run/metrics.csv", "step,loss\n,1\n");
    assert_int_equal(count_files("*"), 1);
}

static int keep_diaries(void *user)
{
    (void)user;
    diary one = {.text = ""}, each = {.text = ""};
    accelerator *acc = accelerator_create(.cpu = true, .timeout = 60);
    accel_tracker_callbacks calls = calls_of(&one, "one");
    CHECK(accelerator_add_tracker(acc, &calls) == ACCEL_OK);
    calls = calls_of(&each, "each");
    calls.every_process = true;
    CHECK(accelerator_add_tracker(acc, &calls) == ACCEL_OK);
    int rank = accelerator_process_index(acc);
    CHECK(accelerator_init_trackers(acc, "r", NULL, 0) == ACCEL_OK);
    CHECK(accelerator_log(acc, ACCEL_LOG_VALUES({"a", rank})) == ACCEL_OK);
    CHECK(accelerator_finish(acc) == 0);
    const char *expected = rank ? "start r\nlog -1 a=1\nfinish\n" : "start r\nlog -1 a=0\nfinish\n";
    CHECK(strcmp(each.text, expected) == 0);
    CHECK(strcmp(one.text, rank ? "" : expected) == 0);
    return 0;
}

static void calls_own_trackers_where_they_want(void **state)
{
    (void)state;
    run_in(2, keep_diaries);
}

/* A failed write is the main process's, and ends the others as every failure does. */
static int fill_the_disk(void *user)
{
    (void)user;
    accelerator *acc =
        accelerator_create(.cpu = true, .timeout = 60, .log_with = "jsonl", .project_dir = folder);
    bool is_main = accelerator_is_main_process(acc);
    CHECK(accelerator_init_trackers(acc, "run", NULL, 0) == ACCEL_OK);
    CHECK(accelerator_log(acc, ACCEL_LOG_VALUES({"loss", 1})) == ACCEL_OK);
    file_fail_write_at(is_main ? 1 : 0);
    CHECK(accelerator_log(acc, ACCEL_LOG_VALUES({"loss", 2})) == (is_main ? ACCEL_EIO : ACCEL_OK));
    CHECK(accelerator_wait_for_everyone(acc) == (is_main ? ACCEL_EIO : ACCEL_EPEER));
    CHECK_ERROR(is_main ? ACCEL_EIO : ACCEL_EPEER,
                "run/metrics.jsonl: cannot be written: No space left on device");
    CHECK(accelerator_finish(acc) == 1);
    return 0;
}

static void a_full_disk_is_a_failure_of_all(void **state)
{
    (void)state;
    run_in(2, fill_the_disk);
    expect_content("run/metrics.jsonl", "{\"loss\": 1}\n");
}

static int die(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.cpu = true, .timeout = 60, .log_with = "all", .project_dir = folder);
    CHECK(accelerator_init_trackers(acc, "run", NULL, 0) == ACCEL_OK);
    for (int i = 0; i < 3; i++)
        CHECK(accelerator_log(acc, ACCEL_LOG_VALUES({"loss", i}), .step = i) == ACCEL_OK);
    kill(getpid(), SIGKILL);
    return 0;
}

static void what_was_logged_outlives_its_process(void **state)
{
    (void)state;
    assert_int_equal(accelerator_spawn(die, NULL, 1), 128 + SIGKILL);
    accel_error_clear();
    expect_content("run/metrics.csv", "step,loss\n0,0\n1,1\n2,2\n");
    expect_content("run/metrics.jsonl",
                   "{\"step\": 0, \"loss\": 0}\n{\"step\": 1, \"loss\": 1}\n{\"step\": 2, \"loss\": 2}\n");
    glob_t found;
    struct stat info;
    assert_int_equal(glob(in_folder("run/events*"), 0, NULL, &found), 0);
    assert_int_equal(stat(found.gl_pathv[0], &info), 0);
    assert_int_equal(info.st_size, 40 + 40 + 42 + 42); /* its version, then a step that is 0 and so not there */
    globfree(&found);
}

/* ---- one process ---- */

static accelerator *create(const char *log_with)
{
    accelerator *acc = accelerator_create(.cpu = true, .log_with = log_with, .project_dir = folder);
    expect_no_failure();
    return acc;
}

static void has_one_run_after_another(void **state)
{
    (void)state;
    accelerator *acc = create("csv");
    accelerator_log(acc, ACCEL_LOG_VALUES({"loss", 1}));
    expect_failure(ACCEL_EINVAL, NULL,
                   "accelerator_log: no run is under way: accelerator_init_trackers begins one");
    assert_int_equal(accelerator_end_training(acc), ACCEL_OK);
    assert_int_equal(accelerator_init_trackers(acc, "one", NULL, 0), ACCEL_OK);
    accelerator_init_trackers(acc, "two", NULL, 0);
    expect_failure(ACCEL_EINVAL, NULL,
                   "accelerator_init_trackers: a run is under way, which accelerator_end_training ends");
    assert_int_equal(accelerator_log(acc, ACCEL_LOG_VALUES({"loss", 1})), ACCEL_OK);
    assert_int_equal(accelerator_end_training(acc), ACCEL_OK);
    accelerator_log(acc, ACCEL_LOG_VALUES({"loss", 1}));
    assert_int_equal(accel_error_status(), ACCEL_EINVAL);
    accel_error_clear();
    assert_int_equal(accelerator_init_trackers(acc, "two", ACCEL_LOG_VALUES({"lr", .text = "x"})), ACCEL_OK);
    assert_int_equal(accelerator_log_with(acc, ACCEL_LOG_VALUES({"loss", 2, NULL}), NULL), ACCEL_OK);
    assert_int_equal(accelerator_finish(acc), 0);
    expect_content("one/metrics.csv", "step,loss\n,1\n");
    expect_content("two/metrics.csv", "step,loss\n,2\n");
    expect_content("two/hparams.csv", "lr\n\"x\"\n");
}

static void does_nothing_without_trackers(void **state)
{
    (void)state;
    accelerator *acc = create(NULL);
    assert_int_equal(accelerator_log(acc, ACCEL_LOG_VALUES({"loss", 1}), .step = 1), ACCEL_OK);
    assert_int_equal(accelerator_init_trackers(acc, "run", ACCEL_LOG_VALUES({"lr", 1})), ACCEL_OK);
    assert_int_equal(accelerator_log(acc, ACCEL_LOG_VALUES({"loss", 1}), .step = 1), ACCEL_OK);
    assert_int_equal(accelerator_finish(acc), 0);
    assert_int_equal(count_files("*"), 0);
}

static void knows_its_folders(void **state)
{
    (void)state;
    char project[] = "p", logs[] = "l";
    accelerator *acc = accelerator_create(.cpu = true, .project_dir = project, .logging_dir = logs);
    project[0] = logs[0] = 'x';
    assert_string_equal(accelerator_project_dir(acc), "p");
    assert_string_equal(accelerator_logging_dir(acc), "l");
    assert_int_equal(accelerator_finish(acc), 0);
    acc = accelerator_create(.cpu = true, .project_dir = "p");
    assert_string_equal(accelerator_logging_dir(acc), "p");
    assert_int_equal(accelerator_finish(acc), 0);
    acc = accelerator_create(.cpu = true);
    assert_null(accelerator_project_dir(acc));
    assert_null(accelerator_logging_dir(acc));
    expect_no_failure();
    assert_int_equal(accelerator_finish(acc), 0);
    assert_null(accelerator_project_dir(acc));
    assert_int_equal(accel_error_status(), ACCEL_ESTALE);
    accel_error_clear();
    assert_null(accelerator_logging_dir(NULL));
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_logging_dir: accelerator is NULL");
}

static void writes_into_the_logging_dir(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create(.cpu = true, .log_with = "csv", .project_dir = in_folder("p"),
                                          .logging_dir = in_folder("l/m/"));
    assert_int_equal(accelerator_init_trackers(acc, "a/b", NULL, 0), ACCEL_OK);
    assert_int_equal(accelerator_finish(acc), 0);
    expect_content("l/m/a/b/metrics.csv", "");
    assert_int_equal(count_files("p"), 0);
}

static void calls_own_trackers_in_order(void **state)
{
    (void)state;
    diary d = {.text = ""};
    accelerator *acc = create(NULL);
    char name[] = "diary";
    accel_tracker_callbacks calls = calls_of(&d, name);
    assert_int_equal(accelerator_add_tracker(acc, &calls), ACCEL_OK);
    calls = (accel_tracker_callbacks){.name = "silent", .log = note_log, .user = &(diary){.text = ""}};
    assert_int_equal(accelerator_add_tracker(acc, &calls), ACCEL_OK);
    name[0] = 'x';
    assert_int_equal(accelerator_init_trackers(acc, "r", ACCEL_LOG_VALUES({"lr", 0.5}, {"s", .text = "t"})),
                     ACCEL_OK);
    assert_int_equal(accelerator_log(acc, ACCEL_LOG_VALUES({"a", 1}), .step = 0), ACCEL_OK);
    assert_int_equal(accelerator_log(acc, NULL, 0, .step = 7), ACCEL_OK);
    assert_int_equal(accelerator_end_training(acc), ACCEL_OK);
    assert_int_equal(accelerator_end_training(acc), ACCEL_OK);
    assert_int_equal(accelerator_init_trackers(acc, "q", NULL, 0), ACCEL_OK);
    assert_int_equal(accelerator_finish(acc), 0);
    assert_string_equal(d.text, "start r lr=0.5 s=t\nlog 0 a=1\nlog 7\nfinish\nstart q\nfinish\n");
}

/* The others have their values, and the first failure is the call's. */
static void goes_on_where_one_fails(void **state)
{
    (void)state;
    diary first = {.text = ""}, second = {.text = ""};
    accelerator *acc = create("jsonl");
    accel_tracker_callbacks calls = calls_of(&first, "first");
    assert_int_equal(accelerator_add_tracker(acc, &calls), ACCEL_OK);
    calls = calls_of(&second, "second");
    assert_int_equal(accelerator_add_tracker(acc, &calls), ACCEL_OK);
    assert_int_equal(accelerator_init_trackers(acc, "r", NULL, 0), ACCEL_OK);
    first.answer = ACCEL_EUNSUPPORTED;
    second.raises = "torn";
    assert_int_equal(accelerator_log(acc, ACCEL_LOG_VALUES({"a", 1})), ACCEL_EUNSUPPORTED);
    expect_failure(ACCEL_EUNSUPPORTED, NULL, "log of tracker \"first\" returned ACCEL_EUNSUPPORTED");
    first.answer = ACCEL_OK;
    assert_int_equal(accelerator_log(acc, ACCEL_LOG_VALUES({"a", 2})), ACCEL_EIO);
    expect_failure(ACCEL_EIO, NULL, "diary: torn");
    file_fail_write_at(1);
    assert_int_equal(accelerator_log(acc, ACCEL_LOG_VALUES({"a", 3})), ACCEL_EIO);
    expect_failure(ACCEL_EIO, "r/metrics.jsonl", "cannot be written: No space left on device");
    second.raises = NULL;
    assert_int_equal(accelerator_finish(acc), 0);
    assert_string_equal(first.text, "start r\nlog -1 a=1\nlog -1 a=2\nlog -1 a=3\nfinish\n");
    assert_string_equal(second.text, first.text);
    expect_content("r/metrics.jsonl", "{\"a\": 1}\n{\"a\": 2}\n");
}

static void ends_those_that_began_where_one_cannot(void **state)
{
    (void)state;
    diary first = {.text = ""}, second = {.text = "", .answer = ACCEL_EIO}, third = {.text = ""};
    diary *all[] = {&first, &second, &third};
    const char *const names[] = {"first", "second", "third"};
    accelerator *acc = create("csv");
    for (int i = 0; i < 3; i++) {
        accel_tracker_callbacks calls = calls_of(all[i], names[i]);
        assert_int_equal(accelerator_add_tracker(acc, &calls), ACCEL_OK);
    }
    assert_int_equal(accelerator_init_trackers(acc, "r", NULL, 0), ACCEL_EIO);
    expect_failure(ACCEL_EIO, NULL, "start of tracker \"second\" returned ACCEL_EIO");
    second.answer = ACCEL_OK;
    assert_int_equal(accelerator_init_trackers(acc, "s", NULL, 0), ACCEL_OK);
    assert_int_equal(accelerator_finish(acc), 0);
    assert_string_equal(first.text, "start r\nfinish\nstart s\nfinish\n");
    assert_string_equal(second.text, "start r\nstart s\nfinish\n");
    assert_string_equal(third.text, "start s\nfinish\n");
}

/* accelerator_finish ends the run, with no failure in the way of its trackers, and tells what failed first. */
static void ends_the_run_after_a_failure(void **state)
{
    (void)state;
    diary d = {.text = ""};
    accelerator *acc = create("csv");
    accel_tracker_callbacks calls = calls_of(&d, "diary");
    assert_int_equal(accelerator_add_tracker(acc, &calls), ACCEL_OK);
    assert_int_equal(accelerator_init_trackers(acc, "r", NULL, 0), ACCEL_OK);
    assert_int_equal(accelerator_log(acc, ACCEL_LOG_VALUES({"a", 1})), ACCEL_OK);
    accel_error_raise(ACCEL_EFORMAT, "training", "first");
    assert_int_equal(accelerator_log(acc, ACCEL_LOG_VALUES({"a", 2})), ACCEL_EFORMAT);
    assert_int_equal(accelerator_end_training(acc), ACCEL_EFORMAT);
    assert_int_equal(accelerator_add_tracker(acc, &calls), ACCEL_EFORMAT);
    assert_int_equal(accelerator_init_trackers(acc, "q", NULL, 0), ACCEL_EFORMAT);
    d.raises = "second";
    assert_int_equal(accelerator_finish(acc), 1);
    assert_string_equal(d.text, "start r\nlog -1 a=1\nfinish\n");
    expect_content("r/metrics.csv", "step,a\n,1\n");
}

static void a_run_that_cannot_be_ended_is_a_failure(void **state)
{
    (void)state;
    diary d = {.text = ""};
    accelerator *acc = create(NULL);
    accel_tracker_callbacks calls = calls_of(&d, "diary");
    assert_int_equal(accelerator_add_tracker(acc, &calls), ACCEL_OK);
    assert_int_equal(accelerator_init_trackers(acc, "r", NULL, 0), ACCEL_OK);
    d.raises = "lost";
    assert_int_equal(accelerator_finish(acc), 1);
    assert_false(accel_error_is_set());
}

static void refuses_options(void **state)
{
    (void)state;
    assert_null(accelerator_create(.cpu = true, .log_with = "wandb", .project_dir = folder));
    expect_failure(
        ACCEL_EINVAL, NULL,
        "accelerator_create: log_with names \"wandb\"; there is tensorboard, jsonl, csv, or all of them, "
        "\"all\"");
    assert_null(accelerator_create(.cpu = true, .log_with = "all"));
    expect_failure(ACCEL_EINVAL, NULL,
                   "accelerator_create: log_with \"all\" needs a project_dir or logging_dir");
    assert_null(accelerator_create(.cpu = true, .project_dir = ""));
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_create: project_dir is empty");
    assert_null(accelerator_create(.cpu = true, .project_dir = "x", .logging_dir = ""));
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_create: logging_dir is empty");
}

static void refuses_trackers(void **state)
{
    (void)state;
    diary d = {.text = ""};
    accelerator *acc = create("csv");
    accelerator_add_tracker(acc, NULL);
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_add_tracker: callbacks is NULL");
    const struct {
        const char *name;
        bool logs;
        const char *text;
    } rows[] = {{NULL, true, "callbacks.name is NULL"},
                {"", true, "callbacks.name is empty"},
                {"x", false, "callbacks.log of \"x\" is NULL"},
                {"csv", true, "there is a tracker \"csv\" already"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128];
        accel_tracker_callbacks calls = calls_of(&d, rows[i].name);
        calls.log = rows[i].logs ? calls.log : NULL;
        snprintf(text, sizeof text, "accelerator_add_tracker: %s", rows[i].text);
        accelerator_add_tracker(acc, &calls);
        expect_failure(ACCEL_EINVAL, NULL, text);
    }
    accel_tracker_callbacks calls = calls_of(&d, "diary");
    assert_int_equal(accelerator_init_trackers(acc, "r", NULL, 0), ACCEL_OK);
    accelerator_add_tracker(acc, &calls);
    expect_failure(ACCEL_EINVAL, NULL,
                   "accelerator_add_tracker: a run is under way, which accelerator_end_training ends");
    accelerator_add_tracker(NULL, &calls);
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_add_tracker: accelerator is NULL");
    assert_int_equal(accelerator_finish(acc), 0);
}

static void refuses_names_of_runs(void **state)
{
    (void)state;
    accelerator *acc = create("csv");
    accelerator_init_trackers(acc, NULL, NULL, 0);
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_init_trackers: run_name is NULL");
    accelerator_init_trackers(acc, "", NULL, 0);
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_init_trackers: run_name is empty");
    const char *const bad[] = {"/tmp", "..", "../x", "a/../b", "a/.."};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "accelerator_init_trackers: run_name \"%s\" is no path below logging_dir",
                 bad[i]);
        accelerator_init_trackers(acc, bad[i], NULL, 0);
        expect_failure(ACCEL_EINVAL, NULL, text);
    }
    const char *const good[] = {"..a", "a..", "a/..b/c", "a//b", ".", "a/"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(accelerator_init_trackers(acc, good[i], NULL, 0), ACCEL_OK);
        assert_int_equal(accelerator_end_training(acc), ACCEL_OK);
    }
    assert_int_equal(accelerator_finish(acc), 0);
}

static void refuses_values(void **state)
{
    (void)state;
    diary d = {.text = ""};
    accelerator *acc = create(NULL);
    accel_tracker_callbacks calls = calls_of(&d, "diary");
    assert_int_equal(accelerator_add_tracker(acc, &calls), ACCEL_OK);
    assert_int_equal(accelerator_init_trackers(acc, "r", ACCEL_LOG_VALUES({"step", 1})), ACCEL_OK);
    accelerator_log(acc, NULL, 2);
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_log: values is NULL, count 2");
    accelerator_log(acc, ACCEL_LOG_VALUES({"a", 1}, {NULL, 1}));
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_log: value 2 of the list has no name");
    accelerator_log(acc, ACCEL_LOG_VALUES({"", 1}));
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_log: value 1 of the list has no name");
    accelerator_log(acc, ACCEL_LOG_VALUES({"a", 1}, {"b", 1}, {"a", .text = "x"}));
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_log: value \"a\" is there twice");
    accelerator_log(acc, ACCEL_LOG_VALUES({"a\xff", 1}));
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_log: the name of value 1 of the list is not UTF-8");
    accelerator_log(acc, ACCEL_LOG_VALUES({"a", .text = "\xc3"}));
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_log: the text of value \"a\" is not UTF-8");
    accelerator_log(acc, ACCEL_LOG_VALUES({"step", 1}));
    expect_failure(ACCEL_EINVAL, NULL,
                   "accelerator_log: a value is called \"step\", which is the option .step");
    accelerator_log(acc, ACCEL_LOG_VALUES({"a", 1}), .step = -2);
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_log: step must be -1 (none) or more, got -2");
    accelerator_log(NULL, ACCEL_LOG_VALUES({"a", 1}));
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_log: accelerator is NULL");
    accelerator_end_training(NULL);
    expect_failure(ACCEL_EINVAL, NULL, "accelerator_end_training: accelerator is NULL");
    assert_int_equal(accelerator_finish(acc), 0);
    assert_string_equal(d.text, "start r step=1\nfinish\n");
    accelerator_log(acc, ACCEL_LOG_VALUES({"a", 1}));
    assert_int_equal(accel_error_status(), ACCEL_ESTALE);
    accel_error_clear();
    accelerator_init_trackers(acc, "r", NULL, 0);
    assert_int_equal(accel_error_status(), ACCEL_ESTALE);
    accel_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* Processes are copies, made before anything is computed. */
        TEST(only_the_main_process_writes),
        TEST(processes_may_differ),
        TEST(calls_own_trackers_where_they_want),
        TEST(a_full_disk_is_a_failure_of_all),
        TEST(what_was_logged_outlives_its_process),
        TEST(has_one_run_after_another),
        TEST(does_nothing_without_trackers),
        TEST(knows_its_folders),
        TEST(writes_into_the_logging_dir),
        TEST(calls_own_trackers_in_order),
        TEST(goes_on_where_one_fails),
        TEST(ends_those_that_began_where_one_cannot),
        TEST(ends_the_run_after_a_failure),
        TEST(a_run_that_cannot_be_ended_is_a_failure),
        TEST(refuses_options),
        TEST(refuses_trackers),
        TEST(refuses_names_of_runs),
        TEST(refuses_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
