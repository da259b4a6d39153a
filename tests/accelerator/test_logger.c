/* Who logs, and when, in one process and in several. */
#include "ranks.h"

#include <unistd.h>

#include <accel/log.h>

#include "stream.h"

/* ---- one process ---- */

static char heard[1024];

static void listen(accel_log_level level, const char *line, void *user)
{
    (void)user;
    size_t size = strlen(heard);
    snprintf(heard + size, sizeof heard - size, "%d %s\n", (int)level, line);
}

/* Whether these lines were heard since the last time. */
static bool has_heard(const char *lines)
{
    bool same = strcmp(heard, lines) == 0;
    if (!same)
        fprintf(stderr, "heard:\n%s", heard);
    heard[0] = '\0';
    return same;
}

static int start_listening(void **state)
{
    (void)state;
    accel_log_set_callback(listen, NULL);
    heard[0] = '\0';
    return 0;
}

static int stop_listening(void **state)
{
    static const char *const variables[] = {"ACCEL_LOG_LEVEL", "ACCELERATE_LOG_LEVEL", "LOCAL_RANK",
                                            "LOCAL_WORLD_SIZE"};
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    accel_log_set_callback(NULL, NULL);
    accel_error_clear();
    return accel_live_handles() == 0 ? 0 : -1;
}

static void expect_failure(accel_status status, const char *text)
{
    assert_string_equal(accel_error_text(), text);
    assert_int_equal(accel_error_status(), status);
    accel_error_clear();
}

static void logs_without_a_rank_where_there_is_one(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create(.cpu = true);
    assert_int_equal(accelerator_log_line(acc, ACCEL_LOG_INFO, "%s %d", "step", 1), ACCEL_OK);
    assert_int_equal(accelerator_log_line_all(acc, ACCEL_LOG_DEBUG, "all"), ACCEL_OK);
    assert_int_equal(accelerator_log_line_in_order(acc, ACCEL_LOG_WARNING, "in\norder"), ACCEL_OK);
    assert_true(has_heard("1 step 1\n0 all\n2 in order\n"));
    assert_int_equal(accelerator_finish(acc), 0);
}

static void warns_once_of_each_text(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        accelerator *acc = accelerator_create(.cpu = true);
        for (int k = 0; k < 6; k++)
            assert_int_equal(accelerator_warning_once(acc, "%s %d", "text", k % 3), ACCEL_OK);
        assert_int_equal(accelerator_warning_once(acc, "text"), ACCEL_OK); /* one that another begins with */
        assert_int_equal(accelerator_warning_once(acc, "%s", ""), ACCEL_OK);
        assert_int_equal(accelerator_warning_once(acc, "%s", ""), ACCEL_OK);
        assert_true(has_heard("2 text 0\n2 text 1\n2 text 2\n2 text\n2 \n"));
        assert_int_equal(accelerator_finish(acc), 0);
    }
}

static void cuts_long_lines(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create(.cpu = true);
    char *text = calloc(5000, 1);
    memset(text, 'x', 4999);
    assert_int_equal(accelerator_log_line(acc, ACCEL_LOG_INFO, "%s", text), ACCEL_OK);
    assert_int_equal(strspn(heard + 2, "x"), sizeof heard - 3);
    heard[0] = '\0';
    for (int i = 0; i < 2; i++)
        assert_int_equal(accelerator_warning_once(acc, "%s", text), ACCEL_OK);
    assert_int_equal(strlen(heard), sizeof heard - 1);
    free(text);
    assert_int_equal(accelerator_finish(acc), 0);
}

static const char *log_at(const char *level, capture *c)
{
    setenv("ACCELERATE_LOG_LEVEL", level, 1);
    accelerator *acc = accelerator_create(.cpu = true);
    assert_non_null(acc);
    *c = capture_begin(stderr);
    accelerator_log_line(acc, ACCEL_LOG_DEBUG, "a");
    accelerator_log_line_all(acc, ACCEL_LOG_INFO, "b");
    accelerator_log_line_in_order(acc, ACCEL_LOG_INFO, "c");
    accelerator_warning_once(acc, "d");
    const char *text = capture_end(c);
    assert_int_equal(accelerator_finish(acc), 0);
    return text;
}

