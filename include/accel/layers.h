/**
 * Layers: modules with PyTorch's parameter names and default initialisations.
 *
 * Each returns a new module, NULL on failure. The stateless forms are in ops.h (accel_relu, accel_functional_linear …).
 * Shapes: (*, N) means any leading dimensions.
 */
#ifndef ACCEL_LAYERS_H
#define ACCEL_LAYERS_H

#include <math.h>

#include <accel/module.h>

ACCEL_BEGIN_DECLS

typedef struct accel_linear_options {
    size_t struct_size;
    bool bias;
} accel_linear_options;
#define ACCEL_LINEAR_DEFAULTS() .struct_size = sizeof(accel_linear_options), .bias = true

/** y = x · weightᵀ + bias. x: (*, in_features), y: (*, out_features); weight: (out_features, in_features), bias:
    (out_features). Both start uniform in ±1/sqrt(in_features), drawn weight first. Source: torch.nn.Linear. */
ACCEL_API accel_module *accel_linear_with(int64_t in_features, int64_t out_features,
                                          const accel_linear_options *options);
ACCEL_API accel_linear_options accel_linear_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_module *, accel_linear, int64_t, int64_t, accel_linear_options)
#else
#define accel_linear(...)                                                                                      \
    ACCEL_CALL_2(accel_linear_with, accel_linear_options, ACCEL_LINEAR_DEFAULTS, __VA_ARGS__)
#endif

typedef struct accel_embedding_options {
    size_t struct_size;
    int64_t padding_idx; /**< a row that stays zero and gets no gradient; -1: none */
} accel_embedding_options;
#define ACCEL_EMBEDDING_DEFAULTS() .struct_size = sizeof(accel_embedding_options), .padding_idx = -1

/** Rows of a table. indices (int64): (*), result: (*, embedding_dim); weight: (num_embeddings, embedding_dim), which
    starts standard normal. An index outside the table is an error. Source: torch.nn.Embedding. */
ACCEL_API accel_module *accel_embedding_with(int64_t num_embeddings, int64_t embedding_dim,
                                             const accel_embedding_options *options);
ACCEL_API accel_embedding_options accel_embedding_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_module *, accel_embedding, int64_t, int64_t, accel_embedding_options)
#else
#define accel_embedding(...)                                                                                   \
    ACCEL_CALL_2(accel_embedding_with, accel_embedding_options, ACCEL_EMBEDDING_DEFAULTS, __VA_ARGS__)
#endif

typedef struct accel_layer_norm_options {
    size_t struct_size;
    double eps;
} accel_layer_norm_options;
#define ACCEL_LAYER_NORM_DEFAULTS() .struct_size = sizeof(accel_layer_norm_options), .eps = 1e-5

/** Normalises the last dimension to mean 0 and variance 1, then scales and shifts. x: (*, size); weight, which starts
    1, and bias, which starts 0: (size). Source: torch.nn.LayerNorm. */
ACCEL_API accel_module *accel_layer_norm_with(int64_t size, const accel_layer_norm_options *options);
ACCEL_API accel_layer_norm_options accel_layer_norm_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_1(accel_module *, accel_layer_norm, int64_t, accel_layer_norm_options)
#else
#define accel_layer_norm(...)                                                                                  \
    ACCEL_CALL_1(accel_layer_norm_with, accel_layer_norm_options, ACCEL_LAYER_NORM_DEFAULTS, __VA_ARGS__)
#endif

/** Zeros each element with probability p, in [0, 1], and scales the rest by 1/(1-p), in training mode only. Source:
    torch.nn.Dropout. */
ACCEL_API accel_module *accel_dropout(double p);

/** The activations as modules, for accel_sequential. Source: torch.nn.ReLU, GELU, Tanh. */
ACCEL_API accel_module *accel_relu_module(void);
ACCEL_API accel_module *accel_gelu_module(void);
ACCEL_API accel_module *accel_tanh_module(void);

/** Modules one after the other, named "0", "1", … . The modules are taken. Source: torch.nn.Sequential. */
ACCEL_API accel_module *accel_sequential_of(accel_module *const *modules, size_t count);
/** accel_sequential(accel_linear(784, 256), accel_relu_module(), accel_linear(256, 10)) */
#ifdef __cplusplus
extern "C++" {
template <class... Modules> accel_module *accel_sequential(Modules... modules)
{
    accel_module *const list[] = {modules...};
    return accel_sequential_of(list, sizeof...(modules));
}
}
#else
#define accel_sequential(...)                                                                                  \
    accel_sequential_of((accel_module *const[]){__VA_ARGS__},                                                  \
                        sizeof((accel_module *const[]){__VA_ARGS__}) / sizeof(accel_module *))
#endif

typedef struct accel_attention_options {
    size_t struct_size;
    accel_tensor
        *attn_mask;   /**< (…, L, S), boolean (true takes part) or added to the scores; NULL: all take part */
    double dropout_p; /**< of the attention weights; pass 0 when not training */
    bool is_causal;   /**< query i sees keys 0 … i only; not together with a mask */
    double scale;     /**< of the scores; NaN: 1/sqrt(E) */
} accel_attention_options;
#define ACCEL_ATTENTION_DEFAULTS()                                                                             \
    .struct_size = sizeof(accel_attention_options), .attn_mask = NULL, .dropout_p = 0.0, .is_causal = false,   \
    .scale = (double)NAN

/** softmax(query · keyᵀ · scale + mask) · value. query: (…, L, E), key: (…, S, E), value: (…, S, V); result:
    (…, L, V): new. Source: torch.nn.functional.scaled_dot_product_attention. */
ACCEL_API accel_tensor *accel_scaled_dot_product_attention_with(accel_tensor *query, accel_tensor *key,
                                                                accel_tensor *value,
                                                                const accel_attention_options *options);
ACCEL_API accel_attention_options accel_attention_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_3(accel_tensor *, accel_scaled_dot_product_attention, accel_tensor *, accel_tensor *,
                  accel_tensor *, accel_attention_options)
#else
#define accel_scaled_dot_product_attention(...)                                                                \
    ACCEL_CALL_3(accel_scaled_dot_product_attention_with, accel_attention_options, ACCEL_ATTENTION_DEFAULTS,   \
                 __VA_ARGS__)
#endif

ACCEL_END_DECLS

#endif
