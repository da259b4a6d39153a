/* Running modules: what a forward function gives, what ends with it, and how its failures are told. */
#include "tensors.h"

#include <accel/dict.h>
#include <accel/layers.h>
#include <accel/loss.h>
#include <accel/module.h>
#include <accel/random.h>

static accel_tensor *ones(int64_t rows, int64_t columns)
{
    return accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(rows, columns));
}

/* A network of one's own, as a program writes it. */
typedef struct mlp {
    accel_module *fc1, *fc2;
    int runs;
} mlp;

static accel_tensor *mlp_forward(accel_module *self, accel_tensor *x, void *user)
{
    mlp *m = user;
    m->runs++;
    assert_ptr_equal(accel_module_user(self), m);
    return accel_forward(m->fc2, accel_relu(accel_forward(m->fc1, x)));
}

static accel_dict *mlp_forward_dict(accel_module *self, accel_dict *inputs, void *user)
{
    (void)user;
    accel_dict *outputs = accel_dict_create();
    accel_tensor *logits = accel_forward(self, accel_get(inputs, "x"));
    accel_dict_set(outputs, "loss", accel_cross_entropy(logits, accel_get(inputs, "labels")));
    accel_dict_set(outputs, "logits", logits);
    return outputs;
}

static accel_module *make_mlp(mlp *m)
{
    accel_module *model =
        accel_module_create(.type = "MLP", .forward = mlp_forward, .forward_dict = mlp_forward_dict, .user = m);
    m->fc1 = accel_module_add(model, "fc1", accel_linear(3, 4));
    m->fc2 = accel_module_add(model, "fc2", accel_linear(4, 2));
    expect_no_failure();
    return model;
}

static accel_dict *make_batch(accel_tensor *x, accel_tensor *labels)
{
    accel_dict *batch = accel_dict_create();
    accel_dict_set(batch, "x", x);
    accel_dict_set(batch, "labels", labels);
    return batch;
}

static void ends_everything_but_the_result(void **state)
{
    (void)state;
    mlp m = {0};
    accel_module *model = make_mlp(&m);
    accel_tensor *x = ones(5, 3);
    size_t live = accel_live_handles();
    accel_tensor *y = accel_forward(model, x);
    expect_shape(y, ACCEL_SHAPE(5, 2));
    assert_int_equal(accel_live_handles(), live + 1);
    accel_free(y);
    accel_dict *batch =
        make_batch(x, accel_zeros(ACCEL_INT64, ACCEL_SHAPE(5))); /* the labels' owner is this test */
    accel_tensor *labels = accel_get(batch, "labels");
    live = accel_live_handles();
    accel_dict *outputs = accel_forward(model, batch);
    assert_int_equal(accel_live_handles(), live + 3); /* the dict, the loss, the logits */
    assert_int_equal(accel_backward(accel_get(outputs, "loss")), ACCEL_OK);
    accel_free(outputs);
    assert_int_equal(accel_live_handles(), live);
    assert_int_equal(m.runs, 2);
    accel_free(batch);
    accel_free(labels);
    accel_free(x);
    accel_free(model);
}

static void belongs_to_the_callers_scope(void **state)
{
    (void)state;
    mlp m = {0};
    accel_module *model = make_mlp(&m);
    accel_tensor *y = NULL;
    accel_scoped() {
        y = accel_keep(accel_forward(model, ones(1, 3)));
        accel_forward(model, ones(2, 3));
    }
    expect_shape(y, ACCEL_SHAPE(1, 2));
    accel_free(y);
    accel_free(model);
}

/* ---- results that are somebody else's ---- */

static accel_tensor *identity(accel_module *self, accel_tensor *x, void *user)
{
    (void)self, (void)user;
    return x;
}

static accel_dict *identity_dict(accel_module *self, accel_dict *inputs, void *user)
{
    (void)self, (void)user;
    accel_dict_set(inputs, "seen", accel_get(inputs, "x"));
    return inputs;
}

