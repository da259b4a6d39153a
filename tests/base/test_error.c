#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

static int forget_errors(void **state)
{
    (void)state;
    accel_error_clear();
    accel_error_set_handler(NULL, NULL);
    unsetenv("ACCEL_ERRORS");
    return 0;
}

static void starts_without_an_error(void **state)
{
    (void)state;
    assert_false(accel_error_is_set());
    assert_int_equal(accel_error_status(), ACCEL_OK);
    assert_string_equal(accel_error_text(), "");
    assert_non_null(accel_error_last());
    assert_int_equal(accel_error_last()->status, ACCEL_OK);
}

static accel_status takes_batch_size(int size)
{
    return size > 0 ? ACCEL_OK : RAISE(ACCEL_EINVAL, "batch_size must be positive, got %d", size);
}

static const char *makes_something(int size)
{
    RETURN_NULL_IF_FAILED();
    return size > 0 ? "something" : RAISE_NULL(ACCEL_ENOTFOUND, "nothing of size %d", size);
}

static accel_status does_something(int *done)
{
    RETURN_STATUS_IF_FAILED();
    ++*done;
    return ACCEL_OK;
}

static void records_the_first_failure(void **state)
{
    (void)state;
    assert_int_equal(takes_batch_size(0), ACCEL_EINVAL);
    assert_null(makes_something(0));
    assert_int_equal(RAISE(ACCEL_EIO, "later"), ACCEL_EINVAL);
    assert_true(accel_error_is_set());
    assert_int_equal(accel_error_status(), ACCEL_EINVAL);
    assert_string_equal(accel_error_last()->call, "takes_batch_size");
    assert_string_equal(accel_error_last()->message, "batch_size must be positive, got 0");
    assert_string_equal(accel_error_text(), "takes_batch_size: batch_size must be positive, got 0");
}

static void stops_what_comes_after(void **state)
{
    (void)state;
    int done = 0;
    assert_int_equal(does_something(&done), ACCEL_OK);
    assert_null(makes_something(0));
    assert_int_equal(does_something(&done), ACCEL_ENOTFOUND);
    assert_null(makes_something(1));
    accel_error_clear();
    assert_false(accel_error_is_set());
    assert_string_equal(accel_error_text(), "");
    assert_int_equal(does_something(&done), ACCEL_OK);
    assert_int_equal(done, 2);
}

static void keeps_messages_on_one_line(void **state)
{
    (void)state;
    accel_error_raise(ACCEL_EIO, "a\nb", "%s", "file\nname\r\t\x1b[31m");
    assert_string_equal(accel_error_text(), "a b: file name   [31m");
}

static void cuts_what_is_too_long(void **state)
{
    (void)state;
    char call[2 * ACCEL_ERROR_CALL_MAX], message[2 * ACCEL_ERROR_MESSAGE_MAX];
    memset(call, 'c', sizeof call);
    memset(message, 'm', sizeof message);
    call[sizeof call - 1] = message[sizeof message - 1] = '\0';
    accel_error_raise(ACCEL_EIO, call, "%s", message);
    assert_int_equal(strlen(accel_error_last()->call), ACCEL_ERROR_CALL_MAX - 1);
    assert_int_equal(strlen(accel_error_last()->message), ACCEL_ERROR_MESSAGE_MAX - 1);
    assert_int_equal(strlen(accel_error_text()), ACCEL_ERROR_CALL_MAX + ACCEL_ERROR_MESSAGE_MAX);
}

static void takes_odd_arguments(void **state)
{
    (void)state;
    assert_int_equal(accel_error_raise(ACCEL_OK, NULL, "no status, no call"), ACCEL_EINVAL);
    assert_string_equal(accel_error_text(), "no status, no call");
}

static void names_every_status(void **state)
{
    (void)state;
    assert_string_equal(accel_status_name(ACCEL_OK), "ACCEL_OK");
    assert_string_equal(accel_status_name(ACCEL_ESTALE), "ACCEL_ESTALE");
    assert_string_equal(accel_status_text(ACCEL_EFORMAT), "malformed data");
    for (int status = ACCEL_OK; status <= ACCEL_EENGINE; status++) {
        assert_memory_equal(accel_status_name((accel_status)status), "ACCEL_", 6);
        assert_true(strlen(accel_status_text((accel_status)status)) > 0);
    }
    assert_string_equal(accel_status_name((accel_status)9999), "unknown status");
    assert_string_equal(accel_status_text((accel_status)-1), "unknown status");
}

static void try_puts_the_record_back(void **state)
{
    (void)state;
    RAISE(ACCEL_EIO, "outer");
    accel_try(outer) {
        assert_false(accel_error_is_set());
        RAISE(ACCEL_EINVAL, "inner");
        assert_string_equal(outer->message, "inner");
        accel_try(inner) {
            assert_int_equal(inner->status, ACCEL_OK);
            RAISE(ACCEL_ENOMEM, "innermost");
        }
        assert_string_equal(accel_error_last()->message, "inner");
    }
    assert_string_equal(accel_error_last()->message, "outer");
    accel_error_clear();
    accel_try(err) {
        takes_batch_size(-1);
        assert_int_equal(err->status, ACCEL_EINVAL);
    }
    assert_false(accel_error_is_set());
}

