/* Named tensors. */
#include "tensors.h"

#include <accel/dict.h>

#include "base/memory.h"

static accel_tensor *number(double value) { return accel_scalar(value, ACCEL_FLOAT32); }

static void keeps_the_order_of_setting(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *d = accel_dict_create();
        const char *const names[] = {"loss", "logits", "", "a.b.c", "logits2", "\xc3\xa4\n\"%s"};
        assert_int_equal(accel_dict_count(d), 0);
        for (int i = 0; i < 6; i++)
            assert_int_equal(accel_dict_set(d, names[i], number(i)), ACCEL_OK);
        assert_int_equal(accel_dict_set(d, "logits", number(10)), ACCEL_OK);
        assert_int_equal(accel_dict_count(d), 6);
        for (size_t i = 0; i < 6; i++) {
            assert_string_equal(accel_dict_name(d, i), names[i]);
            assert_true(accel_dict_has(d, names[i]));
            assert_ptr_equal(accel_dict_tensor(d, i), accel_get(d, names[i]));
            assert_true(accel_item(accel_get(d, names[i])) == (i == 1 ? 10 : (double)i));
        }
        assert_null(accel_dict_name(d, 6));
        assert_null(accel_dict_tensor(d, SIZE_MAX));
        assert_false(accel_dict_has(d, "los"));
        expect_no_failure();
        assert_int_equal(accel_dict_remove(d, "logits"), ACCEL_OK);
        assert_int_equal(accel_dict_count(d), 5);
        assert_string_equal(accel_dict_name(d, 1), "");
        assert_int_equal(accel_dict_set(d, "logits", number(11)), ACCEL_OK);
        assert_string_equal(accel_dict_name(d, 5), "logits");
    }
}

static void holds_many(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *d = accel_dict_create();
        char name[32];
        for (int i = 0; i < 1000; i++) {
            snprintf(name, sizeof name, "layer.%d.weight", i);
            accel_dict_set(d, name, number(i));
        }
        for (int i = 0; i < 1000; i += 37) {
            snprintf(name, sizeof name, "layer.%d.weight", i);
            assert_true(accel_item(accel_get(d, name)) == i);
        }
        assert_int_equal(accel_dict_count(d), 1000);
    }
}

static void retains_its_tensors(void **state)
{
    (void)state;
    accel_dict *d = accel_dict_create();
    accel_tensor *x = number(1), *y = number(2);
    accel_dict_set(d, "x", x);
    accel_dict_set(d, "y", y);
    accel_dict_set(d, "x again", x);
    accel_free(x);
    assert_int_equal(accel_live_handles(), 3);
    assert_ptr_equal(accel_get(d, "x"), x);
    assert_true(accel_item(x) == 1);
    accel_free(accel_get(d, "x"));
    expect_failure(ACCEL_EINVAL, "accel_free: this tensor is only borrowed and ends with its owner");
    accel_dict_set(d, "x", y);
    accel_dict_remove(d, "x again");
    assert_null(accel_neg(x));
    expect_failure_with(ACCEL_ESTALE, "use accel_keep()");
    accel_free(d);
    assert_int_equal(accel_live_handles(), 1);
    assert_true(accel_item(y) == 2);
    accel_free(y);
}

/* accel_keep gives what a dict lends an owner of its own. */
static void lends_what_can_be_kept(void **state)
{
    (void)state;
    accel_tensor *loss = NULL;
    accel_scoped() {
        accel_dict *d = accel_dict_create();
        accel_tensor *x = number(3);
        accel_dict_set(d, "loss", x);
        accel_free(x);
        loss = accel_keep(accel_get(d, "loss"));
    }
    assert_true(accel_item(loss) == 3);
    accel_free(loss);
}

