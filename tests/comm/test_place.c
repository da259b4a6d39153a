/* What is told of processes that wait: who is behind, and who began different things. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "comm/place.h"

static void expect_report(const place *places, size_t count, const char *expected)
{
    buffer text = {0};
    place_write_report(places, count, &text);
    assert_string_equal(text.data, expected);
    buffer_dispose(&text);
}

static void reports_who_is_behind(void **state)
{
    (void)state;
    place places[] = {
        {.rank = 0, .answered = true, .number = 9, .call = "accelerator_gather"},
        {.rank = 1, .answered = true, .number = 8, .call = "accelerator_reduce", .last = "accelerator_gather"},
        {.rank = 2, .answered = true, .number = 8}};
    expect_report(places, 3,
                  "process 2 is in no call of the group after 8 operations, process 1 is in accelerator_reduce "
                  "after 8 operations");
    strcpy(places[2].last, "accelerator_gather");
    expect_report(
        places, 3,
        "process 2 is in no call of the group since accelerator_gather, after 8 operations, process 1 is "
        "in accelerator_reduce after 8 operations");
    places[0].answered = false;
    expect_report(places, 3, "process 0 does not answer");
    places[2].answered = false;
    expect_report(places, 3, "processes 0, 2 do not answer");
}

/* One reducer: rounds begun, calls at the last one, calls begun. */
static place at(uint64_t rounds, uint64_t calls_then, uint64_t calls)
{
    place p = {.progress = {.calls = calls}};
    p.progress.reducers[0].rounds = rounds;
    p.progress.reducers[0].calls = calls_then;
    return p;
}

static bool contradict(place a, place b)
{
    bool one = place_contradicts(&a, &b);
    assert_int_equal(one, place_contradicts(&b, &a));
    return one;
}

static void finds_what_never_comes(void **state)
{
    (void)state;
    assert_false(contradict(at(0, 0, 0), at(0, 0, 5)));
    assert_false(contradict(at(3, 7, 7), at(3, 7, 9))); /* one is still in the round, the other calls on */
    assert_false(contradict(at(3, 7, 7), at(2, 6, 7))); /* one computes before its round */
    assert_true(contradict(at(3, 7, 7), at(2, 6, 8)));  /* a round against a call */
    assert_true(contradict(at(3, 7, 7), at(3, 8, 8)));  /* the call came first, or after */
    assert_true(contradict(at(5, 7, 7), at(3, 6, 9)));
    assert_false(contradict(at(5, 9, 9), at(3, 6, 7))); /* one was heard of long ago */
}

static void looks_at_every_reducer(void **state)
{
    (void)state;
    place a = at(1, 1, 4), b = at(1, 1, 4);
    a.progress.reducers[ENGINE_REDUCERS - 1].rounds = 1;
    a.progress.reducers[ENGINE_REDUCERS - 1].calls = 3;
    assert_true(contradict(a, b));
    b.progress.calls = 3;
    assert_false(contradict(a, b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_who_is_behind),
        cmocka_unit_test(finds_what_never_comes),
        cmocka_unit_test(looks_at_every_reducer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
