/**
 * How the processes that train together average gradients.
 *
 *     accel_data_parallel_options parallel = accel_data_parallel_options_default();
 *     parallel.find_unused_parameters = true;
 *     accelerator *acc = accelerator_create(.data_parallel = &parallel);
 *
 * The options hold for every model that is prepared, and are the same in all processes; one that trains alone averages nothing.
 *
 * Source: accelerate.DistributedDataParallelKwargs, torch.nn.parallel.DistributedDataParallel.
 */
#ifndef ACCEL_DATA_PARALLEL_H
#define ACCEL_DATA_PARALLEL_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/comm_hook.h>
#include <accel/compiler.h>

ACCEL_BEGIN_DECLS

typedef struct accel_data_parallel_options {
    size_t struct_size;

    /** MiB of gradients that travel in one message, in (0, 65536]. With 25 the first message of a pass is one of 1, so that it
        leaves early. */
    double bucket_cap_mb;

    /** A loss need not depend on every parameter of a model that it depends on. Then each backward pass averages by itself: a
        parameter that only some processes used gets the mean with zeros for the others, one that nobody used keeps the
        gradient that it had, or none. Without it the next call names the parameters. */
    bool find_unused_parameters;

    /** Every backward pass that averages reaches the same parameters of a process as the first one did, which need not be all of
        them; another one is an error. The first pass averages at its end. It finds unused parameters, too, at no cost. */
    bool static_graph;

    /** Gradients are views of the messages: a copy of all gradients less, in time and in memory. */
    bool gradient_as_bucket_view;

    /** Buffers are process 0's, from prepare on and before each forward with gradients; otherwise each process has its own. */
    bool broadcast_buffers;

    /** How gradients travel. */
    accel_comm_hook comm_hook;

    /** The dtype that gradients have when the comm_hook or the comm_hook_function gets them: ACCEL_COMM_HOOK_FP16 or _BF16, so that it
        works in half precision, or _NO, their own. With neither of the two it must be _NO. */
    accel_comm_hook comm_wrapper;

    /** Of both kinds of PowerSGD: borrowed for the call; NULL: its defaults. */
    const accel_power_sgd_options *power_sgd;

    /** A function of the program instead of a comm_hook, and what it is given: borrowed until the accelerator finishes. */
    accel_comm_hook_function *comm_hook_function;
    void *comm_hook_user;
} accel_data_parallel_options;
#define ACCEL_DATA_PARALLEL_DEFAULTS()                                                                         \
    .struct_size = sizeof(accel_data_parallel_options), .bucket_cap_mb = 25, .find_unused_parameters = false,  \
    .static_graph = false, .gradient_as_bucket_view = true, .broadcast_buffers = true,                         \
    .comm_hook = ACCEL_COMM_HOOK_NO, .comm_wrapper = ACCEL_COMM_HOOK_NO, .power_sgd = NULL,                    \
    .comm_hook_function = NULL, .comm_hook_user = NULL
ACCEL_API accel_data_parallel_options accel_data_parallel_options_default(void);

ACCEL_END_DECLS

#endif
