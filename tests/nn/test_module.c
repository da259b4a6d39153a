/* The module tree: names, ownership, modes. Every test ends with no live handle. */
#include "tensors.h"

#include <accel/dict.h>
#include <accel/layers.h>
#include <accel/module.h>

#include "base/memory.h"

static accel_tensor *values(int64_t n) { return accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(n)); }

static void expect_names(accel_dict *dict, const char *expected)
{
    char names[512] = "";
    expect_no_failure();
    for (size_t i = 0; i < accel_dict_count(dict); i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? " " : "",
                 accel_dict_name(dict, i));
    assert_string_equal(names, expected);
    accel_free(dict);
}

/* encoder.0 (weight), encoder.1 (weight, scale), head (weight): parameters and buffers in a jumbled order. */
static accel_module *make_tree(void)
{
    accel_module *root = accel_module_create(.type = "Tree"), *encoder = accel_module_create(.type = "Encoder");
    accel_module *second = accel_module_create(), *head = accel_module_create(.type = "Head");
    accel_module_add(root, "encoder", encoder);
    accel_module_add(root, "head", head);
    accel_module_add(encoder, "0", accel_linear(3, 2, .bias = false));
    accel_module_add(encoder, "1", second);
    accel_module_add_buffer(second, "steps", accel_arange(3), true);
    accel_module_add_parameter(second, "weight", values(4));
    accel_module_add_buffer(second, "cache", values(5), false);
    accel_module_add_parameter(second, "scale", values(6));
    accel_module_add_parameter(head, "weight", values(7));
    accel_module_add_parameter(root, "bias", values(8));
    expect_no_failure();
    return root;
}

static void names_everything_with_dots(void **state)
{
    (void)state;
    accel_module *root = make_tree();
    expect_names(accel_module_parameters(root),
                 "bias encoder.0.weight encoder.1.weight encoder.1.scale head.weight");
    assert_int_equal(accel_module_parameter_count(root), 8 + 6 + 4 + 6 + 7);
    accel_module *second = accel_module_child(root, "encoder.1");
    assert_ptr_equal(second, accel_module_child(accel_module_child(root, "encoder"), "1"));
    assert_string_equal(accel_module_type(second), "Module");
    assert_string_equal(accel_module_type(accel_module_child(root, "encoder.0")), "Linear");
    assert_int_equal(accel_tensor_numel(accel_module_tensor(root, "encoder.1.cache")), 5);
    assert_int_equal(accel_tensor_numel(accel_module_tensor(root, "bias")), 8);
    assert_ptr_equal(accel_module_tensor(root, "encoder.1.scale"), accel_module_tensor(second, "scale"));
    assert_true(accel_requires_grad(accel_module_tensor(second, "scale")));
    assert_false(accel_requires_grad(accel_module_tensor(second, "cache")));
    accel_free(root);
}

static void says_which_name_is_missing(void **state)
{
    (void)state;
    accel_module *root = make_tree();
    static const char *const children[] = {
        "",        ".",         "encoder.", ".encoder",         "encoder..0",
        "Encoder", "encoder.2", "bias",     "encoder.0.weight", "encoder.1.0"};
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++)
        EXPECT_REFUSED(accel_module_child(root, children[i]), ACCEL_ENOTFOUND, "has no child \"");
    accel_module_child(root, "encoder.7");
    expect_failure(ACCEL_ENOTFOUND, "accel_module_child: Encoder has no child \"encoder.7\"");
    static const char *const tensors[] = {
        "", ".", "weight", "bias.", "encoder", "encoder.0", "encoder.0.weight.x", "head..weight"};
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++)
        EXPECT_REFUSED(accel_module_tensor(root, tensors[i]), ACCEL_ENOTFOUND,
                       "accel_module_tensor: no parameter or buffer \"");
    EXPECT_REFUSED(accel_module_child(root, NULL), ACCEL_EINVAL, "accel_module_child: name is NULL");
    EXPECT_REFUSED(accel_module_tensor(root, NULL), ACCEL_EINVAL, "accel_module_tensor: name is NULL");
    EXPECT_REFUSED(accel_module_tensor(NULL, "bias"), ACCEL_EINVAL, "accel_module_tensor: module is NULL");
    EXPECT_REFUSED(accel_module_child(NULL, "encoder"), ACCEL_EINVAL, "accel_module_child: module is NULL");
    accel_free(root);
}

