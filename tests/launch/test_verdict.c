/* Who failed first, and how that reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <cmocka.h>

#include "launch/verdict.h"

static const report nothing = {.rank = -1};

static void expect(const verdict *v, int exit_status, const char *line)
{
    assert_string_equal(v->line, line);
    assert_int_equal(v->exit_status, exit_status);
}

static void names_the_first_process(void **state)
{
    (void)state;
    verdict v;
    child c = {.rank = 1, .last_pid = 4711, .ended = true, .code = 7};
    verdict_of_failure(&v, &c, &nothing, NULL, NULL);
    expect(&v, 7, "process 1 (pid 4711) exited with code 7");
    report said = {.there = true, .rank = 1, .message = "no data"};
    verdict_of_failure(&v, &c, &said, NULL, NULL);
    expect(&v, 7, "process 1 (pid 4711) exited with code 7: no data");
    c = (child){.rank = 1, .last_pid = 4711, .ended = true, .signal = SIGKILL};
    verdict_of_failure(&v, &c, &nothing, NULL, NULL);
    expect(&v, 137, "process 1 (pid 4711) was killed by signal 9 (SIGKILL)");
    c.signal = SIGRTMIN + 1;
    verdict_of_failure(&v, &c, &nothing, NULL, NULL);
    assert_null(strchr(v.line + 24, '('));
}

static const child first = {.rank = 0, .last_pid = 100, .ended = true, .code = 1};
static const report blames = {.there = true, .rank = 1, .message = "rank 1 lost its data"};

static void follows_the_report_to_a_peer(void **state)
{
    (void)state;
    verdict v;
    report own = {.there = true, .rank = 1, .message = "no data"};
    child peer = {.rank = 1, .last_pid = 101, .ended = true, .code = 9};
    verdict_of_failure(&v, &first, &blames, &peer, &own); /* ended before anybody was asked to */
    expect(&v, 9, "process 1 (pid 101) exited with code 9: no data");
    verdict_of_failure(&v, &first, &blames, &peer, &nothing);
    expect(&v, 9, "process 1 (pid 101) exited with code 9: rank 1 lost its data");
    peer.asked_to_end = true; /* on its way already, as its own report shows */
    verdict_of_failure(&v, &first, &blames, &peer, &own);
    expect(&v, 9, "process 1 (pid 101) exited with code 9: no data");
    peer = (child){.rank = 1, .last_pid = 101, .ended = true, .signal = SIGSEGV};
    verdict_of_failure(&v, &first, &blames, &peer, &nothing);
    expect(&v, 139, "process 1 (pid 101) was killed by signal 11 (SIGSEGV): rank 1 lost its data");
}

static void does_not_take_its_own_signal_for_a_failure(void **state)
{
    (void)state;
    verdict v;
    report own = {.there = true, .rank = 1, .message = "no data"};
    child peer = {.rank = 1, .last_pid = 101, .ended = true, .asked_to_end = true, .signal = SIGTERM};
    verdict_of_failure(&v, &first, &blames, &peer, &own);
    expect(&v, 1, "process 1 (pid 101) failed: no data");
    peer.signal = SIGKILL;
    verdict_of_failure(&v, &first, &blames, &peer, &nothing);
    expect(&v, 1, "process 1 (pid 101) failed: rank 1 lost its data");
    peer = (child){.rank = 1, .last_pid = 101, .ended = true}; /* says it failed, ends well */
    verdict_of_failure(&v, &first, &blames, &peer, &own);
    expect(&v, 1, "process 1 (pid 101) failed: no data");
}

static void names_a_signal(void **state)
{
    (void)state;
    verdict v;
    verdict_of_signal(&v, SIGINT);
    expect(&v, 130, "stopped by signal 2 (SIGINT)");
}

static void names_what_lost_lines(void **state)
{
    (void)state;
    verdict v;
    verdict_of_lost_output(&v, "standard output", ENOSPC);
    expect(&v, 1, "standard output: No space left on device; lines of the processes are lost");
}

static void has_room_for_the_longest_message(void **state)
{
    (void)state;
    verdict v;
    report said = {.there = true, .rank = -1};
    memset(said.message, 'x', sizeof said.message - 1);
    child c = {.rank = 1000000, .last_pid = 2147483647, .ended = true, .signal = SIGSTKFLT};
    verdict_of_failure(&v, &c, &said, NULL, NULL);
    assert_int_equal(v.line[strlen(v.line) - 1], 'x');
    assert_true(strlen(v.line) > REPORT_MESSAGE_MAX + 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_first_process),
        cmocka_unit_test(follows_the_report_to_a_peer),
        cmocka_unit_test(does_not_take_its_own_signal_for_a_failure),
        cmocka_unit_test(names_a_signal),
        cmocka_unit_test(names_what_lost_lines),
        cmocka_unit_test(has_room_for_the_longest_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
