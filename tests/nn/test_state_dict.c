/* State dicts: what is in them and in which order, and loading all or nothing. */
#include "tensors.h"

#include <accel/dict.h>
#include <accel/layers.h>
#include <accel/log.h>
#include <accel/module.h>

/* Parameters and buffers in a jumbled order, two levels deep. */
static accel_module *make_model(void)
{
    accel_module *model = accel_module_create(), *norm = accel_module_create();
    accel_module_add_buffer(norm, "running", FLOATS(ACCEL_SHAPE(2), 1, 2), true);
    accel_module_add_parameter(norm, "weight", FLOATS(ACCEL_SHAPE(2), 3, 4));
    accel_module_add_buffer(norm, "cache", FLOATS(ACCEL_SHAPE(1), 5), false);
    accel_module_add_buffer(norm, "steps", accel_scalar(7, ACCEL_INT64), true);
    accel_module_add_parameter(norm, "bias", FLOATS(ACCEL_SHAPE(2), 8, 9));
    accel_module_add(model, "norm", norm);
    accel_module_add_parameter(model, "scale", FLOATS(ACCEL_SHAPE(1), 10));
    accel_module_add(model, "fc", accel_linear(2, 1));
    expect_no_failure();
    return model;
}

static void expect_names(accel_dict *dict, const char *const *names, size_t count)
{
    assert_int_equal(accel_dict_count(dict), count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(accel_dict_name(dict, i), names[i]);
}

/* As torch.nn.Module.state_dict: a module's parameters, its persistent buffers, then its children. */
static void has_pytorchs_order(void **state)
{
    (void)state;
    static const char *const names[] = {"scale",      "norm.weight", "norm.bias", "norm.running",
                                        "norm.steps", "fc.weight",   "fc.bias"};
    accel_scoped() {
        accel_dict *dict = accel_state_dict(make_model());
        expect_names(dict, names, 7);
        EXPECT_VALUES(accel_get(dict, "norm.running"), 0, 1, 2);
        assert_int_equal(accel_tensor_dtype(accel_get(dict, "norm.steps")), ACCEL_INT64);
        assert_int_equal(accel_dict_count(accel_state_dict(accel_module_create())), 0);
    }
}

static void shares_the_storage(void **state)
{
    (void)state;
    accel_module *model = make_model();
    accel_dict *dict = accel_state_dict(model);
    accel_tensor *weight = accel_get(dict, "norm.weight");
    assert_false(accel_requires_grad(weight));
    accel_scoped() {
        accel_fill_in_place(weight, -1);
        EXPECT_VALUES(accel_module_tensor(model, "norm.weight"), 0, -1, -1);
    }
    accel_free(model);
    EXPECT_VALUES(weight, 0, -1, -1);
    accel_free(dict);
}

/* Two names of one tensor are two entries of the state, and one parameter. */
static void has_shared_tensors_under_each_name(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = accel_module_create();
        accel_tensor *w = accel_module_add_parameter(model, "w", FLOATS(ACCEL_SHAPE(1), 1));
        accel_module *head = accel_module_add(model, "head", accel_module_create());
        accel_module_add_parameter(head, "w", w);
        accel_dict *dict = accel_state_dict(model);
        expect_names(dict, (const char *const[]){"w", "head.w"}, 2);
        assert_ptr_equal(accel_tensor_data(accel_get(dict, "w")), accel_tensor_data(accel_get(dict, "head.w")));
        expect_names(accel_module_parameters(model), (const char *const[]){"w"}, 1);
        assert_int_equal(accel_load_state_dict(model, dict), ACCEL_OK);
    }
}

