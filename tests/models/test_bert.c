/* What a BERT computes. Its numbers are compared with the reference's in tests/parity. */
#include "models/tiny.h"

static accel_module *sound_model(int64_t labels)
{
    char config[1024];
    snprintf(config, sizeof config, "{\"model_type\": \"bert\", \"num_labels\": %lld, %s}", (long long)labels,
             CONFIG_BODY);
    accel_module *model = load_tiny(config, tiny_weights("bert.", labels));
    expect_no_failure();
    return model;
}

/* A batch of `count` texts of 4 tokens, none of which is padding. */
static accel_dict *batch_of(const int64_t *ids, int64_t count)
{
    accel_dict *batch = accel_dict_create();
    accel_dict_set(batch, "input_ids", accel_tensor_copy_from(ids, ACCEL_INT64, ACCEL_SHAPE(count, 4)));
    return batch;
}

static accel_tensor *logits_of(accel_module *model, accel_dict *batch)
{
    accel_dict *outputs = accel_forward(model, batch);
    return outputs ? accel_get(outputs, "logits") : NULL;
}

static const int64_t two_texts[] = {1, 5, 6, 2, 1, 19, 0, 2};

static void gives_logits_and_a_loss_for_labels(void **state)
{
    (void)state;
    accel_module *model = sound_model(5);
    accel_eval(model);
    accel_dict *batch = batch_of(two_texts, 2);
    accel_dict *outputs = accel_forward(model, batch);
    expect_no_failure();
    assert_false(accel_dict_has(outputs, "loss"));
    accel_tensor *logits = accel_get(outputs, "logits");
    assert_int_equal(accel_tensor_size(logits, 0), 2);
    assert_int_equal(accel_tensor_size(logits, 1), 5);
    const int64_t values[] = {4, 0};
    accel_tensor *labels = accel_tensor_copy_from(values, ACCEL_INT64, ACCEL_SHAPE(2));
    accel_dict_set(batch, "labels", labels);
    outputs = accel_forward(model, batch);
    assert_int_equal(accel_tensor_rank(accel_get(outputs, "loss")), 0);
    assert_true(largest_difference(accel_get(outputs, "logits"), logits) == 0);
    assert_true(largest_difference(accel_get(outputs, "loss"), accel_cross_entropy(logits, labels)) == 0);
}

static void absent_inputs_have_defaults(void **state)
{
    (void)state;
    accel_module *model = sound_model(2);
    accel_eval(model);
    accel_dict *batch = batch_of(two_texts, 2);
    accel_tensor *plain = logits_of(model, batch);
    accel_dict_set(batch, "attention_mask", accel_ones(ACCEL_INT64, ACCEL_SHAPE(2, 4)));
    assert_true(largest_difference(logits_of(model, batch), plain) == 0);
    accel_dict_set(batch, "token_type_ids", accel_zeros(ACCEL_INT64, ACCEL_SHAPE(2, 4)));
    assert_true(largest_difference(logits_of(model, batch), plain) == 0);
    accel_dict_set(batch, "token_type_ids", accel_ones(ACCEL_INT64, ACCEL_SHAPE(2, 4)));
    assert_true(largest_difference(logits_of(model, batch), plain) > 1e-3);
}

static void padding_changes_nothing(void **state)
{
    (void)state;
    accel_module *model = sound_model(2);
    accel_eval(model);
    const int64_t ids[] = {1, 5, 6, 2, 1, 7, 2, 3}, mask[] = {1, 1, 1, 1, 1, 1, 1, 0}, alone[] = {1, 7, 2};
    accel_dict *batch = batch_of(ids, 2), *single = accel_dict_create();
    accel_dict_set(batch, "attention_mask", accel_tensor_copy_from(mask, ACCEL_INT64, ACCEL_SHAPE(2, 4)));
    accel_dict_set(single, "input_ids", accel_tensor_copy_from(alone, ACCEL_INT64, ACCEL_SHAPE(1, 3)));
    accel_tensor *padded = logits_of(model, batch);
    assert_true(largest_difference(accel_select(padded, 0, 1), accel_select(logits_of(model, single), 0, 0)) <
                1e-6);
    assert_true(largest_difference(accel_narrow(padded, 0, 0, 1), logits_of(model, batch_of(ids, 1))) < 1e-6);
    accel_dict_remove(batch, "attention_mask");
    assert_true(largest_difference(logits_of(model, batch), padded) > 1e-6);
}

static void dropout_is_for_training(void **state)
{
    (void)state;
    accel_module *model = sound_model(2);
    accel_dict *batch = batch_of(two_texts, 2);
    assert_true(accel_is_training(model));
    accel_tensor *first = logits_of(model, batch);
    assert_true(largest_difference(logits_of(model, batch), first) > 0);
    accel_eval(model);
    first = logits_of(model, batch);
    assert_true(largest_difference(logits_of(model, batch), first) == 0);
    accel_train(model);
    accel_set_seed(7);
    first = logits_of(model, batch);
    accel_set_seed(7);
    assert_true(largest_difference(logits_of(model, batch), first) == 0);
}

