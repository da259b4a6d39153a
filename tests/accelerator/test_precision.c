/* Mixed precision: what is computed in which dtype, and steps whose gradients are scaled. */
#include "ranks.h"

enum { FEATURES = 2 };

/* ---- a model that looks at what happens inside of it ---- */

typedef struct spy {
    accel_module *layer;
    accel_dtype inside;
    bool fails;
} spy;

static accel_tensor *forward(accel_module *self, accel_tensor *x, void *user)
{
    spy *s = user;
    (void)self;
    accel_tensor *y = accel_forward(s->layer, x);
    s->inside = accel_tensor_dtype(y);
    if (s->fails)
        accel_error_raise(ACCEL_EINVAL, "spy", "it fails");
    return y;
}

static accel_dict *forward_dict(accel_module *self, accel_dict *batch, void *user)
{
    accel_tensor *x = accel_get(batch, "x");
    accel_dict *outputs = accel_dict_create();
    accel_dict_set(outputs, "logits", forward(self, x, user));
    accel_dict_set(outputs, "double", accel_to_dtype(x, ACCEL_FLOAT64));
    accel_dict_set(outputs, "index", accel_argmax(x, -1, false));
    accel_dict_set(outputs, "mask", accel_eq(x, x));
    return outputs;
}

static accel_module *make_spy(spy *s)
{
    *s = (spy){0};
    accel_module *model = accel_module_create(.forward = forward, .forward_dict = forward_dict, .user = s);
    s->layer = accel_module_add(model, "layer", accel_linear(FEATURES, FEATURES));
    return model;
}

static accel_tensor *ones(accelerator *acc, int64_t rows)
{
    return near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(rows, FEATURES)));
}

static accel_dtype dtype_of(accel_tensor *tensor) { return accel_tensor_dtype(tensor); }

static accel_dtype half_of(accel_mixed_precision precision)
{
    return precision == ACCEL_FP16 ? ACCEL_FLOAT16 : precision == ACCEL_BF16 ? ACCEL_BFLOAT16 : ACCEL_FLOAT32;
}

static const accel_mixed_precision precisions[] = {ACCEL_PRECISION_NO, ACCEL_BF16, ACCEL_FP16};

static int computes_inside(void *user)
{
    (void)user;
    for (int i = 0; i < 3; i++) {
        accelerator *acc = accelerator_create(.mixed_precision = precisions[i], .timeout = 60);
        accel_dtype half = half_of(precisions[i]);
        spy s;
        accel_module *model = make_spy(&s);
        accelerator_prepare(acc, model);
        CHECK(dtype_of(accel_forward(model, ones(acc, 3))) == ACCEL_FLOAT32 && s.inside == half);
        accel_no_grad() {
            CHECK(dtype_of(accel_forward(model, ones(acc, 3))) == ACCEL_FLOAT32 && s.inside == half);
        }
        accel_dict *batch = accel_dict_create();
        accel_dict_set(batch, "x", ones(acc, 3));
        accel_dict *outputs = accel_forward(model, batch);
        CHECK(s.inside == half && accel_dict_count(outputs) == 4);
        CHECK(dtype_of(accel_get(outputs, "logits")) == ACCEL_FLOAT32);
        CHECK(dtype_of(accel_get(outputs, "double")) == ACCEL_FLOAT64);
        CHECK(dtype_of(accel_get(outputs, "index")) == ACCEL_INT64);
        CHECK(dtype_of(accel_get(outputs, "mask")) == ACCEL_BOOLEAN);
        CHECK(dtype_of(accel_forward(s.layer, ones(acc, 1))) ==
              ACCEL_FLOAT32); /* a part's own forward is not prepared */
        CHECK(dtype_of(accel_module_tensor(model, "layer.weight")) == ACCEL_FLOAT32);
        accelerator_backward(acc, accel_sum(accel_forward(model, ones(acc, 3))));
        CHECK(dtype_of(accel_grad(accel_module_tensor(model, "layer.weight"))) == ACCEL_FLOAT32);
        CHECK(accelerator_finish(acc) == 0);
    }
    return 0;
}

