/* Whole launches of functions: who is judged to have failed first, and what is left of it all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "launch/supervisor.h"

static int rank(void) { return atoi(getenv("RANK")); }

static void leave(const char *text)
{
    FILE *stream = fopen(getenv("TORCHELASTIC_ERROR_FILE"), "w");
    fputs(text, stream);
    fclose(stream);
}

static void leave_report(int origin, const char *message)
{
    char text[256];
    snprintf(text, sizeof text, "{\"message\": {\"message\": \"%s\", \"extraInfo\": {\"rank\": \"%d\"}}}",
             message, origin);
    leave(text);
}

static _Noreturn void wait_for_ever(void)
{
    for (;;)
        pause();
}

static int *ready; /* how many processes are; memory of all */

/* Blocks it, and waits until everybody did. */
static void expect_signal(int number, sigset_t *expected)
{
    sigemptyset(expected);
    sigaddset(expected, number);
    sigprocmask(SIG_BLOCK, expected, NULL);
    __atomic_add_fetch(ready, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(ready, __ATOMIC_SEQ_CST) < 3)
        usleep(100);
}

/* Takes the number of the process out of a line. */
static void forget_pid(char *line)
{
    char *pid = strstr(line, " (pid ");
    if (!pid)
        return;
    char *rest = strchr(pid, ')') + 1;
    memmove(pid, rest, strlen(rest) + 1);
}

