/* Who is there, who is not, and what everybody hears of it. */
#include "comm/lines.h"

#include <pthread.h>

static void tells_all_when_all_are_there(void **state)
{
    (void)state;
    lines s;
    start_hub(&s, 3, 60);
    join_as(&s, 0, 2);
    join_as(&s, 1, 0);
    assert_false(lifeline_wait_ready(s.line[0].lifeline, 0.05));
    join_as(&s, 2, 1);
    for (int i = 0; i < 3; i++)
        assert_true(lifeline_wait_ready(s.line[i].lifeline, 10));
    stop_all(&s);
}

static void names_those_who_did_not_come(void **state)
{
    (void)state;
    lines s;
    start_hub(&s, 4, 2);
    join_as(&s, 0, 2);
    assert_false(lifeline_wait_ready(s.line[0].lifeline, 10));
    expect_all_failed(&s, 0, ACCEL_ETIMEOUT, "processes 0, 1, 3 of 4 did not arrive within 2 s");
    join_as(&s, 1, 3); /* too late: it is told at once */
    assert_false(lifeline_wait_ready(s.line[1].lifeline, 10));
    expect_all_failed(&s, 0, ACCEL_ETIMEOUT, "processes 0, 1, 3 of 4 did not arrive within 2 s");
    stop_all(&s);
}

static void refuses_a_rank_that_is_taken(void **state)
{
    (void)state;
    lines s;
    start_hub(&s, 3, 60);
    join_as(&s, 0, 1);
    join_as(&s, 1, 1);
    expect_all_failed(&s, 1, ACCEL_EINVAL, "two processes say that they are process 1");
    stop_all(&s);
}

static void refuses_a_group_of_another_size(void **state)
{
    (void)state;
    lines s;
    start_hub(&s, 3, 60);
    join_as(&s, 0, 0);
    s.count = 2;
    join_as(&s, 1, 1);
    expect_all_failed(&s, 1, ACCEL_EMISMATCH, "process 1 is one of 2, process 0 is one of 3");
    stop_all(&s);
}

/* What knows no secret, no rank of the group, or no message. */
static void hangs_up_on_strangers(void **state)
{
    (void)state;
    lines s;
    start_hub(&s, 2, 60);
    message hello = {.kind = MESSAGE_HELLO, .rank = 1, .number = 2};
    snprintf(hello.text, sizeof hello.text, "4e"); /* 78 */
    message far = {.kind = MESSAGE_HELLO, .rank = 2, .number = 2}, loud = {.kind = MESSAGE_FAIL},
            odd = {.kind = 99}, endless = hello;
    snprintf(far.text, sizeof far.text, "4d");
    memset(endless.text, 'a', sizeof endless.text);
    const message *strangers[] = {&hello, &far, &loud, &odd, &endless};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        int fd = connect_to(&s);
        char byte;
        assert_true(message_send(fd, strangers[i]));
        assert_int_equal(read(fd, &byte, 1), 0);
        close(fd);
    }
    close(connect_to(&s)); /* says nothing at all */
    join_as(&s, 0, 0);
    join_as(&s, 1, 1);
    assert_true(lifeline_wait_ready(s.line[0].lifeline, 10));
    assert_true(lifeline_wait_ready(s.line[1].lifeline, 10));
    stop_all(&s);
}

static void tells_all_of_the_first_failure(void **state)
{
    (void)state;
    lines s;
    start_all(&s, 3);
    lifeline_fail(s.line[2].lifeline, ACCEL_EINVAL, "process 2 failed: first");
    lifeline_fail(s.line[1].lifeline, ACCEL_EIO, "process 1 failed: second");
    expect_all_failed(&s, 2, ACCEL_EINVAL, "process 2 failed: first");
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 1000 && s.line[i].notified == 0; k++)
            usleep(10000); /* it comes after the flag */
        assert_true(s.line[i].notified >= 1);
    }
    stop_all(&s);
}

static void tells_all_of_an_end(void **state)
{
    (void)state;
    lines s;
    start_all(&s, 3);
    stop_line(&s, 1);
    expect_all_failed(&s, 1, ACCEL_EPEER, "process 1 is gone: it ended without accelerator_finish");
    stop_all(&s);
}

static void is_missed_itself(void **state)
{
    (void)state;
    lines s;
    start_all(&s, 2);
    hub_stop(s.hub);
    s.hub = NULL;
    expect_all_failed(&s, 0, ACCEL_EPEER, "process 0 is gone: it ended without accelerator_finish");
    stop_all(&s);
}

/* ---- leaving ---- */

static void *leave(void *user)
{
    line *l = user;
    return lifeline_leave(l->lifeline, l->number, 10) ? l : NULL;
}

