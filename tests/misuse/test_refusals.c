/* Found by trying: each of these crashed, or went on with something else than what was asked. */
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <accel/accel.h>

static void expect_error(accel_status status, const char *part)
{
    if (accel_error_status() != status || !strstr(accel_error_text(), part))
        fail_msg("got %s: \"%s\"", accel_status_name(accel_error_status()), accel_error_text());
    accel_error_clear();
}

static accel_dict *kept;

static accel_dict *give_kept(void *user, const int64_t *indices, size_t count)
{
    (void)user, (void)indices, (void)count;
    return kept;
}

static void a_batch_that_the_dataset_keeps_stays_its_own(void **state)
{
    (void)state;
    for (int workers = 0; workers < 3; workers++)
        accel_scoped() {
            kept = accel_dict_create();
            accel_dict_set(kept, "x", accel_arange(2));
            accel_dataset *dataset = accel_dataset_create(.length = 8, .batch = give_kept);
            accel_loader *loader = accel_loader_create(dataset, .batch_size = 4, .num_workers = workers);
            for (int epoch = 0; epoch < 3; epoch++)
                accel_for_each (batch, loader)
                    assert_int_equal(accel_item_integer(accel_sum(accel_get(batch, "x"))), 1);
            assert_false(accel_error_is_set());
            assert_int_equal(accel_dict_count(kept), 1);
        }
    assert_int_equal(accel_live_handles(), 0);
}

static void *finish_elsewhere(void *acc) { return (void *)(intptr_t)accelerator_finish(acc); }

static void an_accelerator_belongs_to_its_thread(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, finish_elsewhere, acc), 0);
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, 1);
    assert_non_null(accel_arange(3));
    assert_int_equal(accelerator_finish(acc), 0);
    assert_int_equal(accel_live_handles(), 0);
}

static void null_ends_nothing(void **state)
{
    (void)state;
    accel_no_grad_end(NULL);
    accel_try_end(NULL);
    accel_loop_end(NULL);
    accel_no_init_end(NULL);
    accel_scope_block_end(NULL);
    accel_log_line((accel_log_level)99, "of an unknown level");
    assert_null(accel_collate_stack(NULL, NULL, 3));
    expect_error(ACCEL_EINVAL, "no samples");
    assert_null(accel_collate_padded(NULL, 3, NULL, 3));
    expect_error(ACCEL_EINVAL, "no samples");
}

static void a_scope_ends_once(void **state)
{
    (void)state;
    accel_scope *scope = accel_scope_begin();
    accel_scope_end(scope);
    accel_scope_end(scope);
    expect_error(ACCEL_EINVAL, "ended already");
}

static accel_tensor *call_itself(accel_module *self, accel_tensor *input, void *user)
{
    (void)user;
    return accel_forward(self, input);
}

static accel_tensor *give_itself(accel_module *self, accel_tensor *input, void *user)
{
    (void)input, (void)user;
    return (accel_tensor *)(void *)self;
}

static void a_forward_is_checked(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_arange(2);
        assert_null(accel_forward(accel_module_create(.forward = call_itself), x));
        expect_error(ACCEL_EINVAL, "does one call itself?");
        assert_null(accel_forward(accel_module_create(.forward = give_itself), x));
        expect_error(ACCEL_EINVAL, "the result is a module");
    }
    assert_int_equal(accel_live_handles(), 0);
}

static void settings_of_a_launcher_are_not_ignored(void **state)
{
    (void)state;
    setenv("ACCELERATE_MIXED_PRECISION", "fp8", 1);
    assert_null(accelerator_create());
    expect_error(ACCEL_EUNSUPPORTED, "ACCELERATE_MIXED_PRECISION must be no, fp16 or bf16, got \"fp8\"");
    setenv("ACCELERATE_MIXED_PRECISION", "no", 1);
    setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4.5", 1);
    assert_null(accelerator_create());
    expect_error(ACCEL_EINVAL, "ACCELERATE_GRADIENT_ACCUMULATION_STEPS must be a number");
    unsetenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS");
    setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
    setenv("OMPI_COMM_WORLD_RANK", "1", 1);
    assert_null(accelerator_create());
    expect_error(ACCEL_EINVAL, "OMPI_COMM_WORLD_SIZE is 2 and MASTER_ADDR is not set");
    unsetenv("OMPI_COMM_WORLD_RANK");
    unsetenv("OMPI_COMM_WORLD_SIZE");
    assert_null(accelerator_create(.num_threads = 100000));
    expect_error(ACCEL_EINVAL, "num_threads");
    assert_int_equal(accelerator_finish(accelerator_create()), 0);
}

static void numbers_have_limits(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *tensors = accel_dict_create();
        accel_dict_set(tensors, "x", accel_arange(4));
        accel_loader *loader = accel_loader_create(accel_tensor_dataset(tensors));
        assert_int_equal(accel_loader_set_epoch(loader, INT64_MAX), ACCEL_EINVAL);
        expect_error(ACCEL_EINVAL, "epoch");
        assert_null(accel_adamw(NULL, .lr = (double)INFINITY));
        expect_error(ACCEL_EINVAL, "lr must be finite");
        assert_null(accel_to_dtype(accel_arange(2), (accel_dtype)-1));
        expect_error(ACCEL_EINVAL, "dtype");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_that_the_dataset_keeps_stays_its_own),
        cmocka_unit_test(an_accelerator_belongs_to_its_thread),
        cmocka_unit_test(null_ends_nothing),
        cmocka_unit_test(a_scope_ends_once),
        cmocka_unit_test(a_forward_is_checked),
        cmocka_unit_test(settings_of_a_launcher_are_not_ignored),
        cmocka_unit_test(numbers_have_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
