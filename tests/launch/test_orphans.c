/* Who outlives its parent is found, wherever it went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "launch/orphans.h"

static _Noreturn void wait_for_ever(void)
{
    signal(SIGTERM, SIG_IGN);
    for (;;)
        pause();
}

/* A process in a session of its own whose parent ends; its number. */
static pid_t leave_an_orphan(int depth)
{
    int said[2];
    assert_int_equal(pipe(said), 0);
    pid_t parent = fork();
    if (parent == 0) {
        if (fork() != 0)
            _exit(0);
        setsid();
        for (; depth > 1; depth--)
            if (fork() != 0)
                wait_for_ever();
        pid_t self = getpid();
        if (write(said[1], &self, sizeof self) != sizeof self)
            _exit(1);
        wait_for_ever();
    }
    pid_t orphan = 0;
    assert_int_equal(read(said[0], &orphan, sizeof orphan), sizeof orphan);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    close(said[0]);
    close(said[1]);
    return orphan;
}

static void kills_a_whole_line_of_them(void **state)
{
    (void)state;
    orphans o;
    assert_int_equal(orphans_adopt(&o), ACCEL_OK);
    pid_t orphan = leave_an_orphan(1), descendant = leave_an_orphan(4);
    assert_int_equal(kill(orphan, 0), 0);
    assert_int_equal(kill(descendant, 0), 0);
    orphans_kill(&o);
    assert_int_equal(kill(orphan, 0), -1);
    assert_int_equal(kill(descendant, 0), -1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    orphans_give_back(&o);
}

static void leaves_other_children_alone(void **state)
{
    (void)state;
    pid_t before = fork();
    if (before == 0)
        wait_for_ever();
    orphans o;
    assert_int_equal(orphans_adopt(&o), ACCEL_OK);
    pid_t own = fork();
    if (own == 0)
        _exit(0);
    assert_int_equal(orphans_except(&o, own), ACCEL_OK);
    orphans_kill(&o);
    assert_int_equal(kill(before, 0), 0);
    assert_int_equal(waitpid(before, NULL, WNOHANG), 0);
    assert_int_equal(waitpid(own, NULL, 0), own);
    orphans_give_back(&o);
    kill(before, SIGKILL);
    assert_int_equal(waitpid(before, NULL, 0), before);
}

static void lets_go_of_those_that_ended(void **state)
{
    (void)state;
    clock_set_for_test(100);
    orphans o;
    assert_int_equal(orphans_adopt(&o), ACCEL_OK);
    pid_t orphan = leave_an_orphan(1);
    kill(orphan, SIGKILL);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)orphan, &info, WEXITED | WNOWAIT), 0);
    orphans_reap(&o); /* looks once a second */
    assert_int_equal(kill(orphan, 0), 0);
    clock_set_for_test(102);
    orphans_reap(&o);
    assert_int_equal(kill(orphan, 0), -1);
    orphans_give_back(&o);
    clock_set_for_test(-1);
}

static void gives_back_what_it_asked_for(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        int now = -1;
        prctl(PR_SET_CHILD_SUBREAPER, before);
        orphans o;
        assert_int_equal(orphans_adopt(&o), ACCEL_OK);
        prctl(PR_GET_CHILD_SUBREAPER, &now);
        assert_int_equal(now, 1);
        orphans_give_back(&o);
        prctl(PR_GET_CHILD_SUBREAPER, &now);
        assert_int_equal(now, before);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kills_a_whole_line_of_them),
        cmocka_unit_test(leaves_other_children_alone),
        cmocka_unit_test(lets_go_of_those_that_ended),
        cmocka_unit_test(gives_back_what_it_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