static void says_what_there_is(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *d = accel_dict_create();
        EXPECT_REFUSED(accel_get(d, "x"), ACCEL_ENOTFOUND, "accel_dict_get: no entry \"x\"; there is none");
        accel_dict_set(d, "loss", number(1));
        accel_dict_set(d, "logits", number(1));
        assert_null(accel_get(d, "los"));
        expect_failure(ACCEL_ENOTFOUND, "accel_dict_get: no entry \"los\"; there is \"loss\", \"logits\"");
        assert_int_equal(accel_dict_remove(d, "Loss"), ACCEL_ENOTFOUND);
        expect_failure(ACCEL_ENOTFOUND, "accel_dict_remove: no entry \"Loss\"; there is \"loss\", \"logits\"");
        char name[16];
        for (int i = 0; i < 30; i++) {
            snprintf(name, sizeof name, "%d", i);
            accel_dict_set(d, name, number(i));
        }
        EXPECT_REFUSED(accel_get(d, "x"), ACCEL_ENOTFOUND, "\"8\", \"9\" and 20 more");
    }
}

static void refuses_what_is_no_entry(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *d = accel_dict_create(), *stale = NULL;
        accel_tensor *x = number(1);
        accel_scoped() {
            stale = accel_dict_create();
        }
        assert_int_equal(accel_dict_set(d, NULL, x), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_dict_set: name is NULL");
        assert_int_equal(accel_dict_set(d, "loss", NULL), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_dict_set: loss is NULL");
        assert_int_equal(accel_dict_set(NULL, "loss", x), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_dict_set: dict is NULL");
        assert_int_equal(accel_dict_set(stale, "loss", x), ACCEL_ESTALE);
        expect_failure(ACCEL_ESTALE,
                       "accel_dict_set: dict: this dict ended with its batch or scope; use accel_keep()");
        EXPECT_REFUSED(accel_get(d, NULL), ACCEL_EINVAL, "accel_dict_get: name is NULL");
        assert_false(accel_dict_has(d, NULL));
        expect_failure(ACCEL_EINVAL, "accel_dict_has: name is NULL");
        assert_int_equal(accel_dict_remove(d, NULL), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_dict_remove: name is NULL");
        assert_int_equal(accel_dict_count(stale), 0);
        expect_failure_with(ACCEL_ESTALE, "accel_dict_count: ");
        EXPECT_REFUSED(accel_dict_name(stale, 0), ACCEL_ESTALE, "accel_dict_name: ");
        EXPECT_REFUSED(accel_dict_tensor(stale, 0), ACCEL_ESTALE, "accel_dict_tensor: ");
        EXPECT_REFUSED(accel_get((accel_dict *)(void *)x, "a"), ACCEL_EINVAL,
                       "dict is a tensor, expected a dict");
        assert_int_equal(accel_dict_count(d), 0);
    }
}

static void does_nothing_after_a_failure(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *d = accel_dict_create();
        accel_tensor *x = number(1);
        accel_dict_set(d, "x", x);
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_int_equal(accel_dict_set(d, "y", x), ACCEL_EIO);
        assert_int_equal(accel_dict_remove(d, "x"), ACCEL_EIO);
        assert_null(accel_get(d, "x"));
        assert_null(accel_dict_create());
        assert_int_equal(accel_dict_count(d), 1);
        assert_true(accel_dict_has(d, "x"));
        expect_failure(ACCEL_EIO, "test: first");
    }
}

/* Each allocation of a small program fails in turn: nothing is lost, and the failure is told. */
static void survives_failing_allocations(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        accel_tensor *x = number(1);
        memory_fail_at(nth);
        accel_dict *d = accel_dict_create();
        for (int i = 0; i < 20; i++)
            accel_dict_set(d, (const char[]){(char)('a' + i), '\0'}, x);
        memory_fail_at(0);
        bool failed = accel_error_is_set();
        if (failed)
            expect_failure_with(ACCEL_ENOMEM, "");
        assert_true(failed || accel_dict_count(d) == 20);
        accel_free(d);
        accel_free(x);
        assert_int_equal(accel_live_handles(), 0);
        if (!failed) {
            assert_true(nth > 20);
            return;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_the_order_of_setting),   TEST(holds_many),
        TEST(retains_its_tensors),          TEST(lends_what_can_be_kept),
        TEST(says_what_there_is),           TEST(refuses_what_is_no_entry),
        TEST(does_nothing_after_a_failure), TEST(survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
