/* What launchers say about ranks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/environment.h"

static void counts_slurms_tasks_of_a_node(void **state)
{
    (void)state;
    static const struct {
        const char *list, *node;
        int expected;
    } cases[] = {
        {"4(x2)", "0", 4},
        {"4(x2)", "1", 4},
        {"2,3(x2)", "0", 2},
        {"2,3(x2)", "2", 3},
        {"8", "0", 8},
        /* nothing that fits: all of them */
        {"4(x2)", "2", 8},
        {"1(x8)", "7", 8},
        {"9(x2)", "0", 8},
        {"4(x", "1", 8},
        {"many", "0", 8},
        {"", "0", 8},
        {"4(x2)", "", 8},
    };
    setenv("SLURM_STEP_NUM_TASKS", "8", 1);
    setenv("SLURM_PROCID", "5", 1);
    setenv("SLURM_LOCALID", "1", 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        environment_ranks ranks;
        setenv("SLURM_STEP_TASKS_PER_NODE", cases[i].list, 1);
        setenv("SLURM_NODEID", cases[i].node, 1);
        assert_int_equal(environment_read_ranks(&ranks), ACCEL_OK);
        assert_int_equal(ranks.local_world_size, cases[i].expected);
        assert_true(ranks.rank == 5 && ranks.local_rank == 1 && ranks.world_size == 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_slurms_tasks_of_a_node)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
