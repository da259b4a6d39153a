/* A directory goes with the launcher, however that ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "launch/cleaner.h"

static char folder[64];
static int ends[2]; /* the first is at its end once nobody has the second */

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/accel-cleaner-XXXXXX");
    return mkdtemp(folder) && pipe(ends) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    close(ends[0]);
    return 0;
}

static void fill(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/0.json", folder);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    snprintf(path, sizeof path, "%s/deep", folder);
    mkdir(path, 0700);
}

static bool is_there(void)
{
    struct stat info;
    return stat(folder, &info) == 0;
}

/* Sooner or later. */
static void await_removal(void)
{
    for (int i = 0; i < 30000 && is_there(); i++)
        usleep(1000);
    assert_false(is_there());
}

static void removes_it_when_the_launcher_is_killed(void **state)
{
    (void)state;
    pid_t launcher = fork();
    if (launcher == 0) {
        if (cleaner_start(folder) == 0)
            _exit(1);
        fill();
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(launcher, NULL, 0), launcher);
    await_removal();
    close(ends[1]);
}

static void waits_as_long_as_it_lives(void **state)
{
    (void)state;
    pid_t pid = cleaner_start(folder);
    assert_true(pid > 0);
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP)
            kill(pid, number); /* nobody else's word counts */
    close(ends[1]);
    struct pollfd place = {.fd = ends[0]};
    assert_int_equal(poll(&place, 1, -1), 1); /* it holds no descriptor */
    assert_true(place.revents & POLLHUP);
    assert_true(is_there());
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and is no child to those who look for any */
    assert_int_equal(errno, ECHILD);
    cleaner_end(pid);
    assert_int_equal(kill(pid, 0), -1);
    assert_true(is_there());
    rmdir(folder);
}

static void does_without(void **state)
{
    (void)state;
    cleaner_end(0);
    close(ends[1]);
    rmdir(folder);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(removes_it_when_the_launcher_is_killed),
        TEST(waits_as_long_as_it_lives),
        TEST(does_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
