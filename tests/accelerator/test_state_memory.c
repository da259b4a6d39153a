/* States saved and loaded while memory runs out: an error, and what was there stays. */
#include "base/memory.h"
#include "training_run.h"

static int run_out_of_memory(void *user)
{
    (void)user;
    training_run r;
    run_some(&r, accelerator_create(.timeout = 60, .data_seed = 7), 1, save_once, "memory");
    bool saved = false, loaded = false;
    size_t saves = 0, loads = 0;
    for (; !saved && saves < 100000; saves += saves < 400 ? 1 : 97)
        accel_try(error) {
            memory_fail_at(saves + 1);
            saved = accelerator_save_state(r.acc, "memory", .async = saves % 2) == ACCEL_OK &&
                    accelerator_wait_for_save_state(r.acc) == ACCEL_OK && memory_fail_at(0) <= saves;
            memory_fail_at(0);
            CHECK(!accel_error_is_set() || accel_error_status() == ACCEL_ENOMEM);
        }
    CHECK(saved && accelerator_load_state(r.acc, "memory") == ACCEL_OK);
    for (; !loaded && loads < 100000; loads += loads < 400 ? 1 : 97)
        accel_try(error) {
            memory_fail_at(loads + 1);
            loaded = accelerator_load_state(r.acc, "memory") == ACCEL_OK && memory_fail_at(0) <= loads;
            memory_fail_at(0);
            CHECK(!accel_error_is_set() || accel_error_status() == ACCEL_ENOMEM);
        }
    CHECK(loaded && accelerator_load_state(r.acc, "memory") == ACCEL_OK);
    print_message("out of memory after %zu allocations of a save, %zu of a load\n", saves, loads);
    return accelerator_finish(r.acc);
}

static void test_memory(void **state)
{
    (void)state;
    run_in(1, run_out_of_memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
