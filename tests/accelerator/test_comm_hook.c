/* What is done to gradients on their way: functions of the program, and what becomes of those that fail. */
#include <unistd.h>

#include "ranks.h"

enum { FEATURES = 3 };

/* A linear model on rows of this process's number: the gradient of its sum is 1 for the bias, the row for the weight. */
typedef struct fixture {
    accelerator *acc;
    accel_module *model;
    accel_tensor *row;
    int rank, processes;
    int calls; /* of the function so far */
    accel_grad_bucket *last;
    accel_tensor *kept;
} fixture;

static void set_up(fixture *f, accel_comm_hook_function *function, accel_data_parallel_options o)
{
    *f = (fixture){.calls = 0};
    o.comm_hook_function = function;
    o.comm_hook_user = f;
    f->acc = accelerator_create(.timeout = 60, .data_parallel = &o);
    f->rank = accelerator_process_index(f->acc);
    f->processes = accelerator_num_processes(f->acc);
    f->model = accel_linear(FEATURES, 2);
    f->row = near(f->acc, accel_full(f->rank + 1, ACCEL_FLOAT32, ACCEL_SHAPE(1, FEATURES)));
    accelerator_prepare(f->acc, f->model);
}

static accel_status teach(fixture *f)
{
    return accelerator_backward(f->acc, accel_sum(accel_forward(f->model, f->row)));
}

static accel_tensor *gradient_of(fixture *f, const char *name)
{
    return accel_grad(accel_module_tensor(f->model, name));
}

static bool is_near(accel_tensor *tensor, double value)
{
    return tensor && accel_item(accel_max(accel_abs(accel_sub_scalar(tensor, value)))) < 1e-5;
}

static bool is_mean(fixture *f, double times)
{
    return is_near(gradient_of(f, "weight"), times * (f->processes + 1) / 2.0) &&
           is_near(gradient_of(f, "bias"), times);
}

/* ---- functions that work ---- */

static accel_tensor *average(accel_grad_bucket *b, void *user)
{
    fixture *f = user;
    f->calls++;
    f->last = b;
    accel_tensor *mean = accel_div_scalar(accel_grad_bucket_buffer(b), accel_grad_bucket_num_processes(b));
    accel_grad_bucket_all_reduce(b, mean);
    return mean;
}

static int averages(void *user)
{
    fixture f;
    (void)user;
    set_up(&f, average, accel_data_parallel_options_default());
    for (int step = 1; step <= 3; step++)
        CHECK(teach(&f) == ACCEL_OK && is_mean(&f, step) && f.calls == step);
    return accelerator_finish(f.acc);
}

/* Held back, nothing travels. */
static int adds_up(void *user)
{
    fixture f;
    (void)user;
    set_up(&f, average, accel_data_parallel_options_default());
    accelerator_no_sync(f.acc, f.model) {
        CHECK(teach(&f) == ACCEL_OK && f.calls == 0);
    }
    CHECK(teach(&f) == ACCEL_OK && is_mean(&f, 2) && f.calls == 1);
    return accelerator_finish(f.acc);
}

/* One message for each parameter, from the second pass on. */
static accel_tensor *look(accel_grad_bucket *b, void *user)
{
    fixture *f = user;
    static const char *const names[] = {"bias", "weight"};
    size_t i = accel_grad_bucket_index(b);
    accel_tensor *gradient = accel_grad_bucket_gradient(b, 0), *parameter = accel_grad_bucket_parameter(b, 0);
    bool first_pass = accel_grad_bucket_count(b) == 2;
    bool right = first_pass || (i < 2 && strcmp(accel_grad_bucket_name(b, 0), names[i]) == 0 &&
                                accel_grad_bucket_is_last(b) == (i == 1));
    right = right && accel_tensor_rank(gradient) == accel_tensor_rank(parameter) &&
            accel_tensor_size(gradient, 0) == accel_tensor_size(parameter, 0) &&
            accel_tensor_device_data(gradient) == accel_tensor_device_data(accel_grad_bucket_buffer(b)) &&
            (parameter == accel_module_tensor(f->model, "bias") ||
             parameter == accel_module_tensor(f->model, "weight"));
    right = right && !accel_grad_bucket_gradient(b, 2) && !accel_grad_bucket_parameter(b, 2) &&
            !accel_grad_bucket_name(b, 2);
    f->calls += right;
    accel_grad_bucket_all_reduce(b, accel_grad_bucket_buffer(b));
    accel_mul_scalar_in_place(accel_grad_bucket_buffer(b), 1.0 / f->processes);
    return accel_grad_bucket_buffer(b);
}

