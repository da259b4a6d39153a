/**
 * What is done to gradients on their way to the other processes: messages that are smaller, or functions of one's own.
 *
 *     static accel_tensor *average(accel_grad_bucket *bucket, void *user)
 *     {
 *         accel_tensor *half = accel_to_dtype(accel_grad_bucket_buffer(bucket), ACCEL_FLOAT16);
 *         half = accel_div_scalar(half, accel_grad_bucket_num_processes(bucket));
 *         accel_grad_bucket_all_reduce(bucket, half);
 *         return half;
 *     }
 *     …
 *     parallel.comm_hook_function = average;
 *
 * Source: torch.distributed.algorithms.ddp_comm_hooks.
 */
#ifndef ACCEL_COMM_HOOK_H
#define ACCEL_COMM_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>
#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

/** How gradients travel. What they become stays in the dtype of their parameters. */
typedef enum accel_comm_hook {
    ACCEL_COMM_HOOK_NO,
    ACCEL_COMM_HOOK_FP16,      /**< as float16: divided by the number of processes, then summed */
    ACCEL_COMM_HOOK_BF16,      /**< as bfloat16 */
    ACCEL_COMM_HOOK_POWER_SGD, /**< matrices as products of two narrow ones, other gradients as they are */
    ACCEL_COMM_HOOK_BATCHED_POWER_SGD, /**< a whole message as one square matrix */
} accel_comm_hook;

/** "no", "fp16", "bf16", "power_sgd", "batched_power_sgd"; NULL for what is none of them. */
ACCEL_API const char *accel_comm_hook_name(accel_comm_hook hook);

/** The one of that name, in any case; false when there is none, which is no error. */
ACCEL_API bool accel_comm_hook_find(const char *name, accel_comm_hook *hook);

/** How matrices are approximated. Every process draws the same random numbers, none of them from the default generator. What is
    remembered from pass to pass is not saved with a training's state.
    Source: PowerSGDState; Vogels, Karimireddy, Jaggi: PowerSGD (https://arxiv.org/abs/1905.13727). */
typedef struct accel_power_sgd_options {
    size_t struct_size;
    int64_t matrix_approximation_rank; /**< columns of the narrow matrices, > 0 */
    int64_t
        start_power_sgd_iter; /**< passes averaged exactly before it begins, ≥ 0; ≥ 2 with error feedback or warm start */
    double
        min_compression_rate; /**< > 0: a matrix that would not become so many times smaller is sent as it is */
    bool use_error_feedback;  /**< what an approximation leaves out is added to the next gradient */
    bool warm_start;          /**< begin with the last pass's narrow matrices rather than with random ones */
    double orthogonalization_epsilon; /**< ≥ 0: added to the length of each column that is divided by it */
    uint32_t random_seed;
    int64_t
        compression_stats_logging_frequency; /**< passes between two lines of the log, at ACCEL_LOG_INFO, > 0 */
    bool batch_tensors_with_same_shape;      /**< multiply matrices of one shape together */
} accel_power_sgd_options;
#define ACCEL_POWER_SGD_DEFAULTS()                                                                             \
    .struct_size = sizeof(accel_power_sgd_options), .matrix_approximation_rank = 1,                            \
    .start_power_sgd_iter = 1000, .min_compression_rate = 2, .use_error_feedback = true, .warm_start = true,   \
    .orthogonalization_epsilon = 0, .random_seed = 0, .compression_stats_logging_frequency = 10000,            \
    .batch_tensors_with_same_shape = false
ACCEL_API accel_power_sgd_options accel_power_sgd_options_default(void);

/* ---- functions of one's own ---- */

/** Some of the gradients of a model, one after another in one row: a message. It lives, with all that it gives out, while the function
    that got it runs. */
typedef struct accel_grad_bucket accel_grad_bucket;

/** Returns the averages over the processes of the gradients in a message, (N) in any floating dtype: new, or the bucket's own
    buffer. NULL only on failure, which loses the group.

    It is called in the middle of accelerator_backward, for one message after another, in the same order in all processes; never
    where a process trains alone. It runs on the thread that called accelerator_backward, but with GPUs on one of the engine's,
    which has not the loop's scopes and thread-local data. What it keeps with accel_keep ends with the pass. It must not call the accelerator: collective calls, accelerator_finish
    and accelerator_free_memory are refused. */
typedef accel_tensor *accel_comm_hook_function(accel_grad_bucket *bucket, void *user);

/** This process's gradients, (N), in the dtype of their parameters; they may be overwritten: borrowed. */
ACCEL_API accel_tensor *accel_grad_bucket_buffer(accel_grad_bucket *bucket);

/** How many parameters they belong to, and the i-th one's: its gradient, shaped like it, the buffer's memory; itself; its name.
    Borrowed. NULL past the end, which is no error. */
ACCEL_API size_t accel_grad_bucket_count(accel_grad_bucket *bucket);
ACCEL_API accel_tensor *accel_grad_bucket_gradient(accel_grad_bucket *bucket, size_t i);
ACCEL_API accel_tensor *accel_grad_bucket_parameter(accel_grad_bucket *bucket, size_t i);
ACCEL_API const char *accel_grad_bucket_name(accel_grad_bucket *bucket, size_t i);

/** Which message of the pass it is, from 0, and whether it is the last one. The second pass that averages begins with another
    division into messages, which stays; with static_graph the third one. */
ACCEL_API size_t accel_grad_bucket_index(accel_grad_bucket *bucket);
ACCEL_API bool accel_grad_bucket_is_last(accel_grad_bucket *bucket);

ACCEL_API int accel_grad_bucket_num_processes(accel_grad_bucket *bucket);

/** The sum over the processes, in place, of any tensor of the same shape and dtype in all of them; no bool, no int16. */
ACCEL_API accel_status accel_grad_bucket_all_reduce(accel_grad_bucket *bucket, accel_tensor *tensor);

ACCEL_END_DECLS

#endif