static void has_the_level_of_the_environment(void **state)
{
    (void)state;
    capture c;
    accel_log_set_callback(NULL, NULL);
    assert_string_equal(log_at("", &c), "accel: warning: d\n");
    assert_string_equal(log_at("info", &c), "accel: info: b\naccel: info: c\naccel: warning: d\n");
    assert_string_equal(log_at("CRITICAL", &c), "");
    setenv("ACCEL_LOG_LEVEL", "debug", 1);
    assert_string_equal(log_at("error", &c),
                        "accel: debug: a\naccel: info: b\naccel: info: c\naccel: warning: d\n");
    unsetenv("ACCEL_LOG_LEVEL");
    setenv("ACCELERATE_LOG_LEVEL", "loud", 1);
    assert_null(accelerator_create(.cpu = true));
    expect_failure(ACCEL_EINVAL,
                   "accelerator_create: ACCELERATE_LOG_LEVEL is \"loud\"; there is debug, info, warning, "
                   "error, critical");
}

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wnonnull"
#pragma GCC diagnostic ignored "-Wformat-security"

static void refuses_wrong_arguments(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create(.cpu = true);
    const char *const none = NULL;
    accelerator_log_line(acc, ACCEL_LOG_INFO, none);
    expect_failure(ACCEL_EINVAL, "accelerator_log_line: format is NULL");
    accelerator_log_line_all(acc, ACCEL_LOG_INFO, none);
    expect_failure(ACCEL_EINVAL, "accelerator_log_line_all: format is NULL");
    accelerator_log_line_in_order(acc, ACCEL_LOG_INFO, none);
    expect_failure(ACCEL_EINVAL, "accelerator_log_line_in_order: format is NULL");
    accelerator_warning_once(acc, none);
    expect_failure(ACCEL_EINVAL, "accelerator_warning_once: format is NULL");
    accelerator_log_line(NULL, ACCEL_LOG_INFO, "x");
    expect_failure(ACCEL_EINVAL, "accelerator_log_line: accelerator is NULL");
    accelerator_log_line_all(NULL, ACCEL_LOG_INFO, "x");
    expect_failure(ACCEL_EINVAL, "accelerator_log_line_all: accelerator is NULL");
    accelerator_log_line_in_order(NULL, ACCEL_LOG_INFO, "x");
    expect_failure(ACCEL_EINVAL, "accelerator_log_line_in_order: accelerator is NULL");
    accelerator_warning_once(NULL, "x");
    expect_failure(ACCEL_EINVAL, "accelerator_warning_once: accelerator is NULL");
    accel_error_raise(ACCEL_EIO, "before", "first");
    assert_int_equal(accelerator_log_line(acc, ACCEL_LOG_INFO, "x"), ACCEL_EIO);
    assert_int_equal(accelerator_log_line_all(acc, ACCEL_LOG_INFO, "x"), ACCEL_EIO);
    assert_int_equal(accelerator_log_line_in_order(acc, ACCEL_LOG_INFO, "x"), ACCEL_EIO);
    assert_int_equal(accelerator_warning_once(acc, "x"), ACCEL_EIO);
    accel_error_clear();
    assert_true(has_heard(""));
    assert_int_equal(accelerator_finish(acc), 0);
}

static void shows_bars_on_one_process_of_a_machine_alone(void **state)
{
    (void)state;
    for (int local_rank = 0; local_rank < 2; local_rank++) {
        setenv("LOCAL_WORLD_SIZE", "2", 1);
        setenv("LOCAL_RANK", local_rank ? "1" : "0", 1);
        accelerator *acc = accelerator_create(.cpu = true);
        capture c = capture_begin(stderr);
        accel_free(accelerator_progress(acc, 10, "a", .initial = 5, .unit = "B"));
        accel_free(accelerator_progress(acc, 10, "b", .enabled = false));
        accel_free(accelerator_progress(acc, 10, "c", .leave = false));
        const char *text = capture_end(&c);
        assert_int_equal(strncmp(text, "a:  50% 5/10 [00:00<", 20) == 0, local_rank == 0);
        assert_int_equal(strchr(text, '\n') == text + strlen(text) - 1, local_rank == 0);
        assert_int_equal(accelerator_finish(acc), 0);
    }
}

/* ---- several ---- */

static int log_on_two(void *user)
{
    (void)user;
    accel_log_set_callback(listen, NULL);
    accelerator *acc = accelerator_create(.cpu = true, .timeout = 60);
    int rank = accelerator_process_index(acc);
    CHECK(accelerator_log_line(acc, ACCEL_LOG_INFO, "main") == ACCEL_OK);
    CHECK(has_heard(rank == 0 ? "1 [RANK 0] main\n" : ""));
    CHECK(accelerator_log_line_all(acc, ACCEL_LOG_DEBUG, "all %c", 'a' + rank) == ACCEL_OK);
    CHECK(has_heard(rank == 0 ? "0 [RANK 0] all a\n" : "0 [RANK 1] all b\n"));
    CHECK(accelerator_warning_once(acc, "once") == ACCEL_OK);
    CHECK(accelerator_warning_once(acc, "once") == ACCEL_OK);
    CHECK(has_heard(rank == 0 ? "2 [RANK 0] once\n" : ""));
    if (rank == 1) /* one process alone */
        CHECK(accelerator_log_line_all(acc, ACCEL_LOG_INFO, "here") == ACCEL_OK);
    CHECK(has_heard(rank == 1 ? "1 [RANK 1] here\n" : ""));
    return accelerator_finish(acc);
}