static int leave_by_return(void)
{
    accel_try(err) {
        RAISE(ACCEL_EIO, "lost");
        return (int)err->status;
    }
    return -1;
}

static void try_can_be_left_anyhow(void **state)
{
    (void)state;
    assert_int_equal(leave_by_return(), ACCEL_EIO);
    assert_false(accel_error_is_set());
    int rounds = 0, ends = 0;
    for (int i = 0; i < 3; i++) {
        rounds++;
        accel_try(err) {
            RAISE(ACCEL_EIO, "lost");
            if (i == 0)
                break;
            if (i == 1)
                continue;
            ends += err->status == ACCEL_EIO;
        }
        assert_false(accel_error_is_set());
    }
    assert_int_equal(rounds, 3);
    assert_int_equal(ends, 1);
    accel_try(err) {
        RAISE(ACCEL_EIO, "lost");
        if (err->status == ACCEL_EIO)
            goto out;
        ends = 0;
    }
out:
    assert_false(accel_error_is_set());
    assert_int_equal(ends, 1);
}

static void count_errors(const accel_error *error, void *user)
{
    assert_string_equal(error->message, "seen");
    ++*(int *)user;
}

static void calls_the_handler_once_a_record(void **state)
{
    (void)state;
    int count = 0;
    accel_error_set_handler(count_errors, &count);
    RAISE(ACCEL_EIO, "seen");
    RAISE(ACCEL_EIO, "not seen");
    assert_int_equal(count, 1);
    accel_error_clear();
    RAISE(ACCEL_EIO, "seen");
    assert_int_equal(count, 2);
    accel_error_clear();
    accel_error_set_handler(NULL, NULL);
    RAISE(ACCEL_EIO, "not seen");
    assert_int_equal(count, 2);
}

/* What it does with the record, and failures of its own, are nobody's. */
static void meddle(const accel_error *error, void *user)
{
    assert_string_equal(error->message, "seen");
    accel_error_clear();
    RAISE(ACCEL_EINVAL, "of the handler");
    ++*(int *)user;
}

static void the_handler_cannot_undo_it(void **state)
{
    (void)state;
    int count = 0;
    accel_error_set_handler(meddle, &count);
    assert_int_equal(RAISE(ACCEL_EIO, "seen"), ACCEL_EIO);
    assert_int_equal(count, 1);
    assert_string_equal(accel_error_last()->message, "seen");
    accel_error_set_handler(NULL, NULL);
    accel_error_clear();
}

static void *fail_on_a_thread(void *out)
{
    bool clean = !accel_error_is_set();
    RAISE(ACCEL_ENOMEM, "worker");
    error_take(out);
    return clean && !accel_error_is_set() ? out : NULL;
}

static void carries_records_between_threads(void **state)
{
    (void)state;
    pthread_t thread;
    accel_error taken;
    void *result = NULL;
    RAISE(ACCEL_EIO, "main");
    assert_int_equal(pthread_create(&thread, NULL, fail_on_a_thread, &taken), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &taken);
    error_restore(&taken);
    assert_string_equal(accel_error_text(), "carries_records_between_threads: main");
    accel_error_clear();
    error_restore(&taken);
    assert_string_equal(accel_error_text(), "fail_on_a_thread: worker");
    assert_int_equal(accel_error_status(), ACCEL_ENOMEM);
}

/* Fails in a child under ACCEL_ERRORS=`mode`; gives what it wrote to standard error and how it ended. */
static int fail_in_a_child(const char *mode, char *output, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        setenv("ACCEL_ERRORS", mode, 1);
        RAISE(ACCEL_EIO, "seen");
        RAISE(ACCEL_EIO, "not seen");
        _exit(7);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], output, size - 1);
    output[got > 0 ? got : 0] = '\0';
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void obeys_the_environment(void **state)
{
    (void)state;
    char output[256];
    int status = fail_in_a_child("trace", output, sizeof output);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    assert_string_equal(output, "accel: error: fail_in_a_child: seen\n");
    status = fail_in_a_child("abort", output, sizeof output);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_string_equal(output, "accel: error: fail_in_a_child: seen\n");
    status = fail_in_a_child("other", output, sizeof output);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    assert_string_equal(output, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, forget_errors, forget_errors)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(starts_without_an_error),    TEST(records_the_first_failure),
        TEST(stops_what_comes_after),     TEST(keeps_messages_on_one_line),
        TEST(cuts_what_is_too_long),      TEST(takes_odd_arguments),
        TEST(names_every_status),         TEST(try_puts_the_record_back),
        TEST(try_can_be_left_anyhow),     TEST(calls_the_handler_once_a_record),
        TEST(the_handler_cannot_undo_it), TEST(carries_records_between_threads),
        TEST(obeys_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