/* What is given with a bad name is taken all the same: it ends. */
static void refuses_names(void **state)
{
    (void)state;
    accel_module *root = make_tree();
    size_t live = accel_live_handles();
    static const char *const bad[] = {"", "a.b", ".", "encoder", "bias", NULL};
    static const char *const words[] = {"name must be non-empty and without dots, got \"\"",
                                        "name must be non-empty and without dots, got \"a.b\"",
                                        "name must be non-empty and without dots, got \".\"",
                                        "Tree has a \"encoder\" already",
                                        "Tree has a \"bias\" already",
                                        "name is NULL"};
    for (int i = 0; i < 6; i++) {
        EXPECT_REFUSED(accel_module_add(root, bad[i], accel_linear(2, 2)), ACCEL_EINVAL, words[i]);
        EXPECT_REFUSED(accel_module_add_parameter(root, bad[i], values(2)), ACCEL_EINVAL, words[i]);
        EXPECT_REFUSED(accel_module_add_buffer(root, bad[i], values(2), true), ACCEL_EINVAL, words[i]);
        assert_int_equal(accel_live_handles(), live);
    }
    accel_free(root);
}

static void refuses_cycles_and_second_parents(void **state)
{
    (void)state;
    accel_module *root = make_tree(), *encoder = accel_module_child(root, "encoder");
    EXPECT_REFUSED(accel_module_add(encoder, "up", root), ACCEL_EINVAL,
                   "accel_module_add: \"up\" would contain itself");
    /* Given away, it ended: the tree was its only owner. */
    EXPECT_REFUSED(accel_module_type(root), ACCEL_ESTALE, "use accel_keep()");
    assert_int_equal(accel_live_handles(), 0);

    accel_module *alone = accel_module_create();
    accel_retain(alone);
    EXPECT_REFUSED(accel_module_add(alone, "me", alone), ACCEL_EINVAL,
                   "accel_module_add: \"me\" would contain itself");
    accel_release(alone);

    root = make_tree();
    accel_module *other = accel_module_create(.type = "Other");
    EXPECT_REFUSED(accel_module_add(other, "stolen", accel_module_child(root, "head")), ACCEL_EINVAL,
                   "accel_module_add: the module belongs to another as \"head\" already");
    assert_string_equal(accel_module_type(accel_module_child(root, "head")), "Head");
    accel_free(root);
    accel_free(other);
}

static void takes_what_it_is_given(void **state)
{
    (void)state;
    accel_module *root = accel_module_create();
    accel_module *child = accel_module_create();
    accel_tensor *weight = values(2);
    assert_ptr_equal(accel_module_add(root, "child", child), child);
    assert_ptr_equal(accel_module_add_parameter(root, "weight", weight), weight);
    accel_free(child);
    expect_failure(ACCEL_EINVAL, "accel_free: this module is only borrowed and ends with its owner");
    accel_free(weight);
    expect_failure(ACCEL_EINVAL, "accel_free: this tensor is only borrowed and ends with its owner");
    assert_int_equal(accel_live_handles(), 3);
    accel_free(root);
    assert_int_equal(accel_live_handles(), 0);
    accel_scoped() {
        root = accel_keep(accel_module_create());
        accel_module_add(root, "child", accel_linear(2, 2));
    }
    assert_int_equal(accel_module_parameter_count(root), 6); /* the scope had no claim on the child */
    accel_free(root);
}

/* Also while a failure is recorded: constructors written in place leave nothing behind. */
static void takes_after_a_failure(void **state)
{
    (void)state;
    accel_module *root = accel_module_create(), *child = accel_linear(2, 2);
    accel_tensor *weight = values(2), *buffer = values(3);
    accel_error_raise(ACCEL_EIO, "test", "first");
    assert_null(accel_module_add(root, "child", child));
    assert_null(accel_module_add_parameter(root, "weight", weight));
    assert_null(accel_module_add_buffer(root, "buffer", buffer, true));
    assert_null(accel_module_create());
    assert_null(accel_module_parameters(root));
    assert_int_equal(accel_module_parameter_count(root), -1);
    expect_failure(ACCEL_EIO, "test: first");
    assert_int_equal(accel_live_handles(), 1);
    assert_null(accel_module_add(NULL, "child", accel_linear(2, 2)));
    expect_failure(ACCEL_EINVAL, "accel_module_add: module is NULL");
    assert_null(accel_module_add(root, "child", NULL));
    expect_failure(ACCEL_EINVAL, "accel_module_add: module is NULL");
    assert_null(accel_module_add_parameter(NULL, "weight", values(2)));
    expect_failure_with(ACCEL_EINVAL, "accel_module_add_parameter: module is NULL");
    accel_free(root);
    assert_null(accel_sequential(accel_linear(2, 2), accel_linear(2, -1), accel_relu_module()));
    expect_failure_with(ACCEL_EINVAL, "accel_linear: ");
    assert_int_equal(accel_live_handles(), 0);
}

