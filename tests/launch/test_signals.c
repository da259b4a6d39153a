/* Signals as events, and everything as it was afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "launch/signals.h"

static volatile sig_atomic_t handled;

static void handle(int number) { handled = number; }

static void arrive_one_by_one(void **state)
{
    (void)state;
    signals s;
    assert_int_equal(signals_take(&s), ACCEL_OK);
    assert_int_equal(signals_next(&s), 0);
    raise(SIGTERM);
    raise(SIGUSR1);
    int a = signals_next(&s), b = signals_next(&s);
    assert_true((a == SIGTERM && b == SIGUSR1) || (a == SIGUSR1 && b == SIGTERM));
    assert_int_equal(signals_next(&s), 0);
    signals_give_back(&s);
}

static void are_told_apart(void **state)
{
    (void)state;
    assert_true(signals_ends(SIGINT) && signals_ends(SIGTERM) && signals_ends(SIGHUP) && signals_ends(SIGQUIT));
    assert_true(signals_stops(SIGTSTP) && signals_stops(SIGTTIN) && signals_stops(SIGTTOU));
    assert_false(signals_stops(SIGINT) || signals_stops(SIGCONT) || signals_ends(SIGTSTP));
    assert_false(signals_ends(SIGUSR1) || signals_ends(SIGUSR2) || signals_ends(SIGCHLD));
}

static void stop_this_process_until_it_is_continued(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        signals s;
        if (signals_take(&s) != ACCEL_OK)
            _exit(1);
        raise(SIGTSTP);
        int first = signals_next(&s);
        setpgid(0, 0); /* with a parent in another group of its session, or nothing would stop it */
        signals_obey(first);
        _exit(first == SIGTSTP && signals_next(&s) == SIGCONT && signals_next(&s) == 0 ? 0 : 2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
    kill(child, SIGCONT);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void are_given_back(void **state)
{
    (void)state;
    sigset_t before, after;
    struct sigaction ignored = {.sa_handler = SIG_IGN}, now;
    sigaction(SIGCHLD, &ignored, NULL);
    signal(SIGUSR2, handle);
    sigprocmask(SIG_BLOCK, NULL, &before);
    signals s;
    assert_int_equal(signals_take(&s), ACCEL_OK);
    sigaction(SIGCHLD, NULL, &now);
    assert_true(now.sa_handler == SIG_DFL);
    raise(SIGUSR2);
    assert_int_equal(handled, 0);
    int fd = s.fd;
    signals_give_back(&s);
    assert_int_equal(handled, SIGUSR2); /* nobody had read it */
    sigprocmask(SIG_BLOCK, NULL, &after);
    for (int number = 1; number < NSIG; number++)
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
    sigaction(SIGCHLD, NULL, &now);
    assert_true(now.sa_handler == SIG_IGN);
    assert_int_equal(close(fd), -1);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
}

static void of_a_hangup_that_nohup_ignores_do_not_arrive(void **state)
{
    (void)state;
    signal(SIGHUP, SIG_IGN);
    signals s;
    assert_int_equal(signals_take(&s), ACCEL_OK);
    raise(SIGHUP);
    assert_int_equal(signals_next(&s), 0);
    signals_give_back(&s);
    signal(SIGHUP, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrive_one_by_one),
        cmocka_unit_test(are_told_apart),
        cmocka_unit_test(stop_this_process_until_it_is_continued),
        cmocka_unit_test(are_given_back),
        cmocka_unit_test(of_a_hangup_that_nohup_ignores_do_not_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