static void loads_what_another_has(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *from = make_model(), *to = make_model();
        accel_dict *given = accel_dict_create(), *own = accel_state_dict(from);
        /* In another order, and in other dtypes. */
        for (size_t i = accel_dict_count(own); i-- > 0;)
            accel_dict_set(given, accel_dict_name(own, i),
                           accel_to_dtype(accel_mul_scalar(accel_dict_tensor(own, i), 2),
                                          i % 2 ? ACCEL_FLOAT64 : ACCEL_INT32));
        accel_tensor *weight = accel_module_tensor(to, "norm.weight");
        void *data = accel_tensor_data(weight);
        assert_int_equal(accel_load_state_dict(to, given), ACCEL_OK);
        EXPECT_VALUES(weight, 0, 6, 8);
        EXPECT_VALUES(accel_module_tensor(to, "norm.running"), 0, 2, 4);
        EXPECT_VALUES(accel_module_tensor(to, "norm.cache"), 0, 5);
        assert_int_equal(accel_item_integer(accel_module_tensor(to, "norm.steps")), 14);
        assert_int_equal(accel_tensor_dtype(weight), ACCEL_FLOAT32);
        assert_ptr_equal(accel_tensor_data(weight), data);
        assert_true(accel_requires_grad(weight));
        assert_int_equal(accel_backward(accel_sum(accel_square(weight))), ACCEL_OK);
        assert_int_equal(accel_load_state_dict(to, accel_state_dict(to)), ACCEL_OK);
        EXPECT_VALUES(weight, 0, 6, 8);
    }
}

/* A state whose values say that they were copied. */
static accel_dict *other_state(void)
{
    accel_module *model = make_model();
    accel_dict *dict = accel_state_dict(model);
    for (size_t i = 0; i < accel_dict_count(dict); i++)
        accel_free(accel_fill_in_place(accel_dict_tensor(dict, i), 77));
    accel_free(model);
    expect_no_failure();
    return dict;
}

static void expect_nothing_copied(accel_module *model)
{
    EXPECT_VALUES(accel_module_tensor(model, "scale"), 0, 10);
    EXPECT_VALUES(accel_module_tensor(model, "norm.weight"), 0, 3, 4);
    EXPECT_VALUES(accel_module_tensor(model, "norm.steps"), 0, 7);
}

/* Files have what is tied once. */
static void tied_tensors_need_one_name(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = accel_module_create(.type = "Tied");
        accel_module_add_parameter(model, "first", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2)));
        accel_module_add_parameter(model, "second", accel_module_tensor(model, "first"));
        accel_module_add_parameter(model, "third", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2)));
        accel_dict *dict = accel_dict_create();
        accel_dict_set(dict, "second", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2)));
        accel_try(error) {
            assert_int_equal(accel_load_state_dict(model, dict), ACCEL_ENOTFOUND);
            assert_non_null(strstr(error->message, "missing: \"third\";"));
        }
        accel_dict_set(dict, "third", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2)));
        assert_int_equal(accel_load_state_dict(model, dict), ACCEL_OK);
        EXPECT_VALUES(accel_module_tensor(model, "first"), 0, 1, 1);
    }
}

static void strict_loading_is_all_or_nothing(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = make_model();
        accel_dict *dict = other_state();
        accel_dict_remove(dict, "norm.bias");
        accel_dict_remove(dict, "fc.weight");
        assert_int_equal(accel_load_state_dict(model, dict), ACCEL_ENOTFOUND);
        expect_failure(ACCEL_ENOTFOUND,
                       "accel_load_state_dict: missing: \"norm.bias\", \"fc.weight\"; unexpected: none");
        expect_nothing_copied(model);
        dict = other_state();
        accel_dict_set(dict, "head", accel_arange(1));
        accel_dict_set(dict, "norm.cache", accel_arange(1));
        assert_int_equal(accel_load_state_dict(model, dict), ACCEL_ENOTFOUND);
        expect_failure(ACCEL_ENOTFOUND,
                       "accel_load_state_dict: missing: none; unexpected: \"head\", \"norm.cache\"");
        expect_nothing_copied(model);
        accel_dict_remove(dict, "fc.bias");
        assert_int_equal(accel_load_state_dict(model, dict), ACCEL_ENOTFOUND);
        expect_failure(ACCEL_ENOTFOUND,
                       "accel_load_state_dict: missing: \"fc.bias\"; unexpected: \"head\", \"norm.cache\"");
        expect_nothing_copied(model);
    }
}