static void trains_floating_leaves_only(void **state)
{
    (void)state;
    accel_module *root = accel_module_create();
    EXPECT_REFUSED(accel_module_add_parameter(root, "w", accel_arange(3)), ACCEL_EINVAL,
                   "accel_set_requires_grad: tensor has dtype int64, gradients need a floating one");
    EXPECT_REFUSED(accel_module_add_parameter(root, "w", NULL), ACCEL_EINVAL,
                   "accel_module_add_parameter: w is NULL");
    EXPECT_REFUSED(accel_module_add_buffer(root, NULL, NULL, true), ACCEL_EINVAL,
                   "accel_module_add_buffer: tensor is NULL");
    accel_scoped() {
        accel_tensor *w = values(2);
        accel_set_requires_grad(w, true);
        EXPECT_REFUSED(accel_module_add_parameter(root, "w", accel_neg(w)), ACCEL_EINVAL, "expected a leaf");
    }
    expect_names(accel_module_parameters(root), "");
    assert_int_equal(accel_module_parameter_count(root), 0);
    accel_free(root);
}

/* A parameter lent by one module and added to another is in both, and counted once. */
static void shares_parameters(void **state)
{
    (void)state;
    accel_module *root = accel_module_create(), *a = accel_embedding(5, 3),
                 *b = accel_linear(3, 5, .bias = false);
    accel_module *tied = accel_module_create();
    accel_module_add(root, "a", a);
    accel_module_add(root, "tied", tied);
    accel_tensor *weight = accel_module_tensor(root, "a.weight");
    assert_ptr_equal(accel_module_add_parameter(tied, "weight", weight), weight);
    accel_module_add(root, "b", b);
    expect_names(accel_module_parameters(root), "a.weight b.weight");
    assert_int_equal(accel_module_parameter_count(root), 30);
    accel_retain(tied);
    accel_free(root);
    assert_int_equal(accel_module_parameter_count(tied), 15);
    accel_release(tied);
}

static int releases;
static void release(void *user)
{
    assert_string_equal(user, "the user");
    releases++;
}

static void releases_its_user_once(void **state)
{
    (void)state;
    char user[] = "the user", type[] = "Mine";
    releases = 0;
    accel_module *module = accel_module_create(.type = type, .user = user, .release = release);
    type[0] = 'x';
    assert_string_equal(accel_module_type(module), "Mine");
    assert_ptr_equal(accel_module_user(module), user);
    accel_module *root = accel_module_create();
    accel_module_add(root, "child", module);
    assert_int_equal(releases, 0);
    accel_free(root);
    assert_int_equal(releases, 1);
    accel_error_raise(ACCEL_EIO, "test", "first");
    assert_null(accel_module_create(.user = user, .release = release));
    accel_error_clear();
    assert_null(
        accel_module_create_with(&(accel_module_options){.struct_size = 1, .user = user, .release = release}));
    expect_failure_with(ACCEL_EINVAL, "options.struct_size is 1");
    assert_int_equal(releases, 1);
    accel_module *untyped = accel_module_create(.type = NULL);
    assert_string_equal(accel_module_type(untyped), "Module");
    assert_null(accel_module_user(untyped));
    accel_free(untyped);
    assert_null(accel_module_user(untyped));
    expect_failure_with(ACCEL_ESTALE, "accel_module_user: ");
}

