/* Gradients: what is recorded, what backward adds up, and what it refuses. */
#include "tensors.h"

#include <pthread.h>

#include <accel/log.h>

static accel_tensor *leaf(accel_tensor *tensor)
{
    accel_set_requires_grad(tensor, true);
    return tensor;
}

/* Whether this thread records for gradients now. */
static bool records(void)
{
    bool recorded = false;
    accel_scoped() {
        recorded = accel_requires_grad(accel_neg(leaf(accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1)))));
    }
    expect_no_failure();
    return recorded;
}

static void adds_up_gradients(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = leaf(FLOATS(ACCEL_SHAPE(2, 2), 1, -2, 3, 0.5f)),
                     *w = leaf(FLOATS(ACCEL_SHAPE(2), 2, -1));
        accel_tensor *constant = FLOATS(ACCEL_SHAPE(2), 10, 20);
        assert_null(accel_grad(x));
        for (int round = 1; round <= 2; round++) {
            accel_tensor *y = accel_add(accel_mul(accel_square(x), w), constant);
            assert_true(accel_requires_grad(y));
            assert_int_equal(accel_backward(accel_sum(y)), ACCEL_OK);
            EXPECT_VALUES(accel_grad(x), 0, round * 4, round * 4, round * 12, round * -1);
            EXPECT_VALUES(accel_grad(w), 0, round * 10, round * 4.25);
        }
        assert_false(accel_requires_grad(constant));
        assert_null(accel_grad(constant));
        expect_no_failure();
    }
}

static void replaces_and_drops_gradients(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = leaf(FLOATS(ACCEL_SHAPE(2), 1, 2)), *g = FLOATS(ACCEL_SHAPE(2), 7, 8);
        assert_int_equal(accel_set_grad(x, g), ACCEL_OK);
        assert_ptr_equal(accel_tensor_data(accel_grad(x)), accel_tensor_data(g));
        accel_fill_in_place(g, 5);
        EXPECT_VALUES(accel_grad(x), 0, 5, 5);
        accel_backward(accel_sum(x));
        EXPECT_VALUES(accel_grad(x), 0, 6, 6);
        assert_int_equal(accel_set_grad(x, NULL), ACCEL_OK);
        assert_null(accel_grad(x));
        expect_no_failure();
        accel_set_grad(x, FLOATS(ACCEL_SHAPE(1, 2), 7, 8));
        expect_failure(ACCEL_EINVAL, "accel_set_grad: gradient has shape (1, 2), the tensor has (2,)");
        accel_set_grad(x, INTEGERS(ACCEL_SHAPE(2), 7, 8));
        expect_failure(ACCEL_EINVAL, "accel_set_grad: gradient has dtype int64, the tensor has float32");
        accel_set_grad(x, x);
        expect_failure(ACCEL_EINVAL, "accel_set_grad: gradient is the tensor itself");
        assert_null(accel_grad(x));
    }
}

static void weighs_and_keeps_the_graph(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = leaf(FLOATS(ACCEL_SHAPE(3), 1, 2, 3)), *y = accel_square(x);
        assert_int_equal(accel_backward_from(y, FLOATS(ACCEL_SHAPE(3), 1, 0, -1), true), ACCEL_OK);
        EXPECT_VALUES(accel_grad(x), 0, 2, 0, -6);
        assert_int_equal(accel_backward_from(y, FLOATS(ACCEL_SHAPE(3), 1, 1, 1), false), ACCEL_OK);
        EXPECT_VALUES(accel_grad(x), 0, 4, 4, 0);
        assert_int_equal(accel_backward_from(y, FLOATS(ACCEL_SHAPE(3), 1, 1, 1), false), ACCEL_EINVAL);
        expect_failure_with(ACCEL_EINVAL, "accel_backward_from: what was saved for this backward pass is gone");
        EXPECT_VALUES(accel_grad(x), 0, 4, 4, 0);
        accel_backward_from(accel_square(x), FLOATS(ACCEL_SHAPE(2), 1, 1), false);
        expect_failure_with(ACCEL_EENGINE, "accel_backward_from: ");
        accel_backward(accel_square(x));
        expect_failure_with(ACCEL_EENGINE,
                            "accel_backward: grad can be implicitly created only for scalar outputs");
        accel_backward(accel_sum(accel_detach(x)));
        expect_failure_with(ACCEL_EENGINE, "accel_backward: element 0 of tensors does not require grad");
        accel_backward(NULL);
        expect_failure(ACCEL_EINVAL, "accel_backward: tensor is NULL");
    }
}

static void cuts_off(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = leaf(FLOATS(ACCEL_SHAPE(2), 1, 2)), *y = accel_square(x), *cut = accel_detach(y);
        assert_false(accel_requires_grad(cut));
        assert_ptr_equal(accel_tensor_data(cut), accel_tensor_data(y));
        accel_backward(accel_sum(accel_mul(x, cut)));
        EXPECT_VALUES(accel_grad(x), 0, 1, 4);
    }
}