/* Runs it in three processes; those that a failure leaves are asked to end at once. */
static void expect(accel_spawn_function *function, int exit_status, const char *line)
{
    launch_plan plan = {.num_processes = 3, .shutdown_timeout = 20, .function = function};
    verdict v;
    assert_int_equal(supervisor_run(&plan, &v), ACCEL_OK);
    forget_pid(v.line);
    assert_string_equal(v.line, line);
    assert_int_equal(v.exit_status, exit_status);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static int end_well(void *user)
{
    (void)user;
    return 0;
}

static int fail_in_rank_1(void *user)
{
    (void)user;
    if (rank() == 1)
        return 7;
    wait_for_ever();
}

static int be_killed_in_rank_2(void *user)
{
    (void)user;
    if (rank() == 2)
        raise(SIGABRT);
    wait_for_ever();
}

static void judges_the_first_that_fails(void **state)
{
    (void)state;
    expect(end_well, 0, "");
    expect(fail_in_rank_1, 7, "process 1 exited with code 7");
    expect(be_killed_in_rank_2, 134, "process 2 was killed by signal 6 (SIGABRT)");
}

static int fail_with_a_message(void *user)
{
    (void)user;
    if (rank() != 1)
        wait_for_ever();
    leave_report(1, "no data");
    return 3;
}

/* Rank 0 learns that rank 2 failed, and ends while that one still waits. */
static int fail_because_of_a_peer(void *user)
{
    (void)user;
    if (rank() != 0)
        wait_for_ever();
    leave_report(2, "rank 2: no data");
    return 1;
}

static int blame_nobody_there(void *user)
{
    (void)user;
    if (rank() != 0)
        wait_for_ever();
    leave_report(17, "lost");
    return 1;
}

static int leave_a_broken_report(void *user)
{
    (void)user;
    if (rank() != 0)
        wait_for_ever();
    leave("{\"message\": {\"mess");
    return 1;
}

static int fail_in_spite_of_everything(void *user)
{
    (void)user;
    if (rank() != 0)
        wait_for_ever();
    const char *path = getenv("TORCHELASTIC_ERROR_FILE");
    if (symlink("/dev/zero", path) != 0)
        return 2;
    return 1;
}

static void reads_reports(void **state)
{
    (void)state;
    expect(fail_with_a_message, 3, "process 1 exited with code 3: no data");
    expect(fail_because_of_a_peer, 1, "process 2 failed: rank 2: no data");
    expect(blame_nobody_there, 1, "process 0 exited with code 1: lost");
    expect(leave_a_broken_report, 1, "process 0 exited with code 1");
    expect(fail_in_spite_of_everything, 1, "process 0 exited with code 1");
}

/* The exit status of a peer that ends by itself a little later is its own. */
static int fail_one_after_the_other(void *user)
{
    (void)user;
    sigset_t told;
    expect_signal(SIGTERM, &told);
    if (rank() == 0) {
        leave_report(1, "rank 1: no data");
        return 1;
    }
    int number;
    sigwait(&told, &number);
    if (rank() == 1)
        leave_report(1, "no data");
    return rank() == 1 ? 9 : 5;
}

static void takes_the_status_of_the_one_that_is_named(void **state)
{
    (void)state;
    *ready = 0;
    expect(fail_one_after_the_other, 9, "process 1 exited with code 9: no data");
}

/* Says 100 more if it was asked to end before it did so by itself. */
static int end_after_a_peer(void *user)
{
    (void)user;
    sigset_t told, pending;
    expect_signal(SIGTERM, &told);
    if (rank() == 1)
        return 7;
    usleep(50000);
    sigpending(&pending);
    __atomic_add_fetch(ready, sigismember(&pending, SIGTERM) ? 100 : 1, __ATOMIC_SEQ_CST);
    return 0;
}

static void leaves_peers_the_time_to_end(void **state)
{
    (void)state;
    *ready = 0;
    launch_plan plan = {.num_processes = 3, .shutdown_timeout = 1000, .function = end_after_a_peer};
    plan.peers_timeout = 1000;
    verdict v;
    assert_int_equal(supervisor_run(&plan, &v), ACCEL_OK);
    assert_int_equal(v.exit_status, 7);
    assert_int_equal(*ready, 5);
    plan.shutdown_timeout = 0.01; /* not longer than that, even so */
    plan.function = fail_in_rank_1;
    assert_int_equal(supervisor_run(&plan, &v), ACCEL_OK);
    assert_int_equal(v.exit_status, 7);
}

static int end_this(void *user)
{
    if (rank() == 0)
        kill(getppid(), *(int *)user);
    while (pause() == -1)
        ;
    return 0;
}

static int end_this_and_end_well(void *user)
{
    sigset_t told;
    expect_signal(*(int *)user, &told);
    if (rank() == 0)
        kill(getppid(), *(int *)user);
    int number;
    sigwait(&told, &number);
    return 0;
}

static void passes_on_what_asks_it_to_end(void **state)
{
    (void)state;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int number = numbers[i];
        launch_plan plan = {.num_processes = 3, .shutdown_timeout = 20, .function = end_this, .user = &number};
        verdict v;
        assert_int_equal(supervisor_run(&plan, &v), ACCEL_OK);
        assert_int_equal(v.exit_status, 128 + number);
        assert_non_null(strstr(v.line, "stopped by signal"));
        plan.function = end_this_and_end_well;
        *ready = 0;
        assert_int_equal(supervisor_run(&plan, &v), ACCEL_OK);
        assert_int_equal(v.exit_status, 0);
        assert_string_equal(v.line, "");
    }
}

/* Memory of all. */
static struct impatience {
    double seconds; /* the time that the launcher is to have from its next SIGALRM on */
    int held;       /* whether it has it */
    int survived;   /* how many signals the processes did */
} *impatience;

static void hold_clock(int number)
{
    (void)number;
    clock_set_for_test(impatience->seconds);
    __atomic_store_n(&impatience->held, 1, __ATOMIC_SEQ_CST);
}

static void ask_to_end(double seconds)
{
    impatience->seconds = seconds;
    __atomic_store_n(&impatience->held, 0, __ATOMIC_SEQ_CST);
    kill(getppid(), SIGALRM);
    while (!__atomic_load_n(&impatience->held, __ATOMIC_SEQ_CST))
        usleep(100);
    kill(getppid(), SIGTERM);
}

