/* Batches of different sizes, gathered: every sample once, in the order of the epoch's batches. */
#include "ranks.h"

enum { SAMPLES = 40 };

/* Batches of 1 to 4 samples, as many as `user` says. */
static accel_status add_batches(void *user, int64_t epoch, accel_batch_list *list)
{
    int64_t number = 0;
    for (int64_t k = 0; k < *(int64_t *)user; k++) {
        int64_t indices[4], size = (3 * k + epoch) % 4 + 1;
        for (int64_t i = 0; i < size; i++)
            indices[i] = number++;
        accel_batch_list_add(list, indices, (size_t)size);
    }
    return accel_error_status();
}

static int64_t samples_in(int64_t batches, int64_t epoch)
{
    int64_t count = 0;
    for (int64_t k = 0; k < batches; k++)
        count += (3 * k + epoch) % 4 + 1;
    return count;
}

static accel_dataset *samples(void)
{
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x", accel_arange(SAMPLES));
    accel_dict_set(data, "y", accel_op("aten::reshape", accel_arange(2 * SAMPLES), ACCEL_INTS(-1, 2)));
    return accel_tensor_dataset(data);
}

static int gather_epoch(accelerator *acc, accel_loader *loader, int64_t batches, int64_t epoch)
{
    int64_t seen = 0;
    accel_for_each (batch, loader) {
        accel_dict *all = accelerator_gather_for_metrics_dict(acc, batch);
        accel_tensor *y = accelerator_gather_for_metrics(acc, accel_get(batch, "y"));
        const int64_t *numbers = data_of(accel_get(all, "x")), *pairs = data_of(y);
        CHECK(accel_tensor_size(y, 0) == accel_tensor_numel(accel_get(all, "x")));
        for (int64_t i = 0; i < accel_tensor_size(y, 0); i++, seen++)
            CHECK(numbers[i] == seen && pairs[2 * i] == 2 * seen && pairs[2 * i + 1] == 2 * seen + 1);
    }
    CHECK(seen == samples_in(batches, epoch));
    return 0;
}

static int gather_lists(void *user)
{
    (void)user;
    for (int dispatch = 0; dispatch < 2; dispatch++) {
        accelerator *acc = accelerator_create(.dispatch_batches = dispatch, .timeout = 60);
        for (int64_t batches = 0; batches < 9; batches++)
            accel_scoped() {
                accel_loader *loader =
                    accel_loader_create(samples(), .batches = add_batches, .batches_user = &batches);
                accelerator_prepare(acc, loader);
                for (int64_t epoch = 0; epoch < 3; epoch++)
                    CHECK(gather_epoch(acc, loader, batches, epoch) == 0);
                accelerator_free_memory(acc);
            }
        CHECK(accelerator_finish(acc) == 0);
    }
    return 0;
}

static void gathers_batches_of_any_sizes(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++)
        run_in(processes, gather_lists);
}

/* ---- what cannot be gathered is the same error in all ---- */

static int give_wrong_rows(void *user)
{
    (void)user;
    int64_t batches = 4; /* of 1, 4, 3, 2 */
    accelerator *acc = accelerator_create(.timeout = 60);
    bool main = accelerator_is_main_process(acc);
    accel_loader *loader = accel_loader_create(samples(), .batches = add_batches, .batches_user = &batches);
    accelerator_prepare(acc, loader);
    accel_for_each (batch, loader) {
        accel_tensor *rows = accel_get(batch, "x"),
                     *wrong = near(acc, accel_zeros(ACCEL_INT64, ACCEL_SHAPE(7)));
        accelerator_gather_for_metrics(acc, main ? wrong : rows);
        CHECK_ERROR(ACCEL_EINVAL, "tensor must have a row for each of the batch's");
        CHECK_ERROR(ACCEL_EINVAL, "samples, got 7");
        accel_error_clear();
        CHECK(accel_tensor_numel(accelerator_gather_for_metrics(acc, rows)) == 5);
    }
    return accelerator_finish(acc);
}

static int miss_a_batch(void *user)
{
    (void)user;
    int64_t batches = 3;
    accelerator *acc = accelerator_create(.even_batches = false, .timeout = 60);
    accel_loader *loader = accel_loader_create(samples(), .batches = add_batches, .batches_user = &batches);
    accelerator_prepare(acc, loader);
    int rounds = 0;
    accel_for_each (batch, loader) {
        accelerator_gather_for_metrics(acc, accel_get(batch, "x"));
        if (++rounds == 2)
            CHECK_ERROR(ACCEL_EINVAL, "process 1 has no batch any more, so that it cannot come here: see "
                                      "accelerator_join_uneven_inputs");
        accel_error_clear();
    }
    CHECK(rounds == (accelerator_is_main_process(acc) ? 2 : 1));
    return accelerator_finish(acc);
}

static void refuses_in_all_processes(void **state)
{
    (void)state;
    run_in(2, give_wrong_rows);
    run_in(2, miss_a_batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathers_batches_of_any_sizes),
        cmocka_unit_test(refuses_in_all_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
