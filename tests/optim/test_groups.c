/* Groups of parameters: what they take, and their learning rates. */
#include "tensors.h"

#include <accel/dict.h>
#include <accel/layers.h>
#include <accel/optimizer.h>

/* A dict of `count` new parameters that are zero, named a, b, … . */
static accel_dict *parameters(int count)
{
    accel_dict *dict = accel_dict_create();
    for (int i = 0; i < count; i++) {
        accel_tensor *p = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2));
        accel_set_requires_grad(p, true);
        accel_dict_set(dict, (const char[]){(char)('a' + i), '\0'}, p);
    }
    return dict;
}

static void give_gradients(accel_dict *dict)
{
    for (size_t i = 0; i < accel_dict_count(dict); i++)
        accel_set_grad(accel_dict_tensor(dict, i), accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2)));
}

/* The first step of AdamW moves each parameter by its learning rate. */
static void have_options_of_their_own(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer = accel_adamw(NULL, .lr = 0.5, .weight_decay = 0);
        accel_dict *own = parameters(2), *slow = parameters(1), *still = parameters(1),
                   *decayed = parameters(1);
        assert_int_equal(accel_optimizer_group_count(optimizer), 0);
        assert_int_equal(accel_optimizer_add_group(optimizer, own), ACCEL_OK);
        assert_int_equal(accel_optimizer_add_group(optimizer, slow, .lr = 0.125), ACCEL_OK);
        assert_int_equal(accel_optimizer_add_group(optimizer, still, .lr = 0), ACCEL_OK);
        assert_int_equal(accel_optimizer_add_group(optimizer, decayed, .weight_decay = 0.5), ACCEL_OK);
        assert_int_equal(accel_optimizer_group_count(optimizer), 4);
        const double lrs[] = {0.5, 0.125, 0, 0.5};
        for (size_t i = 0; i < 4; i++)
            assert_true(accel_optimizer_lr(optimizer, i) == lrs[i]);
        accel_no_grad() {
            accel_fill_in_place(accel_get(decayed, "a"), 1);
        }
        accel_dict *const all[] = {own, slow, still, decayed};
        for (int i = 0; i < 4; i++)
            give_gradients(all[i]);
        assert_int_equal(accel_optimizer_step(optimizer), ACCEL_OK);
        EXPECT_VALUES(accel_get(own, "b"), 1e-6, -0.5, -0.5);
        EXPECT_VALUES(accel_get(slow, "a"), 1e-6, -0.125, -0.125);
        EXPECT_VALUES(accel_get(still, "a"), 0, 0, 0);
        EXPECT_VALUES(accel_get(decayed, "a"), 1e-6, 1 - 0.25 - 0.5, 1 - 0.25 - 0.5);
    }
}

static void come_from_parts_of_a_model(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = accel_sequential(accel_linear(3, 2), accel_layer_norm(2));
        accel_dict *all = accel_module_parameters(model), *weights = accel_dict_create(),
                   *biases = accel_dict_create();
        for (size_t i = 0; i < accel_dict_count(all); i++)
            accel_dict_set(strstr(accel_dict_name(all, i), "bias") ? biases : weights, accel_dict_name(all, i),
                           accel_dict_tensor(all, i));
        accel_optimizer *optimizer = accel_adamw(NULL, .lr = 3e-5);
        assert_int_equal(accel_optimizer_add_group(optimizer, weights), ACCEL_OK);
        assert_int_equal(accel_optimizer_add_group(optimizer, biases, .weight_decay = 0), ACCEL_OK);
        accel_free(weights);
        accel_free(all);
        assert_int_equal(accel_optimizer_step(optimizer), ACCEL_OK);
        assert_int_equal(accel_optimizer_group_count(accel_adamw(model)), 1);
    }
}