static int sees_messages(void *user)
{
    fixture f;
    (void)user;
    accel_data_parallel_options o = accel_data_parallel_options_default();
    o.bucket_cap_mb = 1e-9;
    set_up(&f, look, o);
    CHECK(teach(&f) == ACCEL_OK && is_mean(&f, 1) && f.calls >= 1);
    f.calls = 0;
    for (int step = 2; step <= 4; step++)
        CHECK(teach(&f) == ACCEL_OK && is_mean(&f, step) && f.calls == 2 * (step - 1));
    return accelerator_finish(f.acc);
}

/* Each gradient by itself, in a column that is none in memory. */
static accel_tensor *average_views(accel_grad_bucket *b, void *user)
{
    fixture *f = user;
    f->calls++;
    for (size_t i = 0; i < accel_grad_bucket_count(b); i++) {
        accel_tensor *gradient = accel_grad_bucket_gradient(b, i);
        accel_mul_scalar_in_place(gradient, 1.0 / f->processes);
        bool matrix = accel_tensor_rank(gradient) == 2;
        accel_grad_bucket_all_reduce(b, matrix ? accel_transpose(gradient, 0, 1) : gradient);
    }
    return accel_grad_bucket_buffer(b);
}

static int averages_views(void *user)
{
    fixture f;
    (void)user;
    set_up(&f, average_views, accel_data_parallel_options_default());
    CHECK(teach(&f) == ACCEL_OK && teach(&f) == ACCEL_OK && is_mean(&f, 2));
    return accelerator_finish(f.acc);
}

static accel_tensor *average_in_half(accel_grad_bucket *b, void *user)
{
    (void)user;
    accel_tensor *half = accel_to_dtype(accel_grad_bucket_buffer(b), ACCEL_FLOAT16);
    half = accel_div_scalar(half, accel_grad_bucket_num_processes(b));
    accel_grad_bucket_all_reduce(b, half);
    return half;
}

/* Gradients stay what their parameters are. */
static int stays_in_its_dtype(void *user)
{
    (void)user;
    for (int view = 0; view < 2; view++) {
        fixture f;
        accel_data_parallel_options o = accel_data_parallel_options_default();
        o.gradient_as_bucket_view = view;
        o.find_unused_parameters = true;
        set_up(&f, average_in_half, o);
        for (int step = 1; step <= 3; step++) {
            CHECK(teach(&f) == ACCEL_OK && is_mean(&f, step));
            CHECK(accel_tensor_dtype(gradient_of(&f, "weight")) == ACCEL_FLOAT32);
        }
        /* One that this process did not use is made of what came. */
        accel_set_grad(accel_module_tensor(f.model, "weight"), NULL);
        accel_set_grad(accel_module_tensor(f.model, "bias"), NULL);
        CHECK(f.rank == 0
                  ? teach(&f) == ACCEL_OK
                  : accelerator_backward(f.acc, accel_sum(accel_module_tensor(f.model, "bias"))) == ACCEL_OK);
        CHECK(accel_tensor_dtype(gradient_of(&f, "weight")) == ACCEL_FLOAT32);
        CHECK(all_are(gradient_of(&f, "weight"), 1.0 / f.processes));
        CHECK(accelerator_finish(f.acc) == 0);
    }
    return 0;
}

static accel_tensor *average_wrapped(accel_grad_bucket *b, void *user)
{
    fixture *f = user;
    accel_tensor *row = accel_grad_bucket_buffer(b);
    f->calls += accel_tensor_dtype(row) == ACCEL_BFLOAT16 &&
                accel_tensor_dtype(accel_grad_bucket_gradient(b, 0)) == ACCEL_BFLOAT16;
    return average_views(b, user);
}

static int works_in_a_wrapper(void *user)
{
    fixture f;
    (void)user;
    accel_data_parallel_options o = accel_data_parallel_options_default();
    o.comm_wrapper = ACCEL_COMM_HOOK_BF16;
    set_up(&f, average_wrapped, o);
    CHECK(teach(&f) == ACCEL_OK && is_mean(&f, 1) && f.calls == 2);
    CHECK(accel_tensor_dtype(gradient_of(&f, "bias")) == ACCEL_FLOAT32);
    return accelerator_finish(f.acc);
}