static void every_parameter_learns(void **state)
{
    (void)state;
    accel_module *model = sound_model(2);
    accel_dict *batch = batch_of(two_texts, 2);
    const int64_t labels[] = {0, 1};
    accel_dict_set(batch, "labels", accel_tensor_copy_from(labels, ACCEL_INT64, ACCEL_SHAPE(2)));
    accel_backward(accel_get(accel_forward(model, batch), "loss"));
    accel_dict *parameters = accel_module_parameters(model);
    assert_int_equal(accel_dict_count(parameters), 5 + 16 * LAYERS + 4);
    for (size_t i = 0; i < accel_dict_count(parameters); i++) {
        accel_tensor *gradient = accel_grad(accel_dict_tensor(parameters, i));
        if (!gradient || !(accel_item(accel_max(accel_abs(gradient))) > 0))
            fail_msg("%s has no gradient", accel_dict_name(parameters, i));
    }
}

static void the_padding_token_does_not_learn(void **state)
{
    (void)state;
    accel_module *model = sound_model(2);
    const int64_t ids[] = {1, 5, 3, 3};
    accel_backward(accel_sum(logits_of(model, batch_of(ids, 1))));
    accel_tensor *gradient = accel_grad(accel_module_tensor(model, "bert.embeddings.word_embeddings.weight"));
    assert_true(accel_item(accel_max(accel_abs(accel_select(gradient, 0, 3)))) == 0);
    assert_true(accel_item(accel_max(accel_abs(accel_select(gradient, 0, 5)))) > 0);
}

static void says_which_input_does_not_fit(void **state)
{
    (void)state;
    accel_module *model = sound_model(3);
    accel_dict *batch = accel_dict_create();
    assert_null(accel_forward(model, batch));
    expect_failure(
        ACCEL_ENOTFOUND,
        "accel_dict_get: no entry \"input_ids\"; there is none [in module BertForSequenceClassification]");
    accel_dict_set(batch, "input_ids", accel_arange(4));
    assert_null(accel_forward(model, batch));
    expect_failure(ACCEL_EINVAL, "accel_forward: input_ids must have 2 dimensions, got 1 [in module "
                                 "BertForSequenceClassification]");
    accel_dict_set(batch, "input_ids", accel_zeros(ACCEL_INT64, ACCEL_SHAPE(1, 17)));
    assert_null(accel_forward(model, batch));
    expect_failure(ACCEL_EINVAL,
                   "accel_forward: input_ids has 17 tokens, the model has 16 positions [in module "
                   "BertForSequenceClassification]");
    accel_dict_set(batch, "input_ids", accel_full(20, ACCEL_INT64, ACCEL_SHAPE(1, 4)));
    assert_null(accel_forward(model, batch));
    expect_failure(ACCEL_EINVAL,
                   "accel_forward: input_ids has token 20, the model's vocabulary has 20: is the tokenizer "
                   "another model's? [in module BertForSequenceClassification]");
    accel_dict_set(batch, "input_ids", accel_full(-1, ACCEL_INT64, ACCEL_SHAPE(1, 4)));
    assert_null(accel_forward(model, batch));
    assert_non_null(strstr(accel_error_text(), "[in module Embedding bert.embeddings.word_embeddings]"));
    accel_error_clear();
    accel_dict_set(batch, "input_ids", accel_zeros(ACCEL_INT64, ACCEL_SHAPE(1, 4)));
    accel_dict_set(batch, "token_type_ids", accel_full(2, ACCEL_INT64, ACCEL_SHAPE(1, 4)));
    assert_null(accel_forward(model, batch));
    assert_non_null(strstr(accel_error_text(), "[in module Embedding bert.embeddings.token_type_embeddings]"));
    accel_error_clear();
    assert_null(accel_forward(model, accel_arange(3)));
    assert_non_null(strstr(accel_error_text(), "BertForSequenceClassification does not take a tensor"));
}

static void says_which_label_is_out_of_range(void **state)
{
    (void)state;
    accel_module *model = sound_model(3);
    static const int64_t labels[] = {3, 7, -1};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        char expected[32];
        accel_dict *batch = batch_of(two_texts, 1);
        accel_dict_set(batch, "labels", accel_tensor_copy_from(&labels[i], ACCEL_INT64, ACCEL_SHAPE(1)));
        assert_null(accel_forward(model, batch));
        snprintf(expected, sizeof expected, "Target %lld is out of bounds", (long long)labels[i]);
        if (!strstr(accel_error_text(), expected))
            fail_msg("%s", accel_error_text());
        accel_error_clear();
    }
}

static void leaves_nothing_of_a_forward(void **state)
{
    (void)state;
    accel_module *model = sound_model(2);
    accel_dict *batch = batch_of(two_texts, 2);
    size_t before = accel_live_handles();
    for (int i = 0; i < 5; i++) {
        accel_dict *outputs = accel_forward(model, batch);
        assert_int_equal(accel_live_handles(), before + 2); /* the dict and its logits */
        accel_free(outputs);
        assert_int_equal(accel_live_handles(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_logits_and_a_loss_for_labels),
        TEST(absent_inputs_have_defaults),
        TEST(padding_changes_nothing),
        TEST(dropout_is_for_training),
        TEST(every_parameter_learns),
        TEST(the_padding_token_does_not_learn),
        TEST(says_which_input_does_not_fit),
        TEST(says_which_label_is_out_of_range),
        TEST(leaves_nothing_of_a_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