static void is_for_floating_leaves(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = leaf(FLOATS(ACCEL_SHAPE(2), 1, 2)), *y = accel_square(x), *n = accel_arange(3);
        accel_set_requires_grad(y, false);
        expect_failure(
            ACCEL_EINVAL,
            "accel_set_requires_grad: tensor is computed from others, expected a leaf; accel_detach gives one");
        assert_true(accel_requires_grad(y));
        accel_set_requires_grad(n, true);
        expect_failure(ACCEL_EINVAL,
                       "accel_set_requires_grad: tensor has dtype int64, gradients need a floating one");
        assert_int_equal(accel_set_requires_grad(n, false), ACCEL_OK);
        assert_int_equal(accel_set_requires_grad(x, false), ACCEL_OK);
        assert_false(accel_requires_grad(x));
        assert_false(accel_requires_grad(NULL));
        expect_failure(ACCEL_EINVAL, "accel_requires_grad: tensor is NULL");
        leaf(x);
        assert_null(accel_fill_in_place(x, 0));
        expect_failure_with(ACCEL_EENGINE, "accel_fill_in_place: a leaf Variable that requires grad");
        accel_no_grad() {
            assert_non_null(accel_fill_in_place(x, 4));
        }
        EXPECT_VALUES(x, 0, 4, 4);
        assert_true(accel_requires_grad(x));
    }
}

static void count_warning(accel_log_level level, const char *line, void *user)
{
    if (level == ACCEL_LOG_WARNING && strstr(line, "engine: The .grad attribute"))
        ++*(int *)user;
}

static void warns_through_the_log(void **state)
{
    (void)state;
    int warnings = 0;
    accel_log_set_callback(count_warning, &warnings);
    accel_scoped() {
        accel_tensor *x = leaf(FLOATS(ACCEL_SHAPE(1), 2)), *y = accel_square(x);
        accel_backward(y);
        assert_null(accel_grad(y));
        expect_no_failure();
    }
    accel_log_set_callback(NULL, NULL);
    assert_int_equal(warnings, 1);
}

static int leave_by_return(void)
{
    accel_no_grad() {
        assert_false(records());
        return 3;
    }
    return 0;
}

static void no_grad_ends_however_it_is_left(void **state)
{
    (void)state;
    assert_true(records());
    accel_no_grad() {
        assert_false(records());
        accel_no_grad() {
            assert_false(records());
        }
        assert_false(records());
    }
    assert_true(records());
    int runs = 0;
    accel_no_grad() {
        runs++;
        if (runs)
            break;
        runs += 10;
    }
    assert_int_equal(runs, 1);
    assert_true(records());
    for (int i = 0; i < 3; i++)
        accel_no_grad() {
            runs++;
            if (i < 2)
                continue;
            runs++;
        }
    assert_int_equal(runs, 5);
    assert_true(records());
    assert_int_equal(leave_by_return(), 3);
    assert_true(records());
    accel_no_grad() {
        goto out;
    }
out:
    assert_true(records());
    accel_no_grad_block outer = accel_no_grad_begin(), inner = accel_no_grad_begin();
    accel_no_grad_end(&inner);
    assert_false(records());
    accel_no_grad_end(&outer);
    assert_true(records());
}

static void *record_on_another_thread(void *argument)
{
    *(bool *)argument = records();
    return NULL;
}

static void no_grad_is_of_one_thread(void **state)
{
    (void)state;
    bool recorded = false;
    accel_no_grad() {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, record_on_another_thread, &recorded), 0);
        pthread_join(thread, NULL);
        assert_false(records());
    }
    assert_true(recorded);
}

static void does_nothing_after_a_failure(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = leaf(FLOATS(ACCEL_SHAPE(1), 2)), *y = accel_square(x);
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_int_equal(accel_backward(y), ACCEL_EIO);
        assert_int_equal(accel_set_requires_grad(x, false), ACCEL_EIO);
        assert_int_equal(accel_set_grad(x, y), ACCEL_EIO);
        assert_null(accel_grad(x));
        assert_null(accel_detach(x));
        assert_true(accel_requires_grad(x));
        accel_no_grad() {
            assert_true(accel_error_is_set());
        }
        expect_failure(ACCEL_EIO, "test: first");
        assert_true(records());
        assert_null(accel_grad(x));
        assert_int_equal(accel_backward(y), ACCEL_OK);
        EXPECT_VALUES(accel_grad(x), 0, 4);
    }
}

static void tells_handles_that_ended(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = leaf(FLOATS(ACCEL_SHAPE(1), 2)), *stale = NULL;
        accel_scoped() {
            stale = accel_square(x);
        }
        accel_backward(stale);
        expect_failure(ACCEL_ESTALE,
                       "accel_backward: tensor: this tensor ended with its batch or scope; use accel_keep()");
        accel_backward_from(accel_square(x), stale, false);
        expect_failure_with(ACCEL_ESTALE, "accel_backward_from: gradient: ");
        accel_set_grad(x, stale);
        expect_failure_with(ACCEL_ESTALE, "accel_set_grad: gradient: ");
        accel_set_grad(stale, x);
        expect_failure_with(ACCEL_ESTALE, "accel_set_grad: tensor: ");
        EXPECT_REFUSED(accel_grad(stale), ACCEL_ESTALE, "accel_grad: ");
        EXPECT_REFUSED(accel_detach(stale), ACCEL_ESTALE, "accel_detach: ");
        accel_set_requires_grad(stale, true);
        expect_failure_with(ACCEL_ESTALE, "accel_set_requires_grad: ");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(adds_up_gradients),
        TEST(replaces_and_drops_gradients),
        TEST(weighs_and_keeps_the_graph),
        TEST(cuts_off),
        TEST(is_for_floating_leaves),
        TEST(warns_through_the_log),
        TEST(no_grad_ends_however_it_is_left),
        TEST(no_grad_is_of_one_thread),
        TEST(does_nothing_after_a_failure),
        TEST(tells_handles_that_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
