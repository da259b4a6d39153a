/* Handles: when they end, and what a use after that says. Every test ends with no live handle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/object.h"
#include "base/scope.h"

/* The payload counts how often its handle ended. */
static void count_end(object *o) { ++*(int *)o->payload; }
static const object_class counted_class = {"counted thing", count_end};
static const object_class other_class = {"other thing", count_end};

static int start_clean(void **state)
{
    (void)state;
    accel_error_clear();
    memory_fail_at(0);
    return accel_live_handles() == 0 ? 0 : -1;
}

static int end_clean(void **state)
{
    (void)state;
    accel_error_clear();
    memory_fail_at(0);
    return accel_live_handles() == 0 ? 0 : -1;
}

static object *make(int *ends) { return object_create(&counted_class, ends); }

/* The last call failed like that; forgets it. */
static void expect_failure(accel_status status, const char *text)
{
    assert_string_equal(accel_error_text(), text);
    assert_int_equal(accel_error_status(), status);
    accel_error_clear();
}

static void lives_until_freed_without_a_scope(void **state)
{
    (void)state;
    int ends = 0;
    object *o = make(&ends);
    assert_int_equal(accel_live_handles(), 1);
    assert_ptr_equal(object_payload(o, &counted_class, "call", "it"), &ends);
    assert_true(object_check(o, &counted_class, "call", "it"));
    assert_int_equal(ends, 0);
    accel_free_handle(o);
    assert_int_equal(ends, 1);
    assert_int_equal(accel_live_handles(), 0);
    accel_free_handle(NULL);
    assert_null(accel_keep_handle(NULL));
    assert_null(object_retain(NULL));
    object_release(NULL);
    object_disown(NULL);
    assert_null(object_take(NULL));
    assert_false(accel_error_is_set());
}

static void tells_a_stale_handle(void **state)
{
    (void)state;
    int ends = 0, others = 0;
    object *freed = make(&ends), *scoped = NULL;
    accel_free_handle(freed);
    accel_scoped() {
        scoped = make(&ends);
    }
    for (int i = 0; i < 8000; i++) {
        object *other = make(&others);
        assert_null(object_payload(freed, &counted_class, "call", "x"));
        expect_failure(ACCEL_ESTALE, "call: x: this counted thing was freed");
        assert_false(object_check(scoped, &counted_class, "call", "x"));
        accel_error_clear();
        accel_free_handle(other);
    }
    accel_free_handle(freed);
    expect_failure(ACCEL_ESTALE, "accel_free: the handle has already ended");
    accel_free_handle(scoped);
    expect_failure(ACCEL_ESTALE, "accel_free: the handle has already ended");
    assert_null(accel_keep_handle(scoped));
    expect_failure(ACCEL_ESTALE,
                   "accel_keep: handle: this counted thing ended with its batch or scope; use accel_keep()");
    assert_int_equal(ends, 2);
    assert_int_equal(others, 8000);
}

/* A loop that makes and ends handles for ever takes no more and more memory: cells come back. */
static void uses_cells_again(void **state)
{
    (void)state;
    int ends = 0;
    memory_fail_at(0);
    for (int i = 0; i < 200000; i++)
        accel_free_handle(make(&ends));
    assert_int_equal(ends, 200000);
    assert_in_range(memory_fail_at(0), 0, 10); /* blocks of cells */
}

static void tells_other_mistakes(void **state)
{
    (void)state;
    int ends = 0;
    object *o = object_create(&other_class, &ends);
    assert_null(object_payload(NULL, &counted_class, "call", "x"));
    expect_failure(ACCEL_EINVAL, "call: x is NULL");
    assert_null(object_payload(o, &counted_class, "call", "x"));
    expect_failure(ACCEL_EINVAL, "call: x is an other thing, expected a counted thing");
    object none = {0};
    assert_null(object_payload(&none, &counted_class, "call", "x"));
    expect_failure(ACCEL_EINVAL, "call: x is not a handle of this library");
    assert_null(accel_keep_handle(&none));
    expect_failure(ACCEL_EINVAL, "accel_keep: handle is not a handle of this library");
    accel_free_handle(o);
}