static accel_tensor *parameter_forward(accel_module *self, accel_tensor *x, void *user)
{
    (void)x, (void)user;
    return accel_module_tensor(self, "w");
}

static accel_tensor *logits_forward(accel_module *self, accel_tensor *x, void *user)
{
    (void)user;
    accel_module *model = accel_module_child(self, "model");
    return accel_get(accel_forward(model, make_batch(x, accel_zeros(ACCEL_INT64, ACCEL_SHAPE(2)))), "logits");
}

static void results_are_always_new(void **state)
{
    (void)state;
    mlp m = {0};
    accel_module *same = accel_module_create(.forward = identity, .forward_dict = identity_dict);
    accel_module *lender = accel_module_create(.forward = parameter_forward);
    accel_module *caller = accel_module_create(.forward = logits_forward), *none = accel_sequential_of(NULL, 0);
    accel_tensor *w = accel_module_add_parameter(lender, "w", ones(1, 1)), *x = ones(2, 3);
    accel_module_add(caller, "model", make_mlp(&m));
    accel_module *const modules[] = {same, none, lender, caller};
    for (int i = 0; i < 4; i++) {
        accel_tensor *y = accel_forward(modules[i], x);
        expect_no_failure();
        assert_ptr_not_equal(y, x);
        assert_ptr_not_equal(y, w);
        assert_true(i == 3 || accel_tensor_data(y) == accel_tensor_data(i < 2 ? x : w));
        accel_free(y);
        expect_no_failure();
    }
    accel_dict *batch = accel_dict_create();
    accel_dict_set(batch, "x", x);
    accel_dict *outputs = accel_forward(same, batch);
    assert_ptr_not_equal(outputs, batch);
    assert_ptr_equal(accel_get(outputs, "seen"), x);
    accel_free(outputs);
    assert_int_equal(accel_dict_count(batch), 2);
    accel_free(batch);
    EXPECT_VALUES(x, 0, 1, 1, 1, 1, 1, 1);
    accel_free(x);
    for (int i = 0; i < 4; i++)
        accel_free(modules[i]);
}

static accel_tensor *stale_forward(accel_module *self, accel_tensor *x, void *user)
{
    (void)self, (void)user;
    accel_tensor *y = accel_neg(x);
    accel_free(y);
    return y;
}

static accel_tensor *null_forward(accel_module *self, accel_tensor *x, void *user)
{
    (void)self, (void)x, (void)user;
    return NULL;
}

static accel_tensor *raising_forward(accel_module *self, accel_tensor *x, void *user)
{
    (void)self, (void)user;
    accel_error_raise(ACCEL_EUNSUPPORTED, "raising_forward", "not on a %s", "Monday");
    return x;
}

static accel_dict *null_forward_dict(accel_module *self, accel_dict *inputs, void *user)
{
    (void)self, (void)inputs, (void)user;
    return NULL;
}

/* A root that has the module as "0.0.0". */
static accel_module *nest(accel_module *module)
{
    return accel_sequential(accel_sequential(accel_sequential(module)));
}

static void tells_the_module_once(void **state)
{
    (void)state;
    const struct {
        accel_module *module;
        accel_status status;
        const char *text;
    } rows[] = {
        {accel_linear(4, 2), ACCEL_EINVAL,
         "accel_linear: input has shape (2, 3), its last dimension must be 4 [in module Linear 0.0.0]"},
        {accel_layer_norm(5), ACCEL_EINVAL,
         "accel_layer_norm: input has shape (2, 3), its last dimension must be 5 [in module LayerNorm 0.0.0]"},
        {accel_module_create(.type = "Silent", .forward = null_forward), ACCEL_EINVAL,
         "accel_forward: the forward function returned NULL [in module Silent 0.0.0]"},
        {accel_module_create(.type = "Raising", .forward = raising_forward), ACCEL_EUNSUPPORTED,
         "raising_forward: not on a Monday [in module Raising 0.0.0]"},
        {accel_module_create(.type = "Dicts", .forward_dict = identity_dict), ACCEL_EINVAL,
         "accel_forward: Dicts does not take a tensor [in module Dicts 0.0.0]"},
        {accel_module_create(.type = "Stale", .forward = stale_forward), ACCEL_ESTALE,
         "accel_forward: the result: this tensor was freed [in module Stale 0.0.0]"},
    };
    accel_tensor *x = ones(2, 3);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        accel_module *root = nest(rows[i].module);
        size_t live = accel_live_handles();
        assert_null(accel_forward(root, x));
        expect_failure(rows[i].status, rows[i].text);
        assert_int_equal(accel_live_handles(), live);
        accel_free(root);
    }
    accel_free(x);
}

