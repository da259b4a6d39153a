/* Layers against PyTorch's results, in $ACCEL_TEST_ORACLE/nn: outputs and gradients within 1e-5 of the largest element,
   initialisations and dropout bit by bit. */
#include "oracle.h"

#include <accel/layers.h>
#include <accel/module.h>
#include <accel/op.h>
#include <accel/random.h>

static const double tolerance = 1e-5;

/* A leaf with the oracle's values. */
static accel_tensor *input_of(accel_dict *oracle, const char *name)
{
    accel_tensor *x = accel_clone(accel_get(oracle, name));
    if (accel_dtype_is_floating(accel_tensor_dtype(x)))
        accel_set_requires_grad(x, true);
    expect_no_failure();
    return x;
}

static void expect_gradient(accel_dict *oracle, const char *name, accel_tensor *leaf)
{
    char key[64];
    snprintf(key, sizeof key, "grad.%s", name);
    accel_tensor *gradient = accel_grad(leaf);
    expect_no_failure();
    assert_int_equal(gradient != NULL, accel_dict_has(oracle, key));
    if (gradient)
        expect_close(key, gradient, accel_get(oracle, key), tolerance);
}

/* The oracle's parameters into the module. */
static void take_parameters(accel_dict *oracle, accel_module *module)
{
    accel_dict *parameters = accel_module_parameters(module);
    expect_no_failure();
    for (size_t i = 0; i < accel_dict_count(parameters); i++)
        accel_no_grad() {
            char key[64];
            snprintf(key, sizeof key, "param.%s", accel_dict_name(parameters, i));
            accel_tensor_assign(accel_dict_tensor(parameters, i), accel_get(oracle, key));
        }
    expect_no_failure();
}

/* Runs the module, or for NULL compares what is given, backward too. */
static void compare(accel_dict *oracle, accel_module *module, accel_tensor *input, accel_tensor *output)
{
    if (module)
        output = accel_forward(module, input);
    expect_no_failure();
    expect_close("output", output, accel_get(oracle, "output"), tolerance);
    accel_backward_from(output, accel_get(oracle, "grad_output"), false);
    expect_gradient(oracle, "input", input);
    accel_dict *parameters = module ? accel_module_parameters(module) : accel_dict_create();
    for (size_t i = 0; i < accel_dict_count(parameters); i++)
        expect_gradient(oracle, accel_dict_name(parameters, i), accel_dict_tensor(parameters, i));
}

static void expect_layer(const char *test, const char *file, accel_module *module)
{
    accel_dict *oracle = open_oracle(test, "nn", file);
    print_message("%s\n", file);
    accel_scoped() {
        take_parameters(oracle, module);
        compare(oracle, module, input_of(oracle, "input"), NULL);
    }
    accel_free(module);
    accel_free(oracle);
}

static void layers_compute_what_pytorch_does(void **state)
{
    (void)state;
    accel_free(open_oracle(__func__, "nn", "linear"));
    expect_layer(__func__, "linear", accel_linear(7, 5));
    expect_layer(__func__, "linear_no_bias", accel_linear(7, 5, .bias = false));
    expect_layer(__func__, "linear_batched", accel_linear(7, 5));
    expect_layer(__func__, "embedding", accel_embedding(11, 4));
    expect_layer(__func__, "embedding_padding", accel_embedding(11, 4, .padding_idx = 0));
    expect_layer(__func__, "layer_norm", accel_layer_norm(6));
    expect_layer(__func__, "gelu", accel_gelu_module());
    expect_layer(__func__, "relu", accel_relu_module());
    expect_layer(__func__, "tanh", accel_tanh_module());
    expect_layer(__func__, "sequential",
                 accel_sequential(accel_linear(7, 5), accel_gelu_module(), accel_linear(5, 2)));
}

static void functions_compute_what_pytorch_does(void **state)
{
    (void)state;
    static const char *const files[] = {"gelu", "relu", "tanh", "gelu_tanh"};
    for (int i = 0; i < 4; i++) {
        accel_dict *oracle = open_oracle(__func__, "nn", files[i]);
        accel_scoped() {
            accel_tensor *x = input_of(oracle, "input");
            accel_tensor *y = i == 0   ? accel_gelu(x)
                              : i == 1 ? accel_relu(x)
                              : i == 2 ? accel_tanh(x)
                                       : accel_op("aten::gelu", x, "tanh");
            compare(oracle, NULL, x, y);
        }
        accel_free(oracle);
    }
}