static void lets_go_when_all_have_left(void **state)
{
    (void)state;
    lines s;
    pthread_t threads[3];
    start_all(&s, 3);
    for (int i = 0; i < 3; i++) {
        s.line[i].number = 5;
        pthread_create(&threads[i], NULL, leave, &s.line[i]);
    }
    for (int i = 0; i < 3; i++) {
        void *left;
        pthread_join(threads[i], &left);
        assert_non_null(left);
        stop_line(&s, i); /* is no failure for those who are still there */
    }
    stop_all(&s);
}

static void says_who_left_before_an_operation(void **state)
{
    (void)state;
    lines s;
    int rank;
    uint64_t number;
    start_all(&s, 3);
    assert_false(lifeline_leave(s.line[1].lifeline, 7, 0.05));
    for (int i = 0; i < 500 && !lifeline_is_left(s.line[0].lifeline, &rank, &number); i++)
        usleep(10000);
    assert_true(lifeline_is_left(s.line[0].lifeline, &rank, &number));
    assert_int_equal(rank, 1);
    assert_int_equal(number, 7);
    stop_line(&s, 1); /* after it left */
    lifeline_failure failure;
    assert_false(lifeline_has_failed(s.line[0].lifeline, 0.1, &failure));
    stop_all(&s);
}

/* ---- asking ---- */

static void reports_who_is_behind(void **state)
{
    (void)state;
    lines s;
    char text[MESSAGE_TEXT];
    start_all(&s, 3);
    s.line[0].number = 9, s.line[0].call = "accelerator_gather";
    s.line[1].number = 8, s.line[1].call = "accel_forward";
    s.line[2].number = 8, s.line[2].last = "accelerator_gather";
    lifeline_ask(s.line[0].lifeline, text);
    assert_string_equal(text,
                        "process 2 is in no call of the group since accelerator_gather, after 8 operations, "
                        "process 1 is in accel_forward after 8 operations");
    assert_false(lifeline_leave(s.line[2].lifeline, 7, 0.05));
    lifeline_ask(s.line[1].lifeline, text);
    assert_string_equal(text, "process 2 is in accelerator_finish after 7 operations");
    stop_all(&s);
}

static void reports_who_does_not_answer(void **state)
{
    (void)state;
    lines s;
    char text[MESSAGE_TEXT], secret[] = "4d";
    start_hub(&s, 2, 60);
    join_as(&s, 0, 0);
    message hello = {.kind = MESSAGE_HELLO, .rank = 1, .number = 2};
    snprintf(hello.text, sizeof hello.text, "%s", secret);
    int fd = connect_to(&s); /* a process that is stopped */
    assert_true(message_send(fd, &hello));
    assert_true(lifeline_wait_ready(s.line[0].lifeline, 10));
    lifeline_ask(s.line[0].lifeline, text);
    assert_string_equal(text, "process 1 does not answer");
    stop_line(&s, 0);
    close(fd);
    stop_all(&s);
}

/* Two processes that wait for each other in different things; a third one computes. */
static void ends_waits_that_cannot_end(void **state)
{
    (void)state;
    lines s;
    start_hub(&s, 3, 60);
    s.line[0].number = 5;
    s.line[0].call = "accelerator_backward";
    s.line[0].progress = (engine_progress){.waits = true, .calls = 3, .reducers = {{.rounds = 2, .calls = 3}}};
    s.line[1].number = 4;
    s.line[1].call = "accelerator_gather";
    s.line[1].progress = (engine_progress){.waits = true, .calls = 4, .reducers = {{.rounds = 1, .calls = 1}}};
    for (int i = 0; i < 3; i++)
        join_as(&s, i, i);
    expect_all_failed(&s, 1, ACCEL_EPEER,
                      "process 0 calls accelerator_backward, process 1 calls accelerator_gather");
    stop_all(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_all_when_all_are_there), cmocka_unit_test(names_those_who_did_not_come),
        cmocka_unit_test(refuses_a_rank_that_is_taken), cmocka_unit_test(refuses_a_group_of_another_size),
        cmocka_unit_test(hangs_up_on_strangers),        cmocka_unit_test(tells_all_of_the_first_failure),
        cmocka_unit_test(tells_all_of_an_end),          cmocka_unit_test(is_missed_itself),
        cmocka_unit_test(lets_go_when_all_have_left),   cmocka_unit_test(says_who_left_before_an_operation),
        cmocka_unit_test(reports_who_is_behind),        cmocka_unit_test(reports_who_does_not_answer),
        cmocka_unit_test(ends_waits_that_cannot_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