static void switches_modes_below(void **state)
{
    (void)state;
    static const char *const names[] = {"encoder", "encoder.0", "encoder.1", "head"};
    accel_module *root = make_tree();
    assert_true(accel_is_training(root));
    assert_int_equal(accel_eval(root), ACCEL_OK);
    assert_false(accel_is_training(root));
    for (int i = 0; i < 4; i++)
        assert_false(accel_is_training(accel_module_child(root, names[i])));
    assert_int_equal(accel_train(accel_module_child(root, "encoder")), ACCEL_OK);
    assert_false(accel_is_training(root));
    for (int i = 0; i < 4; i++)
        assert_int_equal(accel_is_training(accel_module_child(root, names[i])), i < 3);
    accel_error_raise(ACCEL_EIO, "test", "first");
    assert_int_equal(accel_train(root), ACCEL_EIO);
    accel_error_clear();
    assert_false(accel_is_training(root));
    assert_int_equal(accel_train(root), ACCEL_OK);
    assert_true(accel_is_training(accel_module_child(root, "head")));
    accel_free(root);
    assert_int_equal(accel_eval(root), ACCEL_ESTALE);
    expect_failure_with(ACCEL_ESTALE, "accel_eval: module: this module was freed");
    assert_false(accel_is_training(NULL));
    expect_failure(ACCEL_EINVAL, "accel_is_training: module is NULL");
}

static void grows_deep(void **state)
{
    (void)state;
    accel_module *root = accel_module_create(), *at = root;
    char name[600] = "";
    for (int i = 0; i < 200; i++) {
        at = accel_module_add(at, "x", accel_module_create());
        snprintf(name + strlen(name), sizeof name - strlen(name), "%sx", i ? "." : "");
    }
    accel_module_add_parameter(at, "w", values(3));
    assert_ptr_equal(accel_module_child(root, name), at);
    assert_int_equal(accel_module_parameter_count(root), 3);
    EXPECT_REFUSED(accel_module_add(at, "root", accel_retain(root)), ACCEL_EINVAL, "would contain itself");
    accel_release(root);
    assert_int_equal(accel_live_handles(), 0);
}

static void survives_failing_allocations(void **state)
{
    (void)state;
    for (size_t nth = 1;; nth++) {
        memory_fail_at(nth);
        accel_module *root = accel_module_create(), *encoder = accel_module_create(.type = "Encoder");
        accel_module_add(root, "encoder", encoder);
        accel_module_add(encoder, "0",
                         accel_sequential(accel_linear(3, 2), accel_layer_norm(2), accel_dropout(0.1)));
        accel_module_add_parameter(encoder, "w", values(2));
        accel_module_add_buffer(encoder, "b", values(2), true);
        accel_dict *parameters = accel_module_parameters(root);
        memory_fail_at(0);
        bool failed = accel_error_is_set();
        if (failed)
            expect_failure_with(ACCEL_ENOMEM, "");
        else
            assert_int_equal(accel_dict_count(parameters), 5);
        accel_free(parameters);
        accel_free(root);
        assert_int_equal(accel_live_handles(), 0);
        if (!failed) {
            assert_true(nth > 20);
            return;
        }
    }
}

static void options_have_one_default(void **state)
{
    (void)state;
    accel_module_options plain = accel_module_options_default(), seen = {.struct_size = 0};
#define accel_module_create_with(options) (seen = *(options))
    (void)accel_module_create();
#undef accel_module_create_with
    assert_int_equal(plain.struct_size, sizeof plain);
    assert_string_equal(plain.type, seen.type);
    EXPECT_SAME_MEMBER(plain, seen, struct_size);
    EXPECT_SAME_MEMBER(plain, seen, forward);
    EXPECT_SAME_MEMBER(plain, seen, forward_dict);
    EXPECT_SAME_MEMBER(plain, seen, user);
    EXPECT_SAME_MEMBER(plain, seen, release);
    accel_module *module = accel_module_create_with(NULL);
    assert_string_equal(accel_module_type(module), "Module");
    accel_free(module);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_everything_with_dots),
        TEST(says_which_name_is_missing),
        TEST(refuses_names),
        TEST(refuses_cycles_and_second_parents),
        TEST(takes_what_it_is_given),
        TEST(takes_after_a_failure),
        TEST(trains_floating_leaves_only),
        TEST(shares_parameters),
        TEST(releases_its_user_once),
        TEST(switches_modes_below),
        TEST(grows_deep),
        TEST(survives_failing_allocations),
        TEST(options_have_one_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