/* What held before a forward holds after it, also when it fails. */
static int comes_back(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.mixed_precision = ACCEL_BF16);
    spy s;
    accel_module *model = make_spy(&s);
    accel_module *other = accel_linear(FEATURES, FEATURES);
    accelerator_prepare(acc, model);
    accel_module_to_device(other, accelerator_device(acc));
    s.fails = true;
    accel_try(err) {
        CHECK(err && !accel_forward(model, ones(acc, 1)));
        CHECK_ERROR(ACCEL_EINVAL, "it fails");
    }
    s.fails = false;
    CHECK(dtype_of(accel_forward(other, ones(acc, 1))) == ACCEL_FLOAT32);
    accelerator_autocast(acc) {
        CHECK(dtype_of(accel_forward(other, ones(acc, 1))) == ACCEL_BFLOAT16);
        CHECK(dtype_of(accel_forward(model, ones(acc, 1))) == ACCEL_FLOAT32);
        CHECK(dtype_of(accel_forward(other, ones(acc, 1))) == ACCEL_BFLOAT16);
        accelerator_autocast(acc) {
            break;
        }
        CHECK(dtype_of(accel_forward(other, ones(acc, 1))) == ACCEL_BFLOAT16);
    }
    CHECK(dtype_of(accel_forward(other, ones(acc, 1))) == ACCEL_FLOAT32);
    return accelerator_finish(acc);
}

/* Parameters are cast once in a block, and again after a step. */
static int sees_steps(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.mixed_precision = ACCEL_BF16, .timeout = 60);
    accel_module *model = accel_linear(FEATURES, 1);
    accel_optimizer *optimizer = accel_sgd(model, .lr = 1);
    accelerator_prepare(acc, model, optimizer);
    accel_no_grad() {
        accel_fill_uniform(accel_module_tensor(model, "weight"), 0, 0, NULL);
        accel_fill_uniform(accel_module_tensor(model, "bias"), 0, 0, NULL);
    }
    for (int step = 0; step < 4; step++)
        accelerator_autocast(acc) {
            for (int twice = 0; twice < 2; twice++) {
                accel_tensor *y = accel_forward(model, ones(acc, 1));
                CHECK(accel_item(accel_sum(y)) == -3 * (2 * step + twice));
                accelerator_backward(acc, accel_sum(y));
                accel_optimizer_step(optimizer);
                accel_optimizer_zero_grad(optimizer);
            }
        }
    return accelerator_finish(acc);
}

static int changes_nothing(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.mixed_precision = ACCEL_PRECISION_NO);
    accel_set_seed(1);
    accel_module *model = accel_linear(FEATURES, FEATURES);
    accel_tensor *x = accel_randn(NULL, ACCEL_SHAPE(5, FEATURES)), *plain = accel_forward(model, x);
    accelerator_prepare(acc, model);
    x = near(acc, x);
    accel_tensor *prepared = accel_forward(model, x);
    CHECK(accel_item(accel_min(accel_eq(near(acc, plain), prepared))) == 1);
    accelerator_autocast(acc) {
        CHECK(dtype_of(accel_forward(model, x)) == ACCEL_FLOAT32);
    }
    return accelerator_finish(acc);
}

static void casts(void **state)
{
    (void)state;
    run_in(1, computes_inside);
    run_in(2, computes_inside);
    run_in(1, comes_back);
    run_in(1, sees_steps);
    run_in(2, sees_steps);
    run_in(1, changes_nothing);
}

/* ---- options ---- */

static int is_refused(const accel_grad_scaler_options *options, const char *text)
{
    CHECK(!accelerator_create(.mixed_precision = ACCEL_FP16, .grad_scaler = options));
    CHECK_ERROR(ACCEL_EINVAL, text);
    accel_error_clear();
    return 0;
}

static int checks_options(void *user)
{
    (void)user;
    accel_grad_scaler_options o = accel_grad_scaler_options_default();
    o.init_scale = 0;
    CHECK(is_refused(&o, "init_scale must be above 0, got 0") == 0);
    o.init_scale = INFINITY;
    CHECK(is_refused(&o, "init_scale must be a float32 number") == 0);
    o = accel_grad_scaler_options_default();
    o.growth_factor = 1;
    CHECK(is_refused(&o, "growth_factor must be above 1, got 1") == 0);
    o = accel_grad_scaler_options_default();
    o.backoff_factor = 1;
    CHECK(is_refused(&o, "backoff_factor must be in (0, 1), got 1") == 0);
    o = accel_grad_scaler_options_default();
    o.growth_interval = 0;
    CHECK(is_refused(&o, "growth_interval must be above 0, got 0") == 0);
    CHECK(!accelerator_create(.mixed_precision = (accel_mixed_precision)77));
    CHECK_ERROR(ACCEL_EINVAL, "mixed_precision is of unknown kind 77");
    accel_error_clear();
    accelerator *acc =
        accelerator_create(.mixed_precision = ACCEL_PRECISION_NO, .grad_scaler = &o); /* not looked at */
    return accelerator_finish(acc);
}

static void refuses(void **state)
{
    (void)state;
    run_in(1, checks_options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(casts),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
