#include <accel/layers.h>

#include <math.h>
#include <stdio.h>

#include <accel/autograd.h>
#include <accel/init.h>
#include <accel/ops.h>
#include <accel/options.h>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/op.h"
#include "tensor/tensor.h"

static _Thread_local bool initialisation_is_skipped;

accel_no_init_block accel_no_init_begin(void)
{
    accel_no_init_block block = {.open = true, .skipped_before = initialisation_is_skipped};
    initialisation_is_skipped = true;
    return block;
}

void accel_no_init_end(accel_no_init_block *block)
{
    if (block)
        initialisation_is_skipped = block->skipped_before;
}

/* What a layer computes with. The tensors are the module's own. */
typedef struct layer {
    accel_tensor *weight, *bias;
    int64_t inputs; /* features, rows or the normalised size */
    int64_t padding_idx;
    double number; /* eps or p */
} layer;

/* A module over a copy of `parameters`, which it frees. */
static accel_module *make(const char *type, accel_forward_function *forward, const layer *parameters,
                          layer **user)
{
    RETURN_NULL_IF_FAILED();
    layer *l = memory_alloc(1, sizeof *l);
    if (!l)
        return NULL;
    *l = *parameters;
    accel_module *module =
        accel_module_create(.type = type, .forward = forward, .user = l, .release = memory_free);
    if (!module)
        memory_free(l);
    *user = l;
    return module;
}

/* Gives the module when all went well, else frees it. */
static accel_module *finished(accel_module *module)
{
    if (!accel_error_is_set())
        return module;
    accel_free(module);
    return NULL;
}

static accel_tensor *add_parameter(accel_module *module, const char *name, const int64_t *sizes, size_t rank)
{
    return accel_module_add_parameter(module, name, accel_empty(ACCEL_FLOAT32, sizes, rank));
}

static bool sizes_are_positive(const char *call, const char *a_name, int64_t a, const char *b_name, int64_t b)
{
    if (a > 0 && b > 0)
        return true;
    accel_error_raise(ACCEL_EINVAL, call, "%s and %s must be positive, got %lld and %lld", a_name, b_name,
                      (long long)a, (long long)b);
    return false;
}

/* The last dimension of what a layer is given must be what it was made for. */
static bool last_size_is(accel_tensor *input, int64_t expected, const char *call)
{
    engine_view view;
    if (tensor_view(input, call, &view) != ACCEL_OK)
        return false;
    if (view.rank > 0 && view.sizes[view.rank - 1] == expected)
        return true;
    char shape[TENSOR_SHAPE_TEXT];
    accel_error_raise(ACCEL_EINVAL, call, "input has shape %s, its last dimension must be %lld",
                      tensor_shape_text(view.sizes, view.rank, shape), (long long)expected);
    return false;
}

static bool dtype_is(accel_tensor *input, accel_tensor *weight, const char *call)
{
    accel_dtype given = accel_tensor_dtype(input), wanted = accel_tensor_dtype(weight);
    if (given == wanted || (tensor_is_autocasting() && accel_dtype_is_floating(given)))
        return true;
    accel_error_raise(ACCEL_EINVAL, call, "input has dtype %s, the weight has %s", accel_dtype_name(given),
                      accel_dtype_name(wanted));
    return false;
}

/* ---- linear ---- */

static accel_tensor *linear_forward(accel_module *self, accel_tensor *input, void *user)
{
    (void)self;
    layer *l = user;
    if (!last_size_is(input, l->inputs, "accel_linear") || !dtype_is(input, l->weight, "accel_linear"))
        return NULL;
    return accel_functional_linear(input, l->weight, l->bias);
}

accel_linear_options accel_linear_options_default(void)
{
    return (accel_linear_options){ACCEL_LINEAR_DEFAULTS()};
}

accel_module *accel_linear_with(int64_t in_features, int64_t out_features, const accel_linear_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_linear_options o = accel_linear_options_default();
    if (accel_options_read("accel_linear", &o, sizeof o, options) != ACCEL_OK ||
        !sizes_are_positive("accel_linear", "in_features", in_features, "out_features", out_features))
        return NULL;
    layer *l;
    accel_module *module = make("Linear", linear_forward, &(layer){.inputs = in_features}, &l);
    if (!module)
        return NULL;
    l->weight = add_parameter(module, "weight", ACCEL_SHAPE(out_features, in_features));
    l->bias = o.bias ? add_parameter(module, "bias", ACCEL_SHAPE(out_features)) : NULL;
    if (!initialisation_is_skipped) {
        accel_init_kaiming_uniform(l->weight, sqrt(5.0));
        double bound = 1 / sqrt((double)in_features);
        if (o.bias)
            accel_init_uniform(l->bias, -bound, bound);
    }
    return finished(module);
}

