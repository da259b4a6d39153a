/* What a machine has: devices and cores, as far as files tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "launch/machine.h"

static void make(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT, 0666);
    assert_true(fd >= 0);
    close(fd);
}

static void counts_gpus(void **state)
{
    (void)state;
    unsetenv("CUDA_VISIBLE_DEVICES");
    assert_int_equal(system("rm -rf dev"), 0);
    assert_int_equal(machine_count_gpus("nowhere"), 0);
    mkdir("dev", 0777);
    assert_int_equal(machine_count_gpus("dev"), 0);
    make("dev/nvidia0");
    make("dev/nvidia1");
    make("dev/nvidia12");
    make("dev/nvidiactl");
    make("dev/nvidia-uvm");
    make("dev/nvidia");
    assert_int_equal(machine_count_gpus("dev"), 3);
}

static void counts_visible_gpus(void **state)
{
    (void)state;
    static const struct {
        const char *visible;
        int count;
    } cases[] = {
        {"0", 1},     {"0,2", 2},        {"2,1,0", 3},           {"", 0},          {"-1", 0}, {"0,-1,1", 1},
        {"0,3,1", 1}, {"NoDevFiles", 0}, {"GPU-abcd,GPU-ef", 2}, {"0,1,2,0,1", 3}, {"x", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        setenv("CUDA_VISIBLE_DEVICES", cases[i].visible, 1);
        assert_int_equal(machine_count_gpus("dev"), cases[i].count);
    }
}

static void counts_cores(void **state)
{
    (void)state;
    int cores = machine_count_cores();
    assert_true(cores >= 1 && cores <= sysconf(_SC_NPROCESSORS_CONF));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_gpus),
        cmocka_unit_test(counts_visible_gpus),
        cmocka_unit_test(counts_cores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
