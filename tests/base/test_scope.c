/* The scopes that handles belong to. Every test ends with no live handle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/object.h"
#include "base/scope.h"

/* The payload counts how often its handle ended. */
static void count_end(object *o) { ++*(int *)o->payload; }
static const object_class counted_class = {"counted thing", count_end};

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

static void ends_with_its_scope(void **state)
{
    (void)state;
    int ends[100] = {0};
    accel_scope *scope = accel_scope_begin();
    for (int i = 0; i < 100; i++)
        make(&ends[i]);
    assert_int_equal(accel_live_handles(), 100);
    accel_scope_end(scope);
    assert_int_equal(accel_live_handles(), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(ends[i], 1);
    accel_scope_end(NULL);
}

/* Each of a hundred is freed in an order that jumps about, kept alive by nobody else, or left to the scope. */
static void can_be_freed_in_any_order(void **state)
{
    (void)state;
    for (size_t step = 1; step < 101; step++) {
        int ends[101] = {0};
        object *o[101];
        accel_scope *scope = accel_scope_begin();
        for (int i = 0; i < 101; i++)
            o[i] = make(&ends[i]);
        for (size_t n = 0; n < step; n++)
            accel_free_handle(o[n * step % 101]);
        assert_int_equal(accel_live_handles(), 101 - step);
        accel_scope_end(scope);
        for (int i = 0; i < 101; i++)
            assert_int_equal(ends[i], 1);
        assert_false(accel_error_is_set());
    }
}

static void works_while_an_error_is_recorded(void **state)
{
    (void)state;
    int ends = 0;
    accel_scope *scope = accel_scope_begin();
    object *o = make(&ends);
    make(&ends);
    RAISE(ACCEL_EIO, "first");
    accel_free_handle(o);
    assert_int_equal(ends, 1);
    accel_scope_end(scope);
    assert_int_equal(ends, 2);
    assert_null(accel_scope_begin());
    accel_scoped() {
        ends++;
    }
    assert_int_equal(ends, 3);
    expect_failure(ACCEL_EIO, "works_while_an_error_is_recorded: first");
}

static int leave_by_return(int *ends)
{
    accel_scoped() {
        make(ends);
        return *ends;
    }
    return -1;
}

static void blocks_end_however_they_are_left(void **state)
{
    (void)state;
    int ends = 0, rounds = 0;
    assert_int_equal(leave_by_return(&ends), 0);
    assert_int_equal(ends, 1);
    for (; rounds < 4; rounds++) {
        accel_scoped() {
            make(&ends);
            accel_scoped() {
                make(&ends);
                if (rounds % 2)
                    break;
                make(&ends);
            }
            if (rounds > 1)
                continue;
            make(&ends);
        }
        assert_int_equal(accel_live_handles(), 0);
    }
    assert_int_equal(ends, 1 + 4 + 3 + 3 + 2);
}

static void keep_moves_one_scope_out(void **state)
{
    (void)state;
    int ends = 0;
    object *o = NULL;
    accel_scoped() {
        accel_scoped() {
            accel_scoped() {
                o = make(&ends);
                assert_ptr_equal(accel_keep_handle(o), o);
            }
            assert_int_equal(ends, 0);
            accel_keep_handle(o);
        }
        assert_int_equal(ends, 0);
    }
    assert_int_equal(ends, 1);
    accel_scoped() {
        o = make(&ends);
        accel_keep_handle(o);
        accel_keep_handle(o); /* the caller's alone: there is nowhere further out */
    }
    assert_int_equal(ends, 1);
    accel_free_handle(o);
    assert_int_equal(ends, 2);
}

/* The public macros on the public types: a tensor is such a cell too. */
static void macros_take_handles_of_each_kind(void **state)
{
    (void)state;
    int ends = 0;
    accel_module *kept = NULL;
    accel_scoped() {
        accel_tensor *tensor = (accel_tensor *)make(&ends);
        kept = accel_keep((accel_module *)make(&ends));
        accel_free(tensor);
        assert_int_equal(ends, 1);
    }
    accel_free(kept);
    assert_int_equal(ends, 2);
}

/* A handle that is only borrowed gets an owner when it is kept, in the scope around the innermost one. */
static void keep_gives_borrowed_handles_an_owner(void **state)
{
    (void)state;
    int ends = 0;
    object *o = make(&ends);
    object_disown(o); /* what a module does with a parameter: it alone holds it */
    accel_scoped() {
        accel_scoped() {
            accel_keep_handle(o);
        }
        object_release(o);
        assert_int_equal(ends, 0);
    }
    assert_int_equal(ends, 1);
    o = make(&ends);
    object_disown(o);
    accel_keep_handle(o); /* no scope: the caller's */
    object_release(o);
    assert_int_equal(ends, 1);
    accel_free_handle(o);
    assert_int_equal(ends, 2);
}

/* Every order in which four scopes can end: each ends what is its own, and what comes after joins the
   innermost of those that are left. */
static void scopes_end_in_any_order(void **state)
{
    (void)state;
    for (int order = 0; order < 256; order++) {
        accel_scope *scopes[4];
        int ends[4] = {0}, later = 0;
        bool open[4] = {true, true, true, true};
        for (int i = 0; i < 4; i++) {
            scopes[i] = accel_scope_begin();
            make(&ends[i]);
        }
        for (int round = 0; round < 4; round++) {
            int chosen = order >> (2 * round) & 3;
            while (!open[chosen])
                chosen = (chosen + 1) % 4;
            accel_scope_end(scopes[chosen]);
            open[chosen] = false;
            for (int i = 0; i < 4; i++)
                assert_int_equal(ends[i], !open[i]);
            int innermost = 3;
            while (innermost >= 0 && !open[innermost])
                innermost--;
            if (innermost >= 0) {
                object *o = make(&later);
                assert_ptr_equal(o->scope, scopes[innermost]);
            }
        }
        assert_int_equal(later, 3);
        object *o = make(&later);
        assert_null(o->scope);
        accel_free_handle(o);
    }
}

/* What a loader does: one scope, entered again for each batch. */
static void a_scope_can_be_entered_again(void **state)
{
    (void)state;
    int batches = 0, kept = 0, around = 0;
    accel_scoped() {
        accel_scope *scope = scope_create();
        for (int batch = 0; batch < 3; batch++) {
            scope_clear(scope);
            assert_int_equal(batches, batch);
            scope_enter(scope);
            scope_enter(scope);
            make(&batches);
            accel_keep_handle(make(&kept));
        }
        scope_leave(scope);
        assert_ptr_not_equal(make(&around)->scope, scope);
        assert_int_equal(batches, 2);
        object *late = make(&kept);
        scope_free(scope);
        assert_int_equal(batches, 3);
        assert_true(object_check(late, &counted_class, "call", "x"));
        assert_int_equal(kept + around, 0);
    }
    assert_int_equal(kept, 4);
    assert_int_equal(around, 1);
    scope_free(NULL);
}

static void results_pass_out_of_a_functions_scope(void **state)
{
    (void)state;
    int ends = 0;
    object *result = NULL, *foreign = make(&ends);
    accel_scoped() {
        accel_scope *own = accel_scope_begin();
        make(&ends);
        result = scope_pass_out(own, make(&ends));
        assert_ptr_equal(scope_pass_out(own, foreign), foreign);
        assert_null(scope_pass_out(own, NULL));
        accel_scope_end(own);
        assert_int_equal(ends, 1);
        assert_true(object_check(result, &counted_class, "call", "x"));
    }
    assert_int_equal(ends, 2);
    accel_free_handle(foreign);
    assert_int_equal(ends, 3);
}

/* Makes and keeps more than a scope first has room for; false when that failed. */
static bool make_many(int *ends, int *made)
{
    accel_scoped() {
        accel_scoped() {
            for (int i = 0; i < 40 && !accel_error_is_set(); i++) {
                object *o = make(ends);
                *made += o != NULL;
                accel_keep_handle(o);
            }
        }
    }
    return !accel_error_is_set();
}

/* Without memory nothing is made, nothing is taken, and nothing is left alive. */
static void survives_failed_allocations(void **state)
{
    (void)state;
    bool done = false;
    for (size_t nth = 1; !done; nth++) {
        int ends = 0, made = 0;
        memory_fail_at(nth);
        done = make_many(&ends, &made);
        memory_fail_at(0);
        assert_true(done || accel_error_status() == ACCEL_ENOMEM);
        accel_error_clear();
        assert_int_equal(ends, made);
        assert_int_equal(accel_live_handles(), 0);
        assert_in_range(nth, 1, 50);
    }
}

static void a_handle_stays_put_when_it_cannot_be_kept(void **state)
{
    (void)state;
    int ends = 0;
    object *borrowed = make(&ends);
    object_disown(borrowed);
    accel_scoped() {
        accel_scoped() {
            object *o = make(&ends);
            memory_fail_at(1);
            assert_ptr_equal(accel_keep_handle(o), o);
            assert_int_equal(accel_error_status(), ACCEL_ENOMEM);
            accel_error_clear();
            memory_fail_at(1);
            assert_null(accel_keep_handle(borrowed));
            assert_int_equal(accel_error_status(), ACCEL_ENOMEM);
            accel_error_clear();
            memory_fail_at(0);
        }
        assert_int_equal(ends, 1);
    }
    object_release(borrowed);
    assert_int_equal(ends, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_clean, end_clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ends_with_its_scope),
        TEST(can_be_freed_in_any_order),
        TEST(works_while_an_error_is_recorded),
        TEST(blocks_end_however_they_are_left),
        TEST(keep_moves_one_scope_out),
        TEST(macros_take_handles_of_each_kind),
        TEST(keep_gives_borrowed_handles_an_owner),
        TEST(scopes_end_in_any_order),
        TEST(a_scope_can_be_entered_again),
        TEST(results_pass_out_of_a_functions_scope),
        TEST(survives_failed_allocations),
        TEST(a_handle_stays_put_when_it_cannot_be_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