/* ---- embedding ---- */

static accel_tensor *embedding_forward(accel_module *self, accel_tensor *indices, void *user)
{
    (void)self;
    layer *l = user;
    return accel_functional_embedding(l->weight, indices, l->padding_idx);
}

accel_embedding_options accel_embedding_options_default(void)
{
    return (accel_embedding_options){ACCEL_EMBEDDING_DEFAULTS()};
}

accel_module *accel_embedding_with(int64_t num_embeddings, int64_t embedding_dim,
                                   const accel_embedding_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_embedding_options o = accel_embedding_options_default();
    if (accel_options_read("accel_embedding", &o, sizeof o, options) != ACCEL_OK ||
        !sizes_are_positive("accel_embedding", "num_embeddings", num_embeddings, "embedding_dim",
                            embedding_dim))
        return NULL;
    if (o.padding_idx < -1 || o.padding_idx >= num_embeddings)
        return accel_error_raise(ACCEL_EINVAL, "accel_embedding", "padding_idx must be in [-1, %lld], got %lld",
                                 (long long)num_embeddings - 1, (long long)o.padding_idx),
               NULL;
    layer *l;
    accel_module *module = make("Embedding", embedding_forward, &(layer){.padding_idx = o.padding_idx}, &l);
    if (!module)
        return NULL;
    l->weight = add_parameter(module, "weight", ACCEL_SHAPE(num_embeddings, embedding_dim));
    if (!initialisation_is_skipped) {
        accel_init_normal(l->weight, 0, 1);
        if (o.padding_idx >= 0)
            accel_no_grad() {
                accel_tensor *row = accel_select(l->weight, 0, o.padding_idx);
                accel_init_constant(row, 0);
                accel_free(row);
            }
    }
    return finished(module);
}

/* ---- layer norm ---- */

static accel_tensor *layer_norm_forward(accel_module *self, accel_tensor *input, void *user)
{
    (void)self;
    layer *l = user;
    if (!last_size_is(input, l->inputs, "accel_layer_norm"))
        return NULL;
    return accel_functional_layer_norm(input, &l->inputs, 1, l->weight, l->bias, l->number);
}

accel_layer_norm_options accel_layer_norm_options_default(void)
{
    return (accel_layer_norm_options){ACCEL_LAYER_NORM_DEFAULTS()};
}

accel_module *accel_layer_norm_with(int64_t size, const accel_layer_norm_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_layer_norm_options o = accel_layer_norm_options_default();
    if (accel_options_read("accel_layer_norm", &o, sizeof o, options) != ACCEL_OK)
        return NULL;
    if (size <= 0)
        return accel_error_raise(ACCEL_EINVAL, "accel_layer_norm", "size must be positive, got %lld",
                                 (long long)size),
               NULL;
    layer *l;
    accel_module *module = make("LayerNorm", layer_norm_forward, &(layer){.inputs = size, .number = o.eps}, &l);
    if (!module)
        return NULL;
    l->weight = add_parameter(module, "weight", ACCEL_SHAPE(size));
    l->bias = add_parameter(module, "bias", ACCEL_SHAPE(size));
    if (!initialisation_is_skipped) {
        accel_init_constant(l->weight, 1);
        accel_init_constant(l->bias, 0);
    }
    return finished(module);
}

/* ---- dropout ---- */

static accel_tensor *dropout_forward(accel_module *self, accel_tensor *input, void *user)
{
    layer *l = user;
    return accel_functional_dropout(input, l->number, accel_is_training(self));
}

accel_module *accel_dropout(double p)
{
    if (!(p >= 0 && p <= 1))
        return RAISE_NULL(ACCEL_EINVAL, "p must be in [0, 1], got %g", p);
    layer *l;
    return make("Dropout", dropout_forward, &(layer){.number = p}, &l);
}

/* ---- activations ---- */

static accel_tensor *relu_forward(accel_module *self, accel_tensor *input, void *user)
{
    (void)self, (void)user;
    return accel_relu(input);
}

static accel_tensor *gelu_forward(accel_module *self, accel_tensor *input, void *user)
{
    (void)self, (void)user;
    return accel_gelu(input);
}

static accel_tensor *tanh_forward(accel_module *self, accel_tensor *input, void *user)
{
    (void)self, (void)user;
    return accel_tanh(input);
}

accel_module *accel_relu_module(void) { return accel_module_create(.type = "ReLU", .forward = relu_forward); }
accel_module *accel_gelu_module(void) { return accel_module_create(.type = "GELU", .forward = gelu_forward); }
accel_module *accel_tanh_module(void) { return accel_module_create(.type = "Tanh", .forward = tanh_forward); }