static accel_tensor *keep_things(accel_grad_bucket *b, void *user)
{
    fixture *f = user;
    accel_tensor *row = accel_grad_bucket_buffer(b);
    if (accel_grad_bucket_index(b) == 0)
        f->kept = accel_keep(accel_scalar(f->processes, ACCEL_FLOAT32));
    f->calls += accel_item(f->kept) == f->processes;
    accel_keep(row);
    accel_grad_bucket_all_reduce(b, row);
    accel_mul_scalar_in_place(row, 1.0 / f->processes);
    return row;
}

/* What a function keeps is there for the next message of the pass, and ends with it on whatever thread. */
static int keeps_until_the_pass_ends(void *user)
{
    fixture f;
    (void)user;
    accel_data_parallel_options o = accel_data_parallel_options_default();
    o.bucket_cap_mb = 1e-9;
    set_up(&f, keep_things, o);
    for (int step = 1; step <= 3; step++) {
        size_t live = 0;
        accel_scoped() {
            live = accel_live_handles();
            CHECK(teach(&f) == ACCEL_OK && f.calls == 2 * step - 1);
        }
        CHECK(accel_live_handles() == live && is_mean(&f, step));
        accel_try(err) {
            CHECK(isnan(accel_item(f.kept)) && err);
            CHECK_ERROR(ACCEL_ESTALE, "ended with its batch or scope");
        }
    }
    return accelerator_finish(f.acc);
}

static int works_for_two_models(void *user)
{
    fixture f;
    (void)user;
    set_up(&f, average, accel_data_parallel_options_default());
    accel_module *other = accel_linear(FEATURES, 1);
    accelerator_prepare(f.acc, other);
    for (int step = 1; step <= 3; step++) {
        accel_tensor *loss =
            accel_add(accel_sum(accel_forward(f.model, f.row)), accel_sum(accel_forward(other, f.row)));
        CHECK(accelerator_backward(f.acc, loss) == ACCEL_OK && f.calls == 2 * step && is_mean(&f, step));
        CHECK(is_near(accel_grad(accel_module_tensor(other, "bias")), step));
    }
    return accelerator_finish(f.acc);
}

/* Nothing is left of what PowerSGD remembers. */
static int leaves_nothing(void *user)
{
    (void)user;
    accel_power_sgd_options options = accel_power_sgd_options_default();
    options.start_power_sgd_iter = 2;
    options.min_compression_rate = 0.1;
    for (int kind = ACCEL_COMM_HOOK_POWER_SGD; kind <= ACCEL_COMM_HOOK_BATCHED_POWER_SGD; kind++) {
        fixture f;
        accel_data_parallel_options o = accel_data_parallel_options_default();
        o.comm_hook = (accel_comm_hook)kind;
        o.power_sgd = &options;
        set_up(&f, NULL, o);
        for (int step = 1; step <= 4; step++)
            CHECK(teach(&f) == ACCEL_OK);
        CHECK(accelerator_free_memory(f.acc) == ACCEL_OK && accelerator_prepare(f.acc, f.model) == ACCEL_OK);
        CHECK(teach(&f) == ACCEL_OK && accelerator_finish(f.acc) == 0 && accel_live_handles() == 0);
    }
    return 0;
}

/* A process that has no inputs any more goes along, and has the parameters of the last one in the end. */
static int works_for_joined(accel_data_parallel_options o, accel_comm_hook_function *function)
{
    fixture f;
    set_up(&f, function, o);
    accel_optimizer *optimizer = accel_sgd(f.model, .lr = 0.5);
    accelerator_prepare(f.acc, optimizer);
    accel_tensor *bias = accel_module_tensor(f.model, "bias");
    const double before = accel_item(accel_mean(bias));
    accelerator_join_uneven_inputs(f.acc) {
        for (int step = 0; step < (f.rank == 0 ? 3 : 6); step++) {
            CHECK(teach(&f) == ACCEL_OK);
            accel_optimizer_step(optimizer);
            accel_optimizer_zero_grad(optimizer);
        }
    }
    CHECK(!accel_error_is_set());
    double moved = before - accel_item(accel_mean(bias)), each = 0.5 / f.processes;
    CHECK(fabs(moved - each * (3 + 6 * (f.processes - 1))) < 2e-2);
    return accelerator_finish(f.acc);
}