static void tells_names_of_ones_own(void **state)
{
    (void)state;
    accel_scoped() {
        mlp m = {0};
        accel_module *model = make_mlp(&m), *root = accel_module_create(.type = "Root");
        EXPECT_REFUSED(
            accel_forward(model, ones(2, 5)), ACCEL_EINVAL,
            "accel_linear: input has shape (2, 5), its last dimension must be 3 [in module Linear fc1]");
        accel_dict *batch = make_batch(ones(2, 3), INTEGERS(ACCEL_SHAPE(2), 0, 7));
        EXPECT_REFUSED(accel_forward(model, batch), ACCEL_EINVAL,
                       "accel_cross_entropy: Target 7 is out of bounds. [in module MLP]");
        accel_module_add(root, "student", model);
        EXPECT_REFUSED(accel_forward(model, batch), ACCEL_EINVAL,
                       "Target 7 is out of bounds. [in module MLP student]");
        EXPECT_REFUSED(
            accel_forward(model, accel_scalar(1, ACCEL_FLOAT32)), ACCEL_EINVAL,
            "accel_linear: input has shape (), its last dimension must be 3 [in module Linear student.fc1]");
        EXPECT_REFUSED(
            accel_forward(model, accel_to_dtype(ones(2, 3), ACCEL_FLOAT64)), ACCEL_EINVAL,
            "accel_linear: input has dtype float64, the weight has float32 [in module Linear student.fc1]");
        EXPECT_REFUSED(accel_forward(model, accel_dict_create()), ACCEL_ENOTFOUND,
                       "accel_dict_get: no entry \"x\"; there is none [in module MLP student]");
        accel_module *table = accel_embedding(3, 2);
        EXPECT_REFUSED(accel_forward(table, INTEGERS(ACCEL_SHAPE(1), 3)), ACCEL_EINVAL,
                       "[in module Embedding]");
        EXPECT_REFUSED(accel_forward(table, INTEGERS(ACCEL_SHAPE(1), -1)), ACCEL_EINVAL,
                       "[in module Embedding]");
        EXPECT_REFUSED(accel_forward(table, ones(1, 1)), ACCEL_EENGINE, "[in module Embedding]");
    }
}

static void refuses_what_it_cannot_run(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *linear = accel_linear(3, 2), *nothing = accel_module_create(), *stale = NULL;
        accel_tensor *x = ones(2, 3), *ended = NULL, *no_tensor = NULL;
        accel_dict *no_dict = NULL;
        accel_scoped() {
            stale = accel_linear(3, 2);
            ended = ones(2, 3);
        }
        EXPECT_REFUSED(accel_forward(linear, no_tensor), ACCEL_EINVAL,
                       "accel_forward: input is NULL [in module Linear]");
        EXPECT_REFUSED(accel_forward(linear, no_dict), ACCEL_EINVAL, "accel_forward: input is NULL");
        EXPECT_REFUSED(accel_forward(linear, accel_dict_create()), ACCEL_EINVAL,
                       "accel_forward: Linear does not take a dict [in module Linear]");
        EXPECT_REFUSED(accel_forward(nothing, x), ACCEL_EINVAL, "accel_forward: Module does not take a tensor");
        EXPECT_REFUSED(accel_forward(stale, x), ACCEL_ESTALE,
                       "accel_forward: module: this module ended with its batch or scope; use accel_keep()");
        EXPECT_REFUSED(accel_forward(linear, ended), ACCEL_ESTALE, "use accel_keep() [in module Linear]");
        EXPECT_REFUSED(accel_forward((accel_module *)NULL, x), ACCEL_EINVAL, "accel_forward: module is NULL");
        accel_module *silent = accel_module_create(.type = "Silent", .forward_dict = null_forward_dict);
        EXPECT_REFUSED(accel_forward(silent, accel_dict_create()), ACCEL_EINVAL,
                       "accel_forward: the forward function returned NULL [in module Silent]");
    }
}