static void ends_only_when_nobody_needs_it(void **state)
{
    (void)state;
    int ends = 0;
    object *o = NULL;
    accel_scoped() {
        o = make(&ends);
        assert_ptr_equal(object_retain(o), o);
    }
    assert_int_equal(ends, 0);
    assert_true(object_check(o, &counted_class, "call", "x"));
    accel_free_handle(o);
    expect_failure(ACCEL_EINVAL, "accel_free: this counted thing is only borrowed and ends with its owner");
    object_release(o);
    assert_int_equal(ends, 1);
}

static void take_takes_the_owners_place(void **state)
{
    (void)state;
    int ends = 0;
    object *o = NULL;
    accel_scoped() {
        o = make(&ends);
        assert_ptr_equal(object_take(o), o);
        assert_ptr_equal(object_take(o), o);
    }
    object_release(o);
    assert_int_equal(ends, 0);
    object_release(o);
    assert_int_equal(ends, 1);
}

/* A thing that holds others, as a module its parameters: they end with it, some of them in the scope that is
   ending. */
typedef struct holder {
    object *held[3];
    int *ends;
} holder;

static void release_held(object *o)
{
    holder *h = o->payload;
    for (int i = 0; i < 3; i++)
        object_release(h->held[i]);
    ++*h->ends;
}

static const object_class holder_class = {"holder", release_held};

static void handles_hold_others(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        int ends = 0;
        holder h = {.ends = &ends};
        accel_scoped() {
            if (first)
                object_create(&holder_class, &h);
            h.held[0] = object_retain(make(&ends));
            h.held[1] = object_take(make(&ends));
            h.held[2] = object_retain(make(&ends));
            accel_free_handle(h.held[2]);
            if (!first)
                object_create(&holder_class, &h);
        }
        assert_int_equal(ends, 4);
    }
}

enum { THREADS = 4, CARRIED = 2000 };

static void *make_and_disown(void *out)
{
    object **carried = out;
    accel_scope *scope = accel_scope_begin();
    for (int i = 0; i < CARRIED; i++) {
        carried[i] = object_create(&other_class, calloc(1, sizeof(int)));
        object_disown(carried[i]);
    }
    accel_scope_end(scope);
    return accel_error_is_set() ? NULL : out;
}

/* Handles made on other threads end on this one, in a scope of its own. */
static void handles_cross_between_threads(void **state)
{
    (void)state;
    static object *carried[THREADS][CARRIED];
    static int *payloads[THREADS][CARRIED];
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, make_and_disown, carried[t]), 0);
    for (int t = 0; t < THREADS; t++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[t], &result), 0);
        assert_ptr_equal(result, carried[t]);
    }
    assert_int_equal(accel_live_handles(), THREADS * CARRIED);
    accel_scope *scope = accel_scope_begin();
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < CARRIED; i++) {
            payloads[t][i] = object_payload(carried[t][i], &other_class, "call", "x");
            if (i % 2)
                assert_int_equal(scope_adopt(scope, carried[t][i]), ACCEL_OK);
            else
                object_release(carried[t][i]);
        }
    accel_scope_end(scope);
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < CARRIED; i++) {
            assert_int_equal(*payloads[t][i], 1);
            free(payloads[t][i]);
        }
}

static void *make_and_share(void *shared)
{
    int ends = 0;
    for (int i = 0; i < 20000; i++) {
        object_retain(shared);
        accel_scoped() {
            object *o = make(&ends);
            if (i % 3 == 0)
                accel_free_handle(o);
        }
        object_release(shared);
    }
    return ends == 20000 ? shared : NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    int ends = 0;
    object *shared = make(&ends);
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, make_and_share, shared), 0);
    for (int t = 0; t < THREADS; t++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[t], &result), 0);
        assert_ptr_equal(result, shared);
    }
    assert_int_equal(accel_live_handles(), 1);
    accel_free_handle(shared);
    assert_int_equal(ends, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_clean, end_clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lives_until_freed_without_a_scope),
        TEST(tells_a_stale_handle),
        TEST(uses_cells_again),
        TEST(tells_other_mistakes),
        TEST(ends_only_when_nobody_needs_it),
        TEST(take_takes_the_owners_place),
        TEST(handles_hold_others),
        TEST(handles_cross_between_threads),
        TEST(threads_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
