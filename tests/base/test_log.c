#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static int restore_default(void **state)
{
    (void)state;
    accel_log_set_callback(NULL, NULL);
    log_set_writer(NULL);
    accel_error_clear();
    unsetenv("ACCEL_LOG_LEVEL");
    unsetenv("ACCELERATE_LOG_LEVEL");
    return 0;
}

typedef struct heard {
    int count;
    accel_log_level level;
    char line[4096];
} heard;

static void listen(accel_log_level level, const char *line, void *user)
{
    heard *h = user;
    h->count++;
    h->level = level;
    snprintf(h->line, sizeof h->line, "%s", line);
}

static void sends_lines_to_the_callback(void **state)
{
    (void)state;
    heard h = {0};
    accel_log_set_callback(listen, &h);
    accel_log_line(ACCEL_LOG_DEBUG, "%s has %d keys", "file", 3);
    assert_int_equal(h.count, 1);
    assert_int_equal(h.level, ACCEL_LOG_DEBUG);
    assert_string_equal(h.line, "file has 3 keys");
    accel_log_line(ACCEL_LOG_WARNING, "a\nb\r\x1b");
    assert_string_equal(h.line, "a b  ");
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    heard h = {0};
    accel_log_set_callback(listen, &h);
    char text[10000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    accel_log_line(ACCEL_LOG_INFO, "%s", text);
    assert_int_equal(strlen(h.line), 2047);
}

/* Logs once a level; gives what went to standard error. */
static void log_all_levels(char *output, size_t size)
{
    int ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    fflush(stderr);
    dup2(ends[1], STDERR_FILENO);
    accel_log_line(ACCEL_LOG_DEBUG, "one");
    accel_log_line(ACCEL_LOG_INFO, "two");
    accel_log_line(ACCEL_LOG_WARNING, "three");
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t got = read(ends[0], output, size - 1);
    output[got > 0 ? got : 0] = '\0';
    close(ends[0]);
}

static void obeys_the_environment(void **state)
{
    (void)state;
    static const char all[] = "accel: debug: one\naccel: info: two\naccel: warning: three\n";
    static const char two[] = "accel: info: two\naccel: warning: three\n";
    static const char one[] = "accel: warning: three\n";
    const struct {
        const char *level, *reference_level, *expected;
    } cases[] = {
        {"", "", one},        {"nonsense", "", one},  {"warning", "", one}, {"INFO", "", two},
        {"debug", "", all},   {"error", "", ""},      {"", "info", two},    {"", "DEBUG", all},
        {"", "CRITICAL", ""}, {"info", "error", two}, {"", "notset", all},  {"nonsense", "debug", one},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        setenv("ACCEL_LOG_LEVEL", cases[i].level, 1);
        setenv("ACCELERATE_LOG_LEVEL", cases[i].reference_level, 1);
        char output[256];
        log_all_levels(output, sizeof output);
        assert_string_equal(output, cases[i].expected);
        for (int level = ACCEL_LOG_DEBUG; level <= ACCEL_LOG_WARNING + 1; level++) {
            static const char *const lines[] = {"one", "two", "three", "three"};
            assert_int_equal(log_is_heard((accel_log_level)level), strstr(output, lines[level]) != NULL);
        }
    }
}

static void says_once_for_each_machine(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        accel_log_level expected;
    } cases[] = {
        {"LOCAL_RANK", "0", ACCEL_LOG_WARNING}, {"LOCAL_RANK", "1", ACCEL_LOG_DEBUG},
        {"LOCAL_RANK", "", ACCEL_LOG_WARNING},  {"LOCAL_RANK", "x", ACCEL_LOG_WARNING},
        {"RANK", "3", ACCEL_LOG_WARNING}, /* the first of another machine, perhaps */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        heard h = {0};
        accel_log_set_callback(listen, &h);
        setenv(cases[i].name, cases[i].value, 1);
        accel_log_local_main_line(ACCEL_LOG_WARNING, "%d weights", 2);
        unsetenv(cases[i].name);
        assert_int_equal(h.count, 1);
        assert_int_equal(h.level, cases[i].expected);
        assert_string_equal(h.line, "2 weights");
    }
}

static void refuses_a_level_that_does_not_exist(void **state)
{
    (void)state;
    assert_int_equal(log_check_level("call"), ACCEL_OK);
    setenv("ACCELERATE_LOG_LEVEL", "verbose", 1);
    assert_int_equal(log_check_level("call"), ACCEL_EINVAL);
    assert_string_equal(accel_error_text(),
                        "call: ACCELERATE_LOG_LEVEL is \"verbose\"; there is debug, info, warning, "
                        "error, critical");
    setenv("ACCEL_LOG_LEVEL", "Warn", 1);
    assert_int_equal(log_check_level("call"), ACCEL_OK);
}

static void hears_all_with_a_callback(void **state)
{
    (void)state;
    heard h = {0};
    setenv("ACCEL_LOG_LEVEL", "error", 1);
    assert_false(log_is_heard(ACCEL_LOG_WARNING));
    accel_log_set_callback(listen, &h);
    assert_true(log_is_heard(ACCEL_LOG_DEBUG));
}

static char written[64];

static void keep_text(FILE *stream, const char *text)
{
    assert_ptr_equal(stream, stderr);
    strcat(written, text);
}

static void prints_through_a_writer(void **state)
{
    (void)state;
    log_set_writer(keep_text);
    accel_log_line(ACCEL_LOG_WARNING, "a");
    accel_log_line(ACCEL_LOG_INFO, "b");
    assert_string_equal(written, "accel: warning: a\n");
}

static void *log_a_thousand(void *unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++)
        accel_log_line(ACCEL_LOG_INFO, "%d", i);
    return NULL;
}

/* The callback's own count is not atomic: one line at a time is the library's promise. */
static void calls_back_one_at_a_time(void **state)
{
    (void)state;
    heard h = {0};
    accel_log_set_callback(listen, &h);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_a_thousand, NULL), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(h.count, 4000);
}

/* The lock of the log is held while it runs. */
static void log_again(accel_log_level level, const char *line, void *user)
{
    listen(level, line, user);
    accel_log_line(level, "again");
    assert_true(log_is_heard(ACCEL_LOG_DEBUG));
    log_set_writer(NULL);
}

static void leave_the_log(accel_log_level level, const char *line, void *user)
{
    listen(level, line, user);
    accel_log_set_callback(NULL, NULL);
}

static void does_not_wait_for_itself(void **state)
{
    (void)state;
    heard h = {0};
    accel_log_set_callback(log_again, &h);
    accel_log_line(ACCEL_LOG_WARNING, "once");
    assert_string_equal(accel_error_text(), "accel_log_line: called in the middle of the function of "
                                            "accel_log_set_callback, which has to return first");
    accel_error_clear();
    assert_int_equal(h.count, 1);
    accel_log_set_callback(leave_the_log, &h);
    accel_log_line(ACCEL_LOG_DEBUG, "twice");
    accel_log_line(ACCEL_LOG_DEBUG, "not heard");
    assert_int_equal(h.count, 2);
    assert_false(accel_error_is_set());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, restore_default, restore_default)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sends_lines_to_the_callback), TEST(cuts_what_is_too_long),
        TEST(obeys_the_environment),       TEST(refuses_a_level_that_does_not_exist),
        TEST(hears_all_with_a_callback),   TEST(prints_through_a_writer),
        TEST(says_once_for_each_machine),  TEST(calls_back_one_at_a_time),
        TEST(does_not_wait_for_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
