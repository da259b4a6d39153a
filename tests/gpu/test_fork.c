/* A process that is made by another which has looked for GPUs can have none, and says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <accel/accel.h>

static int create(void *user)
{
    bool *cpu = user;
    accelerator *acc = accelerator_create(.timeout = 20, .cpu = *cpu);
    bool is_told = strstr(accel_error_text(),
                          "accel_device_count: this process is a fork of one that has looked for GPUs") != NULL;
    accel_error_clear();
    bool finished = acc && accelerator_finish(acc) == 0;
    return *cpu ? !finished : !(is_told && !acc);
}

static void forks_have_no_gpu(void **state)
{
    (void)state;
    bool cpu = false;
    assert_true(accel_device_count(ACCEL_CUDA) > 0);
    assert_int_equal(accelerator_spawn(create, &cpu, 2), 0);
    cpu = true;
    assert_int_equal(accelerator_spawn(create, &cpu, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(forks_have_no_gpu)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
