/* The engine: a thin plain-C room over libtorch. Only this room includes its headers.
 *
 * A tensor crosses this border in two forms. In, as a handle: the address of a live cell whose first word is the
 * engine's tensor. Out, as a payload: one reference to an engine tensor, which the caller puts in a handle or
 * gives back with engine_payload_release. Handles are taken as checked; the rooms above do that.
 *
 * Every function records its failure, under the name in `call` where there is one, and lets no exception out.
 */
#ifndef ACCEL_ENGINE_ENGINE_H
#define ACCEL_ENGINE_ENGINE_H

#include <accel/op.h>
#include <accel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- tensors ---- */

typedef void *engine_payload;

/* What one look at a tensor tells. Sizes and strides are borrowed from the tensor. */
typedef struct engine_view {
    size_t rank;
    const int64_t *sizes, *strides;
    int64_t numel;
    accel_dtype dtype;
    accel_device device;
    bool contiguous;
} engine_view;

void engine_payload_release(engine_payload payload); /* NULL does nothing */

accel_status engine_tensor_view(accel_tensor *tensor, engine_view *view);

/* Whether every element has its place in memory: not so in a sparse tensor. */
bool engine_tensor_is_strided(accel_tensor *tensor);
void *engine_tensor_data(accel_tensor *tensor);
engine_payload engine_tensor_share(accel_tensor *tensor);
engine_payload engine_tensor_detach(accel_tensor *tensor);
engine_payload engine_tensor_empty(accel_dtype dtype, const int64_t *sizes, size_t rank);
engine_payload engine_tensor_wrap(void *data, accel_dtype dtype, const int64_t *sizes, const int64_t *strides,
                                  size_t rank, accel_release_function *release, void *user);
/* The one element of a tensor. */
accel_status engine_tensor_item(accel_tensor *tensor, double *value);
accel_status engine_tensor_item_integer(accel_tensor *tensor, int64_t *value);

/* ---- operations ---- */

typedef struct engine_op engine_op;

/* The operation of that name, "aten::add.Tensor"; found once, valid for the life of the process. */
engine_op *engine_op_find(const char *name);

/* Calls it and stores `*count` results, at most `capacity`; one that the operation left out is NULL. On failure none,
   recorded under `call`. */
accel_status engine_op_call(engine_op *op, const char *call, const accel_value *arguments,
                            size_t arguments_count, engine_payload *outs, size_t capacity, size_t *count);

/* ---- autograd ---- */

bool engine_grad_mode(void);
void engine_set_grad_mode(bool enabled);
bool engine_tensor_requires_grad(accel_tensor *tensor);
/* Whether it was made by the program and not by a recorded operation. */
bool engine_tensor_is_leaf(accel_tensor *tensor);
accel_status engine_tensor_set_requires_grad(accel_tensor *tensor, bool requires_grad);
/* The gradient, or NULL when there is none. */
engine_payload engine_tensor_grad(accel_tensor *tensor);
/* `gradient` NULL drops it. */
accel_status engine_tensor_set_grad(accel_tensor *tensor, accel_tensor *gradient);
/* `gradient` NULL stands for 1. */
accel_status engine_backward(const char *call, accel_tensor *tensor, accel_tensor *gradient, bool retain_graph);

/* ---- random numbers ---- */

typedef struct engine_generator engine_generator;

engine_generator *engine_generator_default(void); /* the process's, of the CPU; never freed */
engine_generator *engine_generator_create(uint64_t seed);
void engine_generator_free(engine_generator *generator);
accel_status engine_generator_seed(engine_generator *generator, uint64_t seed);
uint64_t engine_generator_initial_seed(engine_generator *generator);
engine_payload engine_generator_state(engine_generator *generator);
accel_status engine_generator_set_state(engine_generator *generator, accel_tensor *state);

/* ---- the process ---- */

int engine_threads(void);
accel_status engine_set_threads(int count);
/* Takes the memory of new tensors from malloc in a way that finds freed blocks again: for the whole process. */
accel_status engine_keep_memory(void);
/* Whether large float32 matrix products on the CPU go through oneDNN: for the whole process. */
accel_status engine_set_fast_matmul(bool fast);

/* Of products of float32 matrices: "highest", "high", "medium"; for the whole process. The name is static. */
accel_status engine_set_matmul_precision(const char *precision);
const char *engine_matmul_precision(void);

/* Whether operations without a deterministic algorithm are refused: for the whole process. */
accel_status engine_set_deterministic(bool deterministic);
bool engine_is_deterministic(void);

#ifdef __cplusplus
}
#endif

#endif
