// A whole training program as C++ writes it: plain functions with their options, overloads, and the same blocks.
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <string>

extern "C" {
#include <cmocka.h>
}

#include <accel/accel.h>

namespace
{

constexpr int64_t SAMPLES = 128, FEATURES = 8;

struct mlp {
    accel_module *fc1, *fc2, *dropout;
};

accel_tensor *mlp_forward(accel_module *, accel_tensor *x, void *user)
{
    auto *m = static_cast<mlp *>(user);
    x = accel_relu(accel_forward(m->fc1, x));
    return accel_forward(m->fc2, accel_forward(m->dropout, x));
}

accel_module *make_model(mlp *m)
{
    auto options = accel_module_options_default();
    options.type = "MLP";
    options.forward = mlp_forward;
    options.user = m;
    accel_module *model = accel_module_create(options);
    m->fc1 = accel_module_add(model, "fc1", accel_linear(FEATURES, 16));
    m->fc2 = accel_module_add(model, "fc2", accel_linear(16, 2));
    m->dropout = accel_module_add(model, "dropout", accel_dropout(0.1));
    return model;
}

// Whether the features of a sample add up to more than 0.
accel_loader *make_loader()
{
    const int64_t dims[] = {1};
    accel_tensor *x = accel_randn(nullptr, ACCEL_SHAPE(SAMPLES, FEATURES));
    accel_tensor *y = accel_to_dtype(accel_gt_scalar(accel_sum_dims(x, dims, 1, false), 0), ACCEL_INT64);
    accel_dict *tensors = accel_dict_create();
    accel_dict_set(tensors, "x", x);
    accel_dict_set(tensors, "y", y);
    auto options = accel_loader_options_default();
    options.batch_size = 16;
    options.shuffle = true;
    return accel_loader_create(accel_tensor_dataset(tensors), options);
}

accel_optimizer *make_optimizer(accel_module *model)
{
    auto options = accel_adamw_options_default();
    options.lr = 1e-2;
    return accel_adamw(model, options);
}

accel_scheduler *make_scheduler(accel_optimizer *optimizer, int64_t steps)
{
    auto options = accel_scheduler_options_default();
    options.num_training_steps = steps;
    return accel_scheduler_create("linear", optimizer, options);
}

double accuracy(accelerator *acc, accel_module *model, accel_loader *loader)
{
    int64_t right = 0;
    accel_eval(model);
    accel_for_each (batch, loader) {
        accel_no_grad() {
            accel_tensor *guess = accel_argmax(accel_forward(model, accel_get(batch, "x")), 1, false);
            guess = accelerator_gather_for_metrics(acc, guess);
            right += accel_item_integer(accel_sum(accel_eq(guess, accel_get(batch, "y"))));
        }
    }
    return static_cast<double>(right) / SAMPLES;
}

int train(double *reached)
{
    constexpr int EPOCHS = 25;
    accelerator *acc = accelerator_create();
    accel_set_seed(42);
    mlp m{};
    accel_module *model = make_model(&m);
    accel_loader *loader = make_loader();
    accel_optimizer *optimizer = make_optimizer(model);
    accel_scheduler *scheduler = make_scheduler(optimizer, EPOCHS * accel_loader_length(loader));
    accelerator_prepare(acc, loader, model, optimizer, scheduler);
    accel_tensor *last = nullptr;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        accel_train(model);
        accel_for_each (batch, loader) {
            accel_tensor *logits = accel_forward(model, accel_get(batch, "x"));
            accel_tensor *loss = accel_cross_entropy(logits, accel_get(batch, "y"));
            accelerator_backward(acc, loss);
            accel_optimizer_step(optimizer);
            accel_scheduler_step(scheduler);
            accel_optimizer_zero_grad(optimizer);
            accel_free(last);
            last = accel_keep(accel_detach(loss));
        }
    }
    *reached = accel_item(last) < 0.3 ? accuracy(acc, model, loader) : 0;
    return accelerator_finish(acc);
}

void trains(void **)
{
    double reached = 0;
    assert_int_equal(train(&reached), 0);
    assert_true(reached > 0.95);
    assert_int_equal(accel_live_handles(), 0);
}

void leaves_blocks_early(void **)
{
    accel_set_seed(1);
    accel_scoped() {
        accel_loader *loader = make_loader();
        accel_for_each (batch, loader)
            break;
        assert_int_equal(accel_loader_epoch(loader), 1);
        accel_try(error) {
            assert_int_equal(error->status, ACCEL_OK);
            accel_dict_get(nullptr, "x");
            assert_int_equal(accel_error_status(), ACCEL_EINVAL);
            break;
        }
        assert_false(accel_error_is_set());
    }
    assert_int_equal(accel_live_handles(), 0);
}

void gives_options(void **)
{
    accelerator *acc = accelerator_create();
    auto linear = accel_linear_options_default();
    linear.bias = false;
    accel_module *model = accel_sequential(accel_linear(4, 3), accel_relu_module(), accel_linear(3, 1, linear));
    assert_int_equal(accel_module_parameter_count(model), 4 * 3 + 3 + 3);
    auto reduce = accelerator_reduce_options_default();
    reduce.scale = 3;
    accel_tensor *tripled = accelerator_reduce(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2)), reduce);
    assert_float_equal(accel_item(accel_sum(tripled)), 6, 0);
    assert_int_equal(accelerator_finish(acc), 0);
}

