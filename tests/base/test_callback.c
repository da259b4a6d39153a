/* Which functions of the program run: of which kind, whose, on which thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>

#include <cmocka.h>

#include "base/callback.h"

static void knows_what_runs(void **state)
{
    (void)state;
    int one = 0, other = 0;
    callback outer, inner;
    assert_false(callback_runs(CALLBACK_ANY, NULL));
    callback_begin(&outer, CALLBACK_FORWARD, NULL);
    callback_begin(&inner, CALLBACK_TRACKER, &one);
    assert_true(callback_runs(CALLBACK_FORWARD, NULL));
    assert_true(callback_runs(CALLBACK_TRACKER, NULL));
    assert_true(callback_runs(CALLBACK_TRACKER | CALLBACK_TRACE, &one));
    assert_false(callback_runs(CALLBACK_TRACKER, &other));
    assert_false(callback_runs(CALLBACK_TRACE, &one));
    assert_true(callback_runs(CALLBACK_ON_PREPARED, NULL));
    callback_end(&inner);
    assert_false(callback_runs(CALLBACK_TRACKER, NULL));
    assert_true(callback_runs(CALLBACK_ANY, NULL));
    callback_end(&outer);
    assert_false(callback_runs(CALLBACK_ANY, NULL));
}

static void names_the_innermost(void **state)
{
    (void)state;
    callback outer, inner;
    callback_begin(&outer, CALLBACK_FORWARD, NULL);
    assert_false(callback_refuses(CALLBACK_COMM_HOOK, NULL, "call"));
    assert_false(accel_error_is_set());
    callback_begin(&inner, CALLBACK_COMM_HOOK, NULL);
    assert_true(callback_refuses(CALLBACK_ANY, NULL, "call"));
    assert_string_equal(accel_error_text(),
                        "call: called in the middle of comm_hook_function, which has to return first");
    accel_error_clear();
    assert_true(callback_refuses(CALLBACK_FORWARD, NULL, "call"));
    assert_string_equal(accel_error_text(),
                        "call: called in the middle of a forward function, which has to return first");
    accel_error_clear();
    callback_end(&inner);
    callback_end(&outer);
}

static void *look(void *seen)
{
    *(bool *)seen = callback_runs(CALLBACK_ANY, NULL);
    return NULL;
}

static void threads_have_their_own(void **state)
{
    (void)state;
    callback c;
    pthread_t thread;
    bool seen = true;
    callback_begin(&c, CALLBACK_FORWARD, NULL);
    assert_int_equal(pthread_create(&thread, NULL, look, &seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    callback_end(&c);
    assert_false(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_runs),
        cmocka_unit_test(names_the_innermost),
        cmocka_unit_test(threads_have_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