static int works_for_joined_processes(void *user)
{
    (void)user;
    accel_power_sgd_options power_sgd = accel_power_sgd_options_default();
    power_sgd.start_power_sgd_iter = 2;
    power_sgd.min_compression_rate = 0.1;
    accel_data_parallel_options o = accel_data_parallel_options_default();
    CHECK(works_for_joined(o, average) == 0 && works_for_joined(o, NULL) == 0);
    o.bucket_cap_mb = 1e-9;
    CHECK(works_for_joined(o, average) == 0 && works_for_joined(o, NULL) == 0);
    o.comm_hook = ACCEL_COMM_HOOK_BF16;
    CHECK(works_for_joined(o, NULL) == 0);
    o.comm_hook = ACCEL_COMM_HOOK_POWER_SGD;
    o.power_sgd = &power_sgd;
    CHECK(works_for_joined(o, NULL) == 0);
    return 0;
}

static int is_not_called_alone(void *user)
{
    fixture f;
    (void)user;
    set_up(&f, average, accel_data_parallel_options_default());
    CHECK(teach(&f) == ACCEL_OK && is_mean(&f, 1) && f.calls == 0);
    return accelerator_finish(f.acc);
}

static void does_what_functions_say(void **state)
{
    (void)state;
    run_in(2, averages);
    run_in(3, averages);
    run_in(2, adds_up);
    run_in(2, sees_messages);
    run_in(2, averages_views);
    run_in(2, stays_in_its_dtype);
    run_in(2, works_in_a_wrapper);
    run_in(2, keeps_until_the_pass_ends);
    run_in(2, works_for_two_models);
    run_in(2, leaves_nothing);
    run_in(2, works_for_joined_processes);
    run_in(3, works_for_joined_processes);
    run_in(1, is_not_called_alone);
}

/* ---- functions that fail ---- */

static accel_tensor *give_nothing(accel_grad_bucket *b, void *user)
{
    fixture *f = user;
    accel_grad_bucket_all_reduce(b, accel_grad_bucket_buffer(b));
    return f->rank == 1 ? NULL : accel_grad_bucket_buffer(b);
}

static accel_tensor *give_too_little(accel_grad_bucket *b, void *user)
{
    (void)user;
    return accel_narrow(accel_grad_bucket_buffer(b), 0, 0, 2);
}

static accel_tensor *give_a_matrix(accel_grad_bucket *b, void *user)
{
    (void)user;
    return accel_unsqueeze(accel_grad_bucket_buffer(b), 0);
}

static accel_tensor *give_integers(accel_grad_bucket *b, void *user)
{
    (void)user;
    return accel_to_dtype(accel_grad_bucket_buffer(b), ACCEL_INT64);
}

static accel_tensor *give_what_has_ended(accel_grad_bucket *b, void *user)
{
    (void)user;
    accel_tensor *ended = accel_clone(accel_grad_bucket_buffer(b));
    accel_free(ended);
    return ended;
}

static accel_tensor *free_the_row(accel_grad_bucket *b, void *user)
{
    (void)user;
    accel_free(accel_grad_bucket_buffer(b));
    return accel_grad_bucket_buffer(b);
}

static accel_tensor *free_a_gradient(accel_grad_bucket *b, void *user)
{
    (void)user;
    accel_free(accel_grad_bucket_gradient(b, 0));
    return accel_grad_bucket_buffer(b);
}

static accel_tensor *add_up_other_shapes(accel_grad_bucket *b, void *user)
{
    const fixture *f = user;
    accel_grad_bucket_all_reduce(b, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2 + f->rank)));
    return accel_grad_bucket_buffer(b);
}

static accel_tensor *add_up_truths(accel_grad_bucket *b, void *user)
{
    const fixture *f = user;
    accel_grad_bucket_all_reduce(b, accel_ones(f->rank == 1 ? ACCEL_BOOLEAN : ACCEL_FLOAT32, ACCEL_SHAPE(2)));
    return accel_grad_bucket_buffer(b);
}

static accel_tensor *add_up_null(accel_grad_bucket *b, void *user)
{
    (void)user;
    accel_grad_bucket_all_reduce(b, NULL);
    return accel_grad_bucket_buffer(b);
}

static accel_tensor *call_the_accelerator(accel_grad_bucket *b, void *user)
{
    fixture *f = user;
    accelerator_gather(f->acc, accel_grad_bucket_buffer(b));
    return accel_grad_bucket_buffer(b);
}