// Two models in steps of two batches, in bfloat16, whose batches at first do not fit.
int train_two(int *steps)
{
    auto options = accelerator_options_default();
    options.gradient_accumulation_steps = 2;
    options.mixed_precision = ACCEL_BF16;
    accelerator *acc = accelerator_create(options);
    accelerator_find_executable_batch_size(acc, samples, 10) {
        if (samples == 10)
            accel_error_raise(ACCEL_ENOMEM, "test", "it does not fit");
        accelerator_set_seed(acc, 3);
        accel_module *a = accel_linear(4, 1), *b = accel_linear(4, 1);
        accel_optimizer *optimizer = accel_sgd(a);
        accelerator_prepare(acc, a, b, optimizer);
        for (int i = 0; i < 4; i++)
            accelerator_accumulate(acc, a, b) {
                accel_tensor *x = accelerator_split_tensor(acc, accel_randn(nullptr, ACCEL_SHAPE(samples, 4)));
                accel_tensor *y = accel_add(accel_forward(a, x), accel_forward(b, x));
                auto items = accelerator_backward_options_default();
                items.num_items = samples;
                accelerator_backward(acc, accel_mean(accel_square(y)), items);
                accelerator_clip_grad_norm(acc, a, 1, 2);
                accel_optimizer_step(optimizer);
                accel_optimizer_zero_grad(optimizer);
                *steps += accelerator_sync_gradients(acc);
            }
        auto local = accelerator_local_sgd_options_default();
        local.local_sgd_steps = 1;
        accelerator_local_sgd(acc, a, local)
            *steps -= accelerator_local_sgd_step(acc, a) != ACCEL_OK;
        accelerator_on_main_process(acc)
            accelerator_no_sync(acc, a)
                accelerator_autocast(acc)
                    *steps +=
                        accel_tensor_dtype(accel_forward(a, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 4)))) ==
                        ACCEL_FLOAT32;
        *steps += accel_dict_count(accelerator_get_state_dict(acc, a)) == 2;
    }
    return accelerator_finish(acc);
}

void has_the_loops_features(void **)
{
    int steps = 0;
    assert_int_equal(train_two(&steps), 0);
    assert_int_equal(steps, 4);
    assert_int_equal(accel_live_handles(), 0);
}

// What its trackers were given, as text.
accel_status note(void *user, const accel_log_value *values, size_t count, int64_t step)
{
    auto *text = static_cast<std::string *>(user);
    *text += std::to_string(step) + ":";
    for (size_t i = 0; i < count; i++)
        *text += std::string(" ") + values[i].name + "=" +
                 (values[i].text ? values[i].text : std::to_string(static_cast<int>(values[i].number)));
    *text += "\n";
    return ACCEL_OK;
}

void logs_values(void **)
{
    std::string text;
    accelerator *acc = accelerator_create();
    accel_tracker_callbacks calls{};
    calls.name = "text";
    calls.log = note;
    calls.user = &text;
    accelerator_add_tracker(acc, &calls);
    accelerator_init_trackers(acc, "run", ACCEL_LOG_VALUES({"lr", 0.1}, {"schedule", 0, "linear"}));
    const double loss = 2;
    auto options = accelerator_log_options_default();
    options.step = 5;
    accelerator_log(acc, ACCEL_LOG_VALUES({"loss", loss}, {"note", 0, "warm"}, {"none"}), options);
    accelerator_log(acc, ACCEL_LOG_VALUES({"loss", loss + 1}));
    accelerator_end_training(acc);
    assert_int_equal(accelerator_finish(acc), 0);
    assert_string_equal(text.c_str(), "5: loss=2 note=warm none=0\n-1: loss=3\n");
}

void writes_shapes(void **)
{
    int made = 0;
    auto next = [&made] { return ++made; }; // a size is computed once
    const size_t columns = 3;
    float data[6] = {0, 1, 2, 3, 4, 5};
    accel_scoped() {
        accel_tensor *x = accel_tensor_wrap(data, ACCEL_FLOAT32, ACCEL_SHAPE(next() + 1, columns));
        assert_int_equal(made, 1);
        assert_int_equal(accel_tensor_rank(x), 2);
        assert_int_equal(accel_tensor_size(x, 0), 2);
        assert_int_equal(accel_tensor_size(x, 1), 3);
        const int64_t strides[] = {1, 2};
        auto options = accel_tensor_wrap_options_default();
        options.strides = strides;
        accel_tensor *turned = accel_tensor_wrap(data, ACCEL_FLOAT32, ACCEL_SHAPE(2, columns), options);
        assert_int_equal(accel_tensor_stride(turned, 1), 2);
    }
}

// Options that somebody made up, without the defaults, are refused in words.
void refuses_options_without_defaults(void **)
{
    accel_try(error) {
        assert_null(accel_linear(4, 1, accel_linear_options{}));
        assert_non_null(error);
        assert_string_equal(accel_error_text(),
                            "accel_linear: options.struct_size is 0: options begin as their "
                            "_options_default function gives them");
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {cmocka_unit_test(trains),
                                cmocka_unit_test(leaves_blocks_early),
                                cmocka_unit_test(gives_options),
                                cmocka_unit_test(has_the_loops_features),
                                cmocka_unit_test(logs_values),
                                cmocka_unit_test(writes_shapes),
                                cmocka_unit_test(refuses_options_without_defaults)};
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