static void wrong_shapes_are_refused(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = make_model();
        accel_dict *dict = other_state();
        accel_dict_set(dict, "fc.weight", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 1)));
        for (int strict = 0; strict < 2; strict++) {
            assert_int_equal(accel_load_state_dict(model, dict, .strict = strict), ACCEL_EINVAL);
            expect_failure(ACCEL_EINVAL,
                           "accel_load_state_dict: \"fc.weight\" has shape (2, 1), the module's is (1, 2)");
            expect_nothing_copied(model);
        }
        accel_dict_set(dict, "fc.weight", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2)));
        accel_dict_set(dict, "norm.steps", accel_zeros(ACCEL_INT64, ACCEL_SHAPE(1)));
        assert_int_equal(accel_load_state_dict(model, dict), ACCEL_EINVAL);
        expect_failure(ACCEL_EINVAL,
                       "accel_load_state_dict: \"norm.steps\" has shape (1,), the module's is ()");
        expect_nothing_copied(model);
    }
}

static void remember_line(accel_log_level level, const char *line, void *user)
{
    assert_int_equal(level, ACCEL_LOG_INFO);
    snprintf(user, 200, "%s", line);
}

static void loose_loading_logs_the_rest(void **state)
{
    (void)state;
    char line[200] = "";
    accel_log_set_callback(remember_line, line);
    accel_scoped() {
        accel_module *model = make_model();
        accel_dict *dict = other_state();
        accel_dict_remove(dict, "norm.weight");
        accel_dict_set(dict, "head", accel_arange(1));
        assert_int_equal(accel_load_state_dict(model, dict, .strict = false), ACCEL_OK);
        assert_string_equal(line, "accel_load_state_dict: missing: \"norm.weight\"; unexpected: \"head\"");
        EXPECT_VALUES(accel_module_tensor(model, "scale"), 0, 77);
        EXPECT_VALUES(accel_module_tensor(model, "norm.weight"), 0, 3, 4);
        EXPECT_VALUES(accel_module_tensor(model, "norm.bias"), 0, 77, 77);
        line[0] = '\0';
        assert_int_equal(accel_load_state_dict(model, other_state(), .strict = false), ACCEL_OK);
        assert_string_equal(line, "");
    }
    accel_log_set_callback(NULL, NULL);
}

static void refuses_what_is_no_state(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = make_model(), *empty = accel_module_create(), *stale = NULL;
        accel_dict *ended = NULL;
        accel_scoped() {
            stale = accel_module_create();
            ended = accel_dict_create();
        }
        assert_int_equal(accel_load_state_dict(model, NULL), ACCEL_EINVAL);
        expect_failure_with(ACCEL_EINVAL, "dict is NULL");
        assert_int_equal(accel_load_state_dict(empty, NULL), ACCEL_EINVAL);
        expect_failure_with(ACCEL_EINVAL, "dict is NULL");
        assert_int_equal(accel_load_state_dict(model, ended), ACCEL_ESTALE);
        expect_failure_with(ACCEL_ESTALE, "use accel_keep()");
        assert_int_equal(accel_load_state_dict(stale, accel_dict_create()), ACCEL_ESTALE);
        expect_failure_with(ACCEL_ESTALE, "accel_load_state_dict: module: ");
        EXPECT_REFUSED(accel_state_dict(stale), ACCEL_ESTALE, "accel_state_dict: module: ");
        EXPECT_REFUSED(accel_module_parameters(NULL), ACCEL_EINVAL, "accel_module_parameters: module is NULL");
        accel_dict *dict = other_state();
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_int_equal(accel_load_state_dict(model, dict), ACCEL_EIO);
        assert_null(accel_state_dict(model));
        expect_failure(ACCEL_EIO, "test: first");
        expect_nothing_copied(model);
    }
}

static void options_have_one_default(void **state)
{
    (void)state;
    accel_load_state_dict_options plain = accel_load_state_dict_options_default(), seen;
#define accel_load_state_dict_with(module, dict, options) (seen = *(options))
    (void)accel_load_state_dict(NULL, NULL);
    assert_int_equal(plain.struct_size, sizeof plain);
    EXPECT_SAME_MEMBER(plain, seen, struct_size);
    EXPECT_SAME_MEMBER(plain, seen, strict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(has_pytorchs_order),
        TEST(shares_the_storage),
        TEST(has_shared_tensors_under_each_name),
        TEST(loads_what_another_has),
        TEST(tied_tensors_need_one_name),
        TEST(strict_loading_is_all_or_nothing),
        TEST(wrong_shapes_are_refused),
        TEST(loose_loading_logs_the_rest),
        TEST(refuses_what_is_no_state),
        TEST(options_have_one_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