static bool launcher_waits(void)
{
    char path[32], line[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)getppid());
    FILE *stream = fopen(path, "r");
    if (!stream)
        return false;
    char *end = fgets(line, sizeof line, stream) ? strrchr(line, ')') : NULL;
    fclose(stream);
    return end && strncmp(end, ") S", 3) == 0;
}

/* Of signals that are there at once the launcher reads SIGTERM before SIGCONT, which comes back, and waits for others when it has done
   what they ask for. */
static void survive(const sigset_t *told)
{
    int number;
    kill(getppid(), SIGCONT);
    sigwait(told, &number);
    while (!launcher_waits())
        usleep(100);
    while (sigtimedwait(told, NULL, &(struct timespec){0}) > 0)
        ;
    impatience->survived++;
}

static int ask_three_times(void *user)
{
    (void)user;
    sigset_t told;
    signal(SIGTERM, SIG_IGN);
    expect_signal(SIGCONT, &told);
    if (rank() != 0)
        wait_for_ever();
    ask_to_end(1000);
    survive(&told);
    ask_to_end(1000.9);
    survive(&told);
    ask_to_end(1001.1);
    sleep(30);
    impatience->survived++;
    kill(getppid(), SIGINT); /* ends it after all */
    wait_for_ever();
}

/* Who signals a process and its group, as timeout does, is not impatient. */
static void takes_a_signal_that_comes_twice_for_one(void **state)
{
    (void)state;
    launch_plan plan = {.num_processes = 3, .shutdown_timeout = 1000, .function = ask_three_times};
    verdict v;
    *ready = impatience->survived = 0;
    signal(SIGALRM, hold_clock);
    assert_int_equal(supervisor_run(&plan, &v), ACCEL_OK);
    signal(SIGALRM, SIG_DFL);
    clock_set_for_test(-1);
    assert_int_equal(v.exit_status, 128 + SIGTERM);
    assert_int_equal(impatience->survived, 2);
}

static void starts_nothing_after_a_failure(void **state)
{
    (void)state;
    launch_plan plan = {.num_processes = 1, .function = end_well};
    verdict v;
    accel_error_raise(ACCEL_EIO, "test", "earlier");
    assert_int_equal(supervisor_run(&plan, &v), ACCEL_EIO);
    assert_string_equal(accel_error_text(), "test: earlier");
    accel_error_clear();
}

static size_t count_descriptors(void)
{
    size_t found = 0;
    DIR *stream = opendir("/proc/self/fd");
    for (struct dirent *item = readdir(stream); item; item = readdir(stream))
        found++;
    closedir(stream);
    return found;
}

/* It starts everybody or nobody, and judges all the same when memory runs out later. */
static void survives_a_lack_of_memory(void **state)
{
    (void)state;
    unsigned char tee[2] = {PLAN_STREAM_ERROR, PLAN_STREAM_ERROR};
    launch_plan plan = {.num_processes = 2, .tee = tee, .shutdown_timeout = 20, .function = end_well};
    size_t before = count_descriptors(), made = 0;
    memory_fail_at(0);
    for (size_t nth = 1; nth == 1 || made >= nth - 1; nth++) {
        verdict v = {0};
        memory_fail_at(nth);
        accel_status status = supervisor_run(&plan, &v);
        made = memory_fail_at(0);
        assert_true(status == ACCEL_ENOMEM || (status == ACCEL_OK && v.exit_status == 0));
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(count_descriptors(), before);
        accel_error_clear();
    }
}

static void *share(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_the_first_that_fails),
        cmocka_unit_test(reads_reports),
        cmocka_unit_test(takes_the_status_of_the_one_that_is_named),
        cmocka_unit_test(leaves_peers_the_time_to_end),
        cmocka_unit_test(passes_on_what_asks_it_to_end),
        cmocka_unit_test(takes_a_signal_that_comes_twice_for_one),
        cmocka_unit_test(starts_nothing_after_a_failure),
        cmocka_unit_test(survives_a_lack_of_memory),
    };
    ready = share(sizeof *ready);
    impatience = share(sizeof *impatience);
    return !ready || !impatience ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