static void dropout_draws_what_pytorch_draws(void **state)
{
    (void)state;
    accel_dict *oracle = open_oracle(__func__, "nn", "dropout");
    accel_scoped() {
        accel_module *dropout = accel_dropout(0.1);
        accel_tensor *x = input_of(oracle, "input");
        accel_set_seed(42);
        accel_tensor *y = accel_forward(dropout, x);
        expect_same("output", y, accel_get(oracle, "output"));
        accel_backward_from(y, accel_get(oracle, "grad_output"), false);
        expect_same("gradient", accel_grad(x), accel_get(oracle, "grad.input"));
        accel_eval(dropout);
        accel_tensor *before = accel_generator_state(NULL);
        expect_same("evaluation", accel_forward(dropout, x), x);
        expect_same("state", accel_generator_state(NULL), before);
    }
    accel_free(oracle);
}

static void attends_as_pytorch_does(void **state)
{
    (void)state;
    static const char *const files[] = {"sdpa", "sdpa_mask", "sdpa_dropout"};
    for (int i = 0; i < 3; i++) {
        accel_dict *oracle = open_oracle(__func__, "nn", files[i]);
        accel_scoped() {
            accel_tensor *q = input_of(oracle, "query"), *k = input_of(oracle, "key"),
                         *v = input_of(oracle, "value");
            accel_set_seed(42);
            accel_tensor *y =
                i == 0 ? accel_scaled_dot_product_attention(q, k, v)
                       : accel_scaled_dot_product_attention(q, k, v, .attn_mask = accel_get(oracle, "mask"),
                                                            .dropout_p = i == 2 ? 0.1 : 0);
            expect_close(files[i], y, accel_get(oracle, "output"), tolerance);
            accel_backward_from(y, accel_get(oracle, "grad_output"), false);
            expect_gradient(oracle, "query", q);
            expect_gradient(oracle, "key", k);
            expect_gradient(oracle, "value", v);
        }
        accel_free(oracle);
    }
}

static void attends_by_hand(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *q = FLOATS(ACCEL_SHAPE(1, 2, 1), 0, 1), *k = FLOATS(ACCEL_SHAPE(1, 2, 1), 2, 4);
        accel_tensor *v = FLOATS(ACCEL_SHAPE(1, 2, 1), 10, 20);
        double half = 1 / (1 + exp(-1.0)); /* the weight of the second key for scores 1 and 2 */
        EXPECT_VALUES(accel_scaled_dot_product_attention(q, k, v, .scale = 0.5), 1e-6, 15, 10 + 10 * half);
        EXPECT_VALUES(accel_scaled_dot_product_attention(q, k, v, .is_causal = true, .scale = 0.5), 1e-6, 10,
                      10 + 10 * half);
        accel_tensor *bias = FLOATS(ACCEL_SHAPE(2, 2), 0, -INFINITY, -INFINITY, 0);
        EXPECT_VALUES(accel_scaled_dot_product_attention(q, k, v, .attn_mask = bias), 1e-6, 10, 20);
        EXPECT_REFUSED(accel_scaled_dot_product_attention(q, k, v, .attn_mask = bias, .is_causal = true),
                       ACCEL_EENGINE, "accel_scaled_dot_product_attention: ");
        EXPECT_REFUSED(accel_scaled_dot_product_attention(q, k, v, .dropout_p = 2), ACCEL_EENGINE,
                       "accel_scaled_dot_product_attention: ");
        EXPECT_REFUSED(accel_scaled_dot_product_attention(q, NULL, v), ACCEL_EINVAL,
                       "argument \"key\" is missing");
        EXPECT_REFUSED(accel_scaled_dot_product_attention(q, accel_arange(3), v), ACCEL_EENGINE,
                       "accel_scaled_dot_product_attention: ");
    }
}