static void learning_rates_can_be_set(void **state)
{
    (void)state;
    accel_scoped() {
        accel_optimizer *optimizer = accel_adamw(NULL, .lr = 0.5, .weight_decay = 0);
        accel_dict *a = parameters(1), *b = parameters(1);
        accel_optimizer_add_group(optimizer, a);
        accel_optimizer_add_group(optimizer, b);
        assert_int_equal(accel_optimizer_set_lr(optimizer, 1, 0.25), ACCEL_OK);
        assert_true(accel_optimizer_lr(optimizer, 0) == 0.5 && accel_optimizer_lr(optimizer, 1) == 0.25);
        give_gradients(a);
        give_gradients(b);
        accel_optimizer_step(optimizer);
        EXPECT_VALUES(accel_get(a, "a"), 1e-6, -0.5, -0.5);
        EXPECT_VALUES(accel_get(b, "a"), 1e-6, -0.25, -0.25);
        assert_int_equal(accel_optimizer_set_lr(optimizer, 0, -1e-9), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_optimizer_set_lr: lr must not be negative, got -1e-09");
        assert_int_equal(accel_optimizer_set_lr(optimizer, 0, (double)NAN), ACCEL_EINVAL);
        expect_failure_with(ACCEL_EINVAL, "accel_optimizer_set_lr: lr must not be negative");
        assert_int_equal(accel_optimizer_set_lr(optimizer, 0, (double)INFINITY), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_optimizer_set_lr: lr must be finite, got inf");
        assert_int_equal(accel_optimizer_set_lr(optimizer, 2, 0.1), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_optimizer_set_lr: group is 2, the optimizer has 2");
        assert_true(isnan(accel_optimizer_lr(optimizer, SIZE_MAX)));
        expect_failure_with(ACCEL_EINVAL, "accel_optimizer_lr: group is ");
        assert_true(isnan(accel_optimizer_lr(NULL, 0)));
        expect_failure(ACCEL_EINVAL, "accel_optimizer_lr: optimizer is NULL");
        assert_int_equal(accel_optimizer_group_count(NULL), 0);
        expect_failure(ACCEL_EINVAL, "accel_optimizer_group_count: optimizer is NULL");
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_int_equal(accel_optimizer_set_lr(optimizer, 0, 9), ACCEL_EIO);
        expect_failure(ACCEL_EIO, "test: first");
        assert_true(accel_optimizer_lr(optimizer, 0) == 0.5);
    }
}

static void refuse_parameters(void **state)
{
    (void)state;
    static const char call[] = "accel_optimizer_add_group: ";
    accel_scoped() {
        accel_optimizer *optimizer = accel_adamw(NULL), *stale = NULL;
        accel_dict *good = parameters(2), *twice = parameters(1), *plain = accel_dict_create(),
                   *again = accel_dict_create();
        accel_scoped() {
            stale = accel_adamw(NULL);
        }
        accel_optimizer_add_group(optimizer, good);
        accel_dict_set(twice, "again", accel_get(twice, "a"));
        accel_dict_set(plain, "mean", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2)));
        accel_dict_set(again, "other name", accel_get(good, "b"));
        accel_dict *computed = parameters(1);
        accel_dict_set(computed, "y", accel_neg(accel_get(computed, "a")));
        const struct {
            accel_dict *dict;
            accel_status status;
            const char *words;
        } rows[] = {
            {accel_dict_create(), ACCEL_EINVAL, "parameters is empty"},
            {good, ACCEL_EINVAL, "\"a\" is in a group already"},
            {again, ACCEL_EINVAL, "\"other name\" is in a group already"},
            {twice, ACCEL_EINVAL, "\"again\" is in a group already"},
            {plain, ACCEL_EINVAL, "\"mean\" does not require gradients"},
            {computed, ACCEL_EINVAL, "\"y\" is computed from others, expected a leaf"},
        };
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            char text[160];
            snprintf(text, sizeof text, "%s%s", call, rows[i].words);
            assert_int_equal(accel_optimizer_add_group(optimizer, rows[i].dict), rows[i].status);
            expect_failure(rows[i].status, text);
        }
        assert_int_equal(accel_optimizer_add_group(optimizer, NULL), ACCEL_EINVAL);
        expect_failure_with(ACCEL_EINVAL, "dict is NULL");
        assert_int_equal(accel_optimizer_add_group(stale, parameters(1)), ACCEL_ESTALE);
        expect_failure_with(ACCEL_ESTALE, "accel_optimizer_add_group: optimizer: this optimizer ended");
        assert_int_equal(accel_optimizer_add_group(optimizer, parameters(1), .lr = -1), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_optimizer_add_group: lr must not be negative, got -1");
        assert_int_equal(accel_optimizer_add_group(optimizer, parameters(1), .lr = (double)INFINITY),
                         ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_optimizer_add_group: lr must be finite, got inf");
        assert_int_equal(accel_optimizer_add_group(optimizer, parameters(1), .weight_decay = -1), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL, "accel_optimizer_add_group: weight_decay must not be negative, got -1");
        accel_dict *after = parameters(1);
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_int_equal(accel_optimizer_add_group(optimizer, after), ACCEL_EIO);
        expect_failure(ACCEL_EIO, "test: first");
        assert_int_equal(accel_optimizer_group_count(optimizer), 1);
    }
}

/* The kernels take one type from the first of a list: those of another are in a list of their own. */
static void may_be_of_several_types(void **state)
{
    (void)state;
    static const accel_dtype dtypes[] = {ACCEL_FLOAT32, ACCEL_FLOAT64, ACCEL_FLOAT32, ACCEL_BFLOAT16,
                                         ACCEL_FLOAT64};
    enum { TENSORS = sizeof dtypes / sizeof *dtypes };
    accel_scoped() {
        accel_dict *dict = accel_dict_create();
        for (int i = 0; i < TENSORS; i++) {
            accel_tensor *p = accel_zeros(dtypes[i], ACCEL_SHAPE(2));
            accel_fill_in_place(p, 1 + i);
            accel_set_requires_grad(p, true);
            accel_set_grad(p, accel_ones(dtypes[i], ACCEL_SHAPE(2)));
            accel_dict_set(dict, (const char[]){(char)('a' + i), '\0'}, p);
        }
        accel_optimizer *const optimizers[] = {accel_adamw(NULL, .lr = 0.25, .weight_decay = 0),
                                               accel_sgd(NULL, .lr = 0.25, .momentum = 0.5)};
        for (int k = 0; k < 2; k++) {
            assert_int_equal(accel_optimizer_add_group(optimizers[k], dict), ACCEL_OK);
            assert_int_equal(accel_optimizer_step(optimizers[k]), ACCEL_OK);
        }
        for (int i = 0; i < TENSORS; i++)
            EXPECT_VALUES(accel_to_dtype(accel_dict_tensor(dict, (size_t)i), ACCEL_FLOAT64), 1e-6, i + 0.5,
                          i + 0.5);
    }
}

static void options_have_one_default(void **state)
{
    (void)state;
    accel_group_options plain = accel_group_options_default(), seen;
#define accel_optimizer_add_group_with(optimizer, parameters, options) (seen = *(options))
    (void)accel_optimizer_add_group(NULL, NULL);
    assert_int_equal(plain.struct_size, sizeof plain);
    assert_true(isnan(plain.lr) && isnan(plain.weight_decay));
    EXPECT_SAME_MEMBER(plain, seen, struct_size);
    EXPECT_SAME_MEMBER(plain, seen, lr);
    EXPECT_SAME_MEMBER(plain, seen, weight_decay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(have_options_of_their_own), TEST(come_from_parts_of_a_model), TEST(learning_rates_can_be_set),
        TEST(refuse_parameters),         TEST(may_be_of_several_types),    TEST(options_have_one_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