static accel_tensor *fail_by_itself(accel_grad_bucket *b, void *user)
{
    const fixture *f = user;
    if (f->rank == 1)
        accel_error_raise(ACCEL_EIO, "my_hook", "the line is cut");
    accel_grad_bucket_all_reduce(b, accel_grad_bucket_buffer(b));
    return accel_grad_bucket_buffer(b);
}

/* Process 1 does not add up, and is done. */
static accel_tensor *add_up_alone(accel_grad_bucket *b, void *user)
{
    const fixture *f = user;
    if (f->rank == 0)
        accel_grad_bucket_all_reduce(b, accel_grad_bucket_buffer(b));
    return accel_grad_bucket_buffer(b);
}

static int is_named_by_its_operation(void *user)
{
    fixture f;
    (void)user;
    set_up(&f, add_up_alone, accel_data_parallel_options_default());
    if (f.rank == 0) {
        CHECK(teach(&f) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EPEER,
                    "accel_grad_bucket_all_reduce: process 1 has called accelerator_finish already");
    } else {
        CHECK(teach(&f) == ACCEL_OK);
    }
    CHECK(accelerator_finish(f.acc) == 1);
    return 0;
}

static accel_tensor *die(accel_grad_bucket *b, void *user)
{
    const fixture *f = user;
    if (f->rank == 1)
        _exit(0);
    accel_grad_bucket_all_reduce(b, accel_grad_bucket_buffer(b));
    return accel_grad_bucket_buffer(b);
}

/* Every process fails with that text, one's own or the other's that came first, and the group is lost. */
static int fails(accel_comm_hook_function *function, const char *text)
{
    fixture f;
    set_up(&f, function, accel_data_parallel_options_default());
    if (teach(&f) == ACCEL_OK)
        accelerator_wait_for_everyone(f.acc);
    CHECK(accel_error_is_set() && strstr(accel_error_text(), text) != NULL);
    CHECK(accelerator_finish(f.acc) == 1);
    return 0;
}

static int fails_all(void *user)
{
    (void)user;
    const struct {
        accel_comm_hook_function *function;
        const char *text;
    } cases[] = {
        {give_nothing, "comm_hook_function returned NULL"},
        {give_too_little, "comm_hook_function gave float32 (2,), the bucket has 8 elements in a row"},
        {give_a_matrix, "comm_hook_function gave float32 (1, 8), the bucket has 8 elements in a row"},
        {give_integers,
         "comm_hook_function gave int64 (8,), the bucket has 8 elements in a row, of a floating dtype"},
        {give_what_has_ended, "the result of comm_hook_function"},
        {free_the_row, "accel_free: this tensor is only borrowed and ends with its owner"},
        {free_a_gradient, "accel_free: this tensor is only borrowed and ends with its owner"},
        {add_up_other_shapes, "process 0 calls accel_grad_bucket_all_reduce of float32 (2,), process 1 calls "
                              "accel_grad_bucket_all_reduce of float32 (3,)"},
        {add_up_truths, "tensor has dtype bool, which is not added up"},
        {add_up_null, "tensor is NULL"},
        {call_the_accelerator, "accelerator_gather: called in the middle of accelerator_backward"},
        {fail_by_itself, "the line is cut"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (fails(cases[i].function, cases[i].text) != 0)
            return 1;
    return 0;
}

static int dies(void *user)
{
    (void)user;
    return fails(die, "process 1 is gone");
}

static int is_over_with_its_function(void *user)
{
    fixture f;
    (void)user;
    set_up(&f, average, accel_data_parallel_options_default());
    CHECK(teach(&f) == ACCEL_OK && f.last);
    accel_try(err) {
        CHECK(accel_grad_bucket_all_reduce(f.last, f.row) != ACCEL_OK && err);
        CHECK_ERROR(ACCEL_EINVAL,
                    "accel_grad_bucket_all_reduce: bucket is used after its function has returned");
    }
    accel_try(err) {
        CHECK(!accel_grad_bucket_buffer(NULL) && err);
        CHECK_ERROR(ACCEL_EINVAL, "accel_grad_bucket_buffer: bucket is NULL");
    }
    return accelerator_finish(f.acc);
}

static void fails_everywhere(void **state)
{
    (void)state;
    run_in(2, fails_all);
    run_in(2, dies);
    run_in(2, is_named_by_its_operation);
    run_in(2, is_over_with_its_function);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_what_functions_say),
        cmocka_unit_test(fails_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
