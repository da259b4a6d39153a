/* One process: how it begins, and how its end is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "launch/child.h"

static void start(child *c, const launch_plan *plan)
{
    child_setup setup = {.plan = plan,
                         .variables = {.listen_fd = -1, .launcher = getpid()},
                         .streams = {-1, -1},
                         .closed = {-1, -1}};
    assert_int_equal(child_start(c, &setup), ACCEL_OK);
}

static void await_end(child *c)
{
    while (!child_note_end(c))
        usleep(1000);
}

static int run(const launch_plan *plan)
{
    child c;
    start(&c, plan);
    await_end(&c);
    child_reap(&c);
    assert_int_equal(c.pid, 0);
    return c.signal ? 128 + c.signal : c.code;
}

static int begins_afresh(void *user)
{
    (void)user;
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    int death = 0;
    prctl(PR_GET_PDEATHSIG, &death);
    if (getpgrp() != getpid() || death != SIGKILL)
        return 1;
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction now;
        if (sigismember(&blocked, signal) == 1)
            return 2;
        if (sigaction(signal, NULL, &now) == 0 && now.sa_handler != SIG_DFL)
            return 3;
    }
    return strcmp(getenv("RANK"), "0") == 0 && strcmp(getenv("MASTER_ADDR"), "127.0.0.1") == 0 ? 0 : 4;
}

static void begins_with_nothing_blocked_or_handled(void **state)
{
    (void)state;
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    signal(SIGPIPE, SIG_IGN);
    launch_plan plan = {.num_processes = 1, .function = begins_afresh};
    assert_int_equal(run(&plan), 0);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static int hangup_is_ignored(void *user)
{
    (void)user;
    struct sigaction now;
    return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void passes_on_what_nohup_arranged(void **state)
{
    (void)state;
    launch_plan plan = {.num_processes = 1, .function = hangup_is_ignored};
    assert_int_equal(run(&plan), 0);
    signal(SIGHUP, SIG_IGN);
    assert_int_equal(run(&plan), 1);
    signal(SIGHUP, SIG_DFL);
}

static int give_back(void *user) { return *(int *)user; }

static int kill_itself(void *user)
{
    (void)user;
    raise(SIGUSR1);
    return 0;
}

static void sees_how_it_ends(void **state)
{
    (void)state;
    int code = 7;
    launch_plan plan = {.num_processes = 1, .function = give_back, .user = &code};
    assert_int_equal(run(&plan), 7);
    plan.function = kill_itself;
    assert_int_equal(run(&plan), 128 + SIGUSR1);
}

static int wait_for_ever(void *user)
{
    (void)user;
    while (pause() == -1)
        ;
    return 0;
}

/* Nobody else can have the number before it is let go. */
static void keeps_its_number_until_it_is_reaped(void **state)
{
    (void)state;
    launch_plan plan = {.num_processes = 1, .function = wait_for_ever};
    child c;
    start(&c, &plan);
    assert_false(child_note_end(&c));
    child_signal(&c, SIGTERM);
    await_end(&c);
    assert_int_equal(c.signal, SIGTERM);
    assert_true(child_has_failed(&c));
    assert_false(child_note_end(&c)); /* said once */
    assert_int_equal(kill(c.pid, 0), 0);
    pid_t pid = c.pid;
    child_reap(&c);
    assert_int_equal(c.last_pid, pid);
    assert_int_equal(waitpid(pid, NULL, 0), -1);
    assert_int_equal(errno, ECHILD);
    child_reap(&c);
    child_signal(&c, SIGTERM); /* reaches nobody */
}

static int move_to_another_group(void *user)
{
    return setpgid(0, getpgid(getppid())) == 0 ? wait_for_ever(user) : 1;
}

static void is_reached_in_another_group(void **state)
{
    (void)state;
    launch_plan plan = {.num_processes = 1, .function = move_to_another_group};
    child c;
    start(&c, &plan);
    while (getpgid(c.pid) == c.pid)
        usleep(1000);
    child_signal(&c, SIGTERM);
    await_end(&c);
    assert_int_equal(c.signal, SIGTERM);
    child_reap(&c);
}

