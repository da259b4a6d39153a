/* The gradients of a batch of 64 against the reference's single process: the whole batch in one process, and, when a
 * launcher starts this program, an equal part of it in each of its processes. */
#include "parity/gradients.h"

enum { JOINED_BATCH_SIZE = 64, SEED = 42 };

/* A launcher's processes must find each other: alone, each would compare a whole batch and pass. */
static void expect_all_processes(accelerator *acc)
{
    const char *count = getenv("WORLD_SIZE");
    assert_int_equal(accelerator_num_processes(acc), count ? strtol(count, NULL, 10) : 1);
}

static void equal_the_reference(void **state)
{
    (void)state;
    const char *model_path = path_in("ACCEL_TEST_ORACLE", "two_ranks/start_dropout0");
    accelerator *acc = accelerator_create(.cpu = true, .data_seed = SEED);
    accel_set_seed(SEED);
    expect_no_failure();
    expect_all_processes(acc);
    accel_module *model = accel_model_from_pretrained(model_path, .num_labels = 2);
    accel_loader *loader =
        accel_loader_create(read_reviews(model_path).train,
                            .batch_size = JOINED_BATCH_SIZE / accelerator_num_processes(acc), .shuffle = true);
    accelerator_prepare(acc, model, loader);
    accel_for_each (batch, loader) {
        accelerator_backward(acc, accel_get(accel_forward(model, batch), "loss"));
        break;
    }
    compare_gradients(model, "two_ranks/gradients_joined.safetensors", 1e-5);
    assert_int_equal(accelerator_finish(acc), 0);
    assert_int_equal(accel_live_handles(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(equal_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