static void names_the_rank_where_there_are_several(void **state)
{
    (void)state;
    run_in(2, log_on_two);
}

enum { ROUNDS = 20, PROCESSES = 3 };

/* Later processes come first, in a hurry. */
static int log_in_order(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.cpu = true, .timeout = 60);
    int rank = accelerator_process_index(acc);
    for (int i = 0; i < ROUNDS; i++) {
        usleep((unsigned)(2 - rank) * 1000);
        CHECK(accelerator_log_line_in_order(acc, ACCEL_LOG_INFO, "round %d", i) == ACCEL_OK);
    }
    return accelerator_finish(acc);
}

static void takes_turns(void **state)
{
    (void)state;
    setenv("ACCELERATE_LOG_LEVEL", "info", 1);
    char expected[4096] = "";
    for (int i = 0; i < ROUNDS; i++)
        for (int rank = 0; rank < PROCESSES; rank++)
            sprintf(expected + strlen(expected), "accel: info: [RANK %d] round %d\n", rank, i);
    accel_log_set_callback(NULL, NULL);
    capture c = capture_begin(stderr);
    int status = accelerator_spawn(log_in_order, NULL, PROCESSES);
    assert_string_equal(capture_end(&c), expected);
    assert_int_equal(status, 0);
}

/* A process that hides the line, or cannot print it, waits with the others. */
static int log_in_order_with_differences(void *user)
{
    (void)user;
    int rank = atoi(getenv("RANK"));
    if (rank == 1)
        accel_log_set_callback(listen, NULL);
    accelerator *acc = accelerator_create(.cpu = true, .timeout = 60);
    const char *format = "%s";
    CHECK(accelerator_log_line_in_order(acc, ACCEL_LOG_DEBUG, format, "a") == ACCEL_OK);
    CHECK(has_heard(rank == 1 ? "0 [RANK 1] a\n" : ""));
    format = rank == 1 ? NULL : "%s";
    accel_status status = accelerator_log_line_in_order(acc, ACCEL_LOG_DEBUG, format, "b");
    CHECK(status == (rank == 1 ? ACCEL_EINVAL : ACCEL_OK));
    accel_error_clear();
    CHECK(accelerator_log_line_in_order(acc, ACCEL_LOG_DEBUG, "c") == ACCEL_OK);
    CHECK(has_heard(rank == 1 ? "0 [RANK 1] c\n" : ""));
    return accelerator_finish(acc);
}

static void waits_where_nothing_is_heard(void **state)
{
    (void)state;
    accel_log_set_callback(NULL, NULL);
    run_in(2, log_in_order_with_differences);
}

static int fail_before_its_turn(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.cpu = true, .timeout = 60);
    bool first = accelerator_process_index(acc) == 0;
    if (first)
        accel_error_raise(ACCEL_EIO, "before", "first");
    CHECK(accelerator_log_line_in_order(acc, ACCEL_LOG_WARNING, "never") == (first ? ACCEL_EIO : ACCEL_EPEER));
    accelerator_finish(acc);
    return 0;
}

static void hears_of_a_failure(void **state)
{
    (void)state;
    accel_log_set_callback(NULL, NULL);
    capture c = capture_begin(stderr);
    int status = accelerator_spawn(fail_before_its_turn, NULL, 2);
    const char *text = capture_end(&c);
    assert_int_equal(status, 0);
    assert_null(strstr(text, "never"));
}

#define LISTENING(name) cmocka_unit_test_setup_teardown(name, start_listening, stop_listening)

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* Processes are copies, made before anything is computed. */
        LISTENING(names_the_rank_where_there_are_several),
        LISTENING(takes_turns),
        LISTENING(waits_where_nothing_is_heard),
        LISTENING(hears_of_a_failure),
        LISTENING(logs_without_a_rank_where_there_is_one),
        LISTENING(warns_once_of_each_text),
        LISTENING(cuts_long_lines),
        LISTENING(has_the_level_of_the_environment),
        LISTENING(refuses_wrong_arguments),
        LISTENING(shows_bars_on_one_process_of_a_machine_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