static void starts_as_pytorch_does(void **state)
{
    (void)state;
    accel_dict *oracle = open_oracle(__func__, "nn", "init");
    accel_scoped() {
        accel_set_seed(42);
        accel_module *linear = accel_linear(7, 5), *embedding = accel_embedding(11, 4),
                     *norm = accel_layer_norm(6);
        accel_module *padded = accel_embedding(5, 3, .padding_idx = 1);
        accel_tensor *next = accel_rand(NULL, ACCEL_SHAPE(4));
        expect_same("linear.weight", accel_module_tensor(linear, "weight"), accel_get(oracle, "linear.weight"));
        expect_same("linear.bias", accel_module_tensor(linear, "bias"), accel_get(oracle, "linear.bias"));
        expect_same("embedding.weight", accel_module_tensor(embedding, "weight"),
                    accel_get(oracle, "embedding.weight"));
        expect_same("layer_norm.weight", accel_module_tensor(norm, "weight"),
                    accel_get(oracle, "layer_norm.weight"));
        expect_same("layer_norm.bias", accel_module_tensor(norm, "bias"), accel_get(oracle, "layer_norm.bias"));
        expect_same("embedding_padding.weight", accel_module_tensor(padded, "weight"),
                    accel_get(oracle, "embedding_padding.weight"));
        expect_same("next", next, accel_get(oracle, "next"));
    }
    accel_free(oracle);
}

static void no_init_draws_nothing(void **state)
{
    (void)state;
    accel_scoped() {
        accel_set_seed(1);
        accel_tensor *before = accel_generator_state(NULL);
        accel_no_init() {
            expect_shape(accel_module_tensor(accel_linear(3, 2), "weight"), ACCEL_SHAPE(2, 3));
            expect_shape(accel_module_tensor(accel_embedding(3, 2, .padding_idx = 1), "weight"),
                         ACCEL_SHAPE(3, 2));
            accel_no_init() {
                expect_shape(accel_module_tensor(accel_layer_norm(4), "bias"), ACCEL_SHAPE(4));
            }
            accel_linear(1, 1);
            if (before)
                break;
        }
        expect_same("state", accel_generator_state(NULL), before);
        accel_linear(1, 1);
        assert_false(accel_item(accel_all(accel_eq(accel_generator_state(NULL), before))) == 1);
    }
}

static void refuses_sizes(void **state)
{
    (void)state;
    EXPECT_REFUSED(accel_linear(0, 3), ACCEL_EINVAL,
                   "accel_linear: in_features and out_features must be positive, got 0 and 3");
    EXPECT_REFUSED(accel_linear(3, -1), ACCEL_EINVAL,
                   "accel_linear: in_features and out_features must be positive, got 3 and -1");
    EXPECT_REFUSED(accel_embedding(3, 0), ACCEL_EINVAL,
                   "accel_embedding: num_embeddings and embedding_dim must be positive, got 3 and 0");
    EXPECT_REFUSED(accel_embedding(3, 2, .padding_idx = 3), ACCEL_EINVAL,
                   "accel_embedding: padding_idx must be in [-1, 2], got 3");
    EXPECT_REFUSED(accel_embedding(3, 2, .padding_idx = -2), ACCEL_EINVAL, "must be in [-1, 2], got -2");
    EXPECT_REFUSED(accel_layer_norm(0), ACCEL_EINVAL, "accel_layer_norm: size must be positive, got 0");
    EXPECT_REFUSED(accel_dropout(1.5), ACCEL_EINVAL, "accel_dropout: p must be in [0, 1], got 1.5");
    EXPECT_REFUSED(accel_dropout(-0.1), ACCEL_EINVAL, "accel_dropout: p must be in [0, 1], got -0.1");
    EXPECT_REFUSED(accel_dropout((double)NAN), ACCEL_EINVAL, "accel_dropout: p must be in [0, 1], got ");
    EXPECT_REFUSED(accel_linear(INT64_C(1) << 40, INT64_C(1) << 40), ACCEL_EENGINE, "accel_empty: ");
    EXPECT_REFUSED(accel_sequential_of(NULL, 2), ACCEL_EINVAL,
                   "accel_sequential_of: modules is NULL, count is 2");
    accel_module *linear = accel_linear(2, 2);
    EXPECT_REFUSED(accel_sequential(linear, linear), ACCEL_EINVAL,
                   "the module belongs to another as \"0\" already");
    EXPECT_REFUSED(accel_sequential(accel_linear(2, 2), NULL), ACCEL_EINVAL, "module is NULL");
    EXPECT_REFUSED(accel_linear_with(2, 2, &(accel_linear_options){.struct_size = 99}), ACCEL_EINVAL,
                   "accel_linear: options.struct_size is 99");
    accel_error_raise(ACCEL_EIO, "test", "first");
    assert_true(!accel_linear(2, 2) && !accel_embedding(2, 2) && !accel_layer_norm(2) && !accel_dropout(0.5) &&
                !accel_relu_module() && !accel_sequential_of(NULL, 0));
    expect_failure(ACCEL_EIO, "test: first");
}

