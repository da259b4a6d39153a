/* How large a model is in memory, by the names and sizes of its tensors. */
#ifndef ACCEL_CLI_LAYERS_H
#define ACCEL_CLI_LAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct layers_tensor {
    const char *name; /* with dots between its modules */
    uint64_t bytes;
} layers_tensor;

/* Modules that are not split, besides those that have no modules in them. */
typedef struct layers_kept {
    bool blocks;     /* those whose name is a number, as in "encoder.layer.3" */
    bool embeddings; /* those whose name is "embeddings" */
} layers_kept;

/* The bytes of the largest layer: a module that is kept whole or has no modules in it, or a tensor of no module. Sorts the
   tensors by name. Source: accelerate.utils.modeling.get_max_layer_size, where classes say what is kept whole. */
uint64_t layers_largest(layers_tensor *tensors, size_t count, layers_kept kept);

#endif
