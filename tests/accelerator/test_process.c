/* What is set once for the whole process: threads, malloc, matrix products. */
#include <malloc.h>
#include <sched.h>

#include "accelerator/capture.h"
#include "accelerator/process.h"
#include "engine/engine.h"

/* Threads that process_set_threads chooses when the process may run on so many cores. */
static int threads_on(int cores, int local_world_size)
{
    cpu_set_t before, few;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&few);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&few) < cores; cpu++)
        if (CPU_ISSET(cpu, &before))
            CPU_SET(cpu, &few);
    assert_int_equal(sched_setaffinity(0, sizeof few, &few), 0);
    accel_status status = process_set_threads(0, local_world_size);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(status, ACCEL_OK);
    return engine_threads();
}

static int usable_cores(void)
{
    cpu_set_t cores;
    assert_int_equal(sched_getaffinity(0, sizeof cores, &cores), 0);
    return CPU_COUNT(&cores);
}

static void takes_as_many_threads_as_it_is_told(void **state)
{
    (void)state;
    assert_int_equal(process_set_threads(3, 1), ACCEL_OK);
    assert_int_equal(engine_threads(), 3);
    setenv("OMP_NUM_THREADS", "7", 1);
    assert_int_equal(process_set_threads(2, 8), ACCEL_OK); /* the program has the last word */
    assert_int_equal(engine_threads(), 2);
}

static void leaves_the_environments_choice(void **state)
{
    (void)state;
    process_set_threads(3, 1);
    setenv("OMP_NUM_THREADS", "1", 1); /* which the engine has read when it started */
    assert_int_equal(process_set_threads(0, 1), ACCEL_OK);
    assert_int_equal(engine_threads(), 3);
}

static void shares_the_cores_of_a_machine(void **state)
{
    (void)state;
    unsetenv("OMP_NUM_THREADS");
    assert_int_equal(threads_on(1, 1), 1);
    assert_int_equal(threads_on(1, 4), 1); /* never none */
    assert_int_equal(threads_on(usable_cores(), 1), usable_cores());
    assert_int_equal(threads_on(usable_cores(), usable_cores()), 1);
    setenv("OMP_NUM_THREADS", "", 1);
    assert_int_equal(threads_on(usable_cores(), 1), usable_cores());
}

static void keeps_large_blocks(void **state)
{
    (void)state;
    enum { SIZE = 64 << 20 };
#ifdef __SANITIZE_ADDRESS__ /* which brings a malloc of its own */
    skip();
#endif
    size_t mapped = mallinfo2().hblks;
    void *block = malloc(SIZE);
    assert_non_null(block);
    assert_int_equal(mallinfo2().hblks, mapped + 1); /* it is a map of its own */
    free(block);
    assert_int_equal(mallinfo2().hblks, mapped);
    process_keep_memory(1);
    block = malloc(SIZE);
    assert_non_null(block);
    assert_int_equal(mallinfo2().hblks, mapped);
    free(block);
    assert_true(mallinfo2().fordblks >= SIZE); /* and is not given back */
}

/* Both ways give the same product but for the last digits. */
static void matrix_products_agree(void **state)
{
    (void)state;
    accel_tensor *product[2] = {NULL};
    accel_scope *scope = accel_scope_begin();
    accel_set_seed(1);
    accel_tensor *a = accel_randn(NULL, ACCEL_SHAPE(256, 384)), *b = accel_randn(NULL, ACCEL_SHAPE(384, 512));
    for (int fast = 0; fast < 2; fast++) {
        setenv("ACCEL_FAST_MATMUL", fast ? "1" : "0", 1);
        assert_int_equal(process_set_fast_matmul(true), ACCEL_OK);
        product[fast] = accel_matmul(a, b);
    }
    double worst = accel_item(accel_max(accel_abs(accel_sub(product[0], product[1]))));
    assert_true(worst < 1e-4 * accel_item(accel_max(accel_abs(product[0]))));
    setenv("ACCEL_FAST_MATMUL", "0", 1);
    assert_int_equal(process_set_fast_matmul(true), ACCEL_OK);
    assert_true(accel_item(accel_all(accel_eq(accel_matmul(a, b), product[0]))) == 1);
    expect_no_failure();
    accel_scope_end(scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_as_many_threads_as_it_is_told),
        TEST(leaves_the_environments_choice),
        TEST(shares_the_cores_of_a_machine),
        TEST(keeps_large_blocks),
        TEST(matrix_products_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