/* Options inside arguments of calls with options: their macros keep apart. */
static void options_nest(void **state)
{
    (void)state;
    accel_scoped() {
        accel_tensor *x = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2, 3));
        accel_tensor *y = accel_scaled_dot_product_attention(
            accel_forward(accel_linear(3, 3, .bias = false), x),
            accel_scaled_dot_product_attention(x, x, x, .scale = 0,
                                               .attn_mask = accel_scaled_dot_product_attention(
                                                   accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2, 1)),
                                                   accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2, 1)),
                                                   accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2, 2)),
                                                   .is_causal = true)),
            accel_forward(accel_sequential(accel_linear(3, 4, .bias = true), accel_layer_norm(4, .eps = 1e-3)),
                          x),
            .dropout_p = 0, .is_causal = true);
        expect_shape(y, ACCEL_SHAPE(1, 2, 4));
    }
}

static void options_have_one_default(void **state)
{
    (void)state;
    accel_linear_options linear = accel_linear_options_default(), seen_linear;
    accel_embedding_options embedding = accel_embedding_options_default(), seen_embedding;
    accel_layer_norm_options norm = accel_layer_norm_options_default(), seen_norm;
    accel_attention_options attention = accel_attention_options_default(), seen_attention;
#define accel_linear_with(in, out, options) (seen_linear = *(options))
#define accel_embedding_with(rows, size, options) (seen_embedding = *(options))
#define accel_layer_norm_with(size, options) (seen_norm = *(options))
#define accel_scaled_dot_product_attention_with(q, k, v, options) (seen_attention = *(options))
    (void)accel_linear(1, 2);
    (void)accel_embedding(1, 2);
    (void)accel_layer_norm(1);
    (void)accel_scaled_dot_product_attention(NULL, NULL, NULL);
    assert_int_equal(linear.struct_size, sizeof linear);
    EXPECT_SAME_MEMBER(linear, seen_linear, struct_size);
    EXPECT_SAME_MEMBER(linear, seen_linear, bias);
    assert_int_equal(embedding.struct_size, sizeof embedding);
    EXPECT_SAME_MEMBER(embedding, seen_embedding, struct_size);
    EXPECT_SAME_MEMBER(embedding, seen_embedding, padding_idx);
    assert_int_equal(norm.struct_size, sizeof norm);
    EXPECT_SAME_MEMBER(norm, seen_norm, struct_size);
    EXPECT_SAME_MEMBER(norm, seen_norm, eps);
    assert_int_equal(attention.struct_size, sizeof attention);
    EXPECT_SAME_MEMBER(attention, seen_attention, struct_size);
    EXPECT_SAME_MEMBER(attention, seen_attention, attn_mask);
    EXPECT_SAME_MEMBER(attention, seen_attention, dropout_p);
    EXPECT_SAME_MEMBER(attention, seen_attention, is_causal);
    EXPECT_SAME_MEMBER(attention, seen_attention, scale);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(layers_compute_what_pytorch_does),
        TEST(functions_compute_what_pytorch_does),
        TEST(dropout_draws_what_pytorch_draws),
        TEST(attends_as_pytorch_does),
        TEST(attends_by_hand),
        TEST(starts_as_pytorch_does),
        TEST(no_init_draws_nothing),
        TEST(refuses_sizes),
        TEST(options_nest),
        TEST(options_have_one_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