static int is_in_the_group_of_its_parent(void *user)
{
    int *said = user;
    char here = getpgrp() == getpgid(getppid()) ? 'y' : 'n';
    if (fork() != 0)
        return write(said[1], &here, 1) == 1 ? wait_for_ever(user) : 1;
    return wait_for_ever(user); /* holds the pipe as long as it lives */
}

/* Its descendants are found, and the group is left alone. */
static void shares_the_group_at_a_terminal(void **state)
{
    (void)state;
    int said[2];
    char here = 0;
    assert_int_equal(pipe(said), 0);
    launch_plan plan = {.num_processes = 1, .function = is_in_the_group_of_its_parent, .user = said};
    child c;
    child_setup setup = {.plan = &plan,
                         .variables = {.listen_fd = -1, .launcher = getpid()},
                         .streams = {-1, -1},
                         .closed = {-1, -1},
                         .at_terminal = true};
    assert_int_equal(child_start(&c, &setup), ACCEL_OK);
    close(said[1]);
    assert_int_equal(read(said[0], &here, 1), 1);
    assert_int_equal(here, 'y');
    assert_int_equal(child_note_stop(&c), 0);
    child_signal(&c, SIGSTOP);
    int stop = 0;
    while (!stop)
        stop = child_note_stop(&c);
    assert_int_equal(stop, SIGSTOP);
    assert_int_equal(child_note_stop(&c), 0); /* said once */
    child_signal(&c, SIGTERM);
    child_signal(&c, SIGCONT);
    await_end(&c);
    assert_int_equal(c.signal, SIGTERM);
    assert_int_equal(read(said[0], &here, 1), 0); /* both are gone */
    close(said[0]);
    child_reap(&c);
}

static void refuse(const char *name, accel_status status, const char *message)
{
    char *words[] = {(char *)name, NULL};
    launch_plan plan = {.num_processes = 1, .command = words};
    child c;
    child_setup setup = {.plan = &plan,
                         .variables = {.listen_fd = -1, .launcher = getpid()},
                         .streams = {-1, -1},
                         .closed = {-1, -1}};
    assert_int_equal(child_start(&c, &setup), status);
    assert_string_equal(accel_error_last()->message, message);
    accel_error_clear();
    assert_int_equal(c.pid, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
}

static void make(const char *name, const char *text, mode_t mode)
{
    FILE *stream = fopen(name, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
    assert_int_equal(chmod(name, mode), 0);
}

static void says_why_a_program_does_not_start(void **state)
{
    (void)state;
    char folder[] = "/tmp/accel-child-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    make("here", "#!/bin/sh\n", 0755);
    make("train.py", "pass\n", 0644);
    make("plain", "text\n", 0644);
    make("lost", "#!/no/such/interpreter\n", 0755);
    refuse("nowhere", ACCEL_ENOTFOUND, "nowhere: not found in PATH");
    refuse("here", ACCEL_ENOTFOUND, "here: not found in PATH; for the one in this folder write ./here");
    refuse("train.py", ACCEL_ENOTFOUND,
           "train.py: not found in PATH; for the script in this folder write python3 train.py");
    refuse("./nowhere", ACCEL_ENOTFOUND, "./nowhere: no such file");
    refuse("here/within", ACCEL_ENOTFOUND, "here/within: no such file");
    refuse("./plain", ACCEL_EUNSUPPORTED, "./plain: not executable");
    refuse("./train.py", ACCEL_EUNSUPPORTED, "./train.py: not executable; write python3 ./train.py");
    refuse("./lost", ACCEL_EUNSUPPORTED, "./lost: the interpreter that its first line names is not there");
    refuse("..//", ACCEL_EUNSUPPORTED, "..//: is a directory");
    static const char *const names[] = {"here", "train.py", "plain", "lost"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(names[i]);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_with_nothing_blocked_or_handled),
        cmocka_unit_test(passes_on_what_nohup_arranged),
        cmocka_unit_test(sees_how_it_ends),
        cmocka_unit_test(keeps_its_number_until_it_is_reaped),
        cmocka_unit_test(is_reached_in_another_group),
        cmocka_unit_test(shares_the_group_at_a_terminal),
        cmocka_unit_test(says_why_a_program_does_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
