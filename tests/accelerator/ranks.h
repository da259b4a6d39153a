/* Tests whose body runs in several processes at once: each CHECK that fails says where and ends its process with 1. */
#ifndef TESTS_ACCELERATOR_RANKS_H
#define TESTS_ACCELERATOR_RANKS_H

#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <accel/accel.h>

#define CHECK(condition)                                                                                       \
    do {                                                                                                       \
        if (!(condition)) {                                                                                    \
            fprintf(stderr, "%s:%d: process %s: %s\n    %s\n", __FILE__, __LINE__, getenv("RANK"), #condition, \
                    accel_error_text());                                                                       \
            return 1;                                                                                          \
        }                                                                                                      \
    } while (0)

/* The error that this process's record holds. */
#define CHECK_ERROR(expected_status, text)                                                                     \
    do {                                                                                                       \
        CHECK(accel_error_status() == (expected_status));                                                      \
        CHECK(strstr(accel_error_text(), text) != NULL);                                                       \
    } while (0)

/* Not at all where there are $ACCEL_REAL_GPU real GPUs, and fewer than that. */
static inline void run_in(int processes, accel_spawn_function *body)
{
    const char *gpus = getenv("ACCEL_REAL_GPU");
    if (gpus && processes > atoi(gpus)) {
        print_message("left out: %d processes, %s GPUs\n", processes, gpus);
        return;
    }
    int status = accelerator_spawn(body, NULL, processes);
    if (status != 0)
        fail_msg("in %d processes: exit status %d", processes, status);
}

/* The tensor on the accelerator's device, where prepared modules are. */
static inline accel_tensor *near(accelerator *acc, accel_tensor *tensor)
{
    return accel_to_device(tensor, accelerator_device(acc));
}

/* The tensor on the device of another one. */
static inline accel_tensor *beside(accel_tensor *other, accel_tensor *tensor)
{
    return accel_to_device(tensor, accel_tensor_device(other));
}

/* The tensor's elements, in memory that the program can read; they last as long as the scope. */
static inline const void *data_of(accel_tensor *tensor)
{
    return accel_tensor_data(accel_to_device(tensor, accel_device_cpu()));
}

/* A place where processes wait for each other without a call of the group: the failure of one would end what another still does.
   Made before they start, in memory that all of them have; each may be met at as often as one likes. */
static atomic_int *arrived;

static inline void open_meeting(void)
{
    arrived = mmap(NULL, sizeof *arrived, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(arrived != MAP_FAILED);
}

static inline void close_meeting(void) { munmap(arrived, sizeof *arrived); }

static inline void meet(int processes)
{
    enum { PAUSE_US = 1000 };
    int round = atomic_fetch_add(arrived, 1) / processes + 1;
    while (atomic_load(arrived) < round * processes)
        usleep(PAUSE_US);
}

/* Whether every element of a tensor is that number. */
static inline bool all_are(accel_tensor *tensor, double value)
{
    return tensor && accel_item(accel_min(tensor)) == value && accel_item(accel_max(tensor)) == value;
}

#endif