static void does_not_run_after_a_failure(void **state)
{
    (void)state;
    accel_scoped() {
        mlp m = {0};
        accel_module *model = make_mlp(&m);
        accel_tensor *x = ones(1, 3);
        accel_dict *batch = make_batch(x, accel_zeros(ACCEL_INT64, ACCEL_SHAPE(1)));
        accel_error_raise(ACCEL_EIO, "test", "first");
        assert_null(accel_forward(model, x));
        assert_null(accel_forward(model, batch));
        assert_int_equal(m.runs, 0);
        expect_failure(ACCEL_EIO, "test: first");
        assert_non_null(accel_forward(model, x));
    }
}

static void layers_know_their_mode(void **state)
{
    (void)state;
    accel_scoped() {
        accel_module *model = accel_sequential(accel_dropout(0.5), accel_sequential(accel_dropout(0.5)));
        accel_tensor *x = ones(10, 10);
        accel_set_seed(1);
        assert_true(accel_item(accel_sum(accel_eq_scalar(accel_forward(model, x), 0))) > 50);
        accel_eval(model);
        expect_same("evaluation", accel_forward(model, x), x);
        accel_train(model);
        assert_true(accel_item(accel_max(accel_forward(model, x))) == 4);
    }
}

/* ---- a module that ends in its own forward ---- */

static accel_tensor *forward_and_free(accel_module *self, accel_tensor *x, void *user)
{
    accel_free(self);
    assert_int_equal(*(int *)user, 0); /* it has not ended yet */
    return accel_mul(x, accel_module_tensor(self, "weight"));
}

static void count_end(void *user) { ++*(int *)user; }

static void may_free_itself(void **state)
{
    (void)state;
    accel_scoped() {
        int ends = 0;
        accel_module *model =
            accel_module_create(.forward = forward_and_free, .user = &ends, .release = count_end);
        accel_module_add_parameter(model, "weight", accel_full(3, ACCEL_FLOAT32, ACCEL_SHAPE(1, 2)));
        assert_true(accel_item(accel_sum(accel_forward(model, ones(1, 2)))) == 6);
        expect_no_failure();
        assert_int_equal(ends, 1);
        assert_null(accel_forward(model, ones(1, 2)));
        assert_int_equal(accel_error_status(), ACCEL_ESTALE);
        accel_error_clear();
    }
}

/* Or is used while it ends. */
typedef struct last_use {
    accel_module *module;
    int ends;
} last_use;

static accel_tensor *give_back(accel_module *self, accel_tensor *x, void *user)
{
    (void)self, (void)user;
    return x;
}

static void use_while_it_ends(void *user)
{
    last_use *u = user;
    u->ends++;
    accel_scoped()
        assert_non_null(accel_forward(u->module, ones(1, 2)));
}

static void ends_once(void **state)
{
    (void)state;
    accel_scoped() {
        last_use u = {0};
        u.module = accel_module_create(.forward = give_back, .user = &u, .release = use_while_it_ends);
        accel_free(u.module);
        assert_int_equal(u.ends, 1);
        expect_no_failure();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ends_everything_but_the_result),
        TEST(belongs_to_the_callers_scope),
        TEST(results_are_always_new),
        TEST(tells_the_module_once),
        TEST(tells_names_of_ones_own),
        TEST(refuses_what_it_cannot_run),
        TEST(does_not_run_after_a_failure),
        TEST(layers_know_their_mode),
        TEST(may_free_itself),
        TEST(ends_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
