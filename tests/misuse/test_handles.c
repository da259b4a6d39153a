/* What a program does by mistake must end in a message, and what it does in an odd order must work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <accel/accel.h>

static accel_tensor *tensor_of(float value)
{
    return accel_tensor_copy_from(&value, ACCEL_FLOAT32, ACCEL_SHAPE(1));
}

static void expect_error(accel_status status, const char *part)
{
    if (accel_error_status() != status || !strstr(accel_error_text(), part))
        fail_msg("got %s: \"%s\"", accel_status_name(accel_error_status()), accel_error_text());
    accel_error_clear();
}

static accel_loader *make_loader(int workers)
{
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "x", accel_arange(64));
    return accel_loader_create(accel_tensor_dataset(tensors), .batch_size = 4, .num_workers = workers);
}

/* ---- handles ---- */

static void release_for_free_is_refused(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *t = tensor_of(1);
        accel_release(t);
        expect_error(ACCEL_EINVAL, "use accel_free()");
        assert_float_equal(accel_item(t), 1, 0);
    }
    assert_int_equal(accel_live_handles(), 0);
}

static accel_tensor *give_cached(accel_module *self, accel_tensor *input, void *user)
{
    (void)self, (void)input;
    return *(accel_tensor **)user;
}

static void a_forward_result_is_new_even_when_kept_elsewhere(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *cached = tensor_of(7);
        accel_module *module = accel_module_create(.forward = give_cached, .user = &cached);
        accel_tensor *result = accel_forward(module, tensor_of(1));
        assert_ptr_not_equal(result, cached);
        accel_free(result);
        assert_float_equal(accel_item(cached), 7, 0);
    }
    assert_int_equal(accel_live_handles(), 0);
}

/* ---- operations by name ---- */

static void enumerations_are_checked(void **state)
{
    (void)state;
    static const int wrong_dtypes[] = {200, -1, 300};
    accel_scoped() {
        accel_tensor *x = tensor_of(1);
        for (int i = 0; i < 3; i++) {
            assert_null(accel_op("aten::to.dtype", x, wrong_dtypes[i]));
            expect_error(ACCEL_EINVAL, "dtype");
        }
        assert_null(accel_op("aten::contiguous", x, 99));
        expect_error(ACCEL_EINVAL, "memory_format");
    }
}

static void devices_that_hold_no_memory_are_refused(void **state)
{
    (void)state;
    float out[2];
    accel_scoped() {
        accel_tensor *meta = accel_op("aten::ones", ACCEL_INTS(2), ACCEL_NONE, ACCEL_NONE, "meta");
        assert_int_equal(accel_tensor_copy_to(meta, out, sizeof out), ACCEL_EUNSUPPORTED);
        expect_error(ACCEL_EUNSUPPORTED, "meta");
        assert_null(accel_tensor_data(meta));
        expect_error(ACCEL_EUNSUPPORTED, "meta");
    }
}

static void negated_views_are_copied_as_they_read(void **state)
{
    (void)state;
    float parts[2] = {1, 3}, out = 0;
    accel_scoped() {
        accel_tensor *z =
            accel_op("aten::view_as_complex", accel_tensor_copy_from(parts, ACCEL_FLOAT32, ACCEL_SHAPE(2)));
        accel_tensor *view = accel_op("aten::imag", accel_op("aten::_conj", z));
        assert_int_equal(accel_tensor_copy_to(view, &out, sizeof out), ACCEL_OK);
        assert_float_equal(out, -3, 0);
        assert_null(accel_tensor_data(view));
        expect_error(ACCEL_EUNSUPPORTED, "negated");
    }
}

/* ---- loops ---- */

static void exit_within_a_loop_is_quiet(void **state)
{
    (void)state;
    for (int run = 0; run < 20; run++) {
        pid_t child = fork();
        if (child == 0) {
            int batches = 0;
            accel_for_each (batch, make_loader(4)) {
                accel_op("aten::roll", accel_get(batch, "x"), ACCEL_INTS(1), ACCEL_INTS(0));
                if (++batches == 3)
                    exit(0);
            }
            _exit(1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

static void finish_ends_a_raw_loop(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    accel_loader *loader = make_loader(2);
    assert_int_equal(accel_loader_begin(loader), ACCEL_OK);
    assert_non_null(accel_loader_next(loader));
    assert_int_equal(accelerator_finish(acc), 0);
    assert_int_equal(accel_live_handles(), 0);
}

/* ---- a step that fails does not count ---- */

static double step_once(accel_optimizer *optimizer, accel_tensor *w, accel_tensor *gradient)
{
    accel_set_grad(w, gradient);
    accel_optimizer_step(optimizer);
    return accel_item(w);
}

static void a_failed_step_is_no_step(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *one = tensor_of(1), *w[2];
        accel_optimizer *optimizers[2];
        for (int i = 0; i < 2; i++) {
            accel_dict *parameters = accel_dict_create();
            w[i] = tensor_of(5);
            accel_set_requires_grad(w[i], true);
            accel_dict_set(parameters, "w", w[i]);
            optimizers[i] = accel_adamw(NULL, .lr = 0.1);
            accel_optimizer_add_group(optimizers[i], parameters);
        }
        accel_try(err) {
            accel_error_raise(ACCEL_EINVAL, "test", "on purpose");
            accel_optimizer_step(optimizers[1]);
            assert_int_equal(err->status, ACCEL_EINVAL);
        }
        for (int i = 0; i < 3; i++)
            assert_true(step_once(optimizers[0], w[0], one) == step_once(optimizers[1], w[1], one));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_within_a_loop_is_quiet),
        cmocka_unit_test(release_for_free_is_refused),
        cmocka_unit_test(a_forward_result_is_new_even_when_kept_elsewhere),
        cmocka_unit_test(enumerations_are_checked),
        cmocka_unit_test(devices_that_hold_no_memory_are_refused),
        cmocka_unit_test(negated_views_are_copied_as_they_read),
        cmocka_unit_test(finish_ends_a_raw_loop),
        cmocka_unit_test(a_failed_step_is_no_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
