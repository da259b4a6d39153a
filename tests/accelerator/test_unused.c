/* Parameters that a loss does not depend on, where find_unused_parameters or static_graph allows for them: in several passes, in
   windows that hold gradients back, in processes that differ. */
#include "ranks.h"

enum { FEATURES = 2 };

/* Two layers side by side. The gradient of a loss with respect to a bias is the process's weight; their mean is 1. */
typedef struct fixture {
    accelerator *acc;
    accel_module *model, *a, *b;
    accel_tensor *row;
    int rank, processes;
} fixture;

static void set_up(fixture *f, bool static_graph)
{
    accel_data_parallel_options parallel = accel_data_parallel_options_default();
    parallel.find_unused_parameters = !static_graph;
    parallel.static_graph = static_graph;
    f->acc = accelerator_create(.timeout = 60, .data_parallel = &parallel);
    f->rank = accelerator_process_index(f->acc);
    f->processes = accelerator_num_processes(f->acc);
    f->model = accel_module_create(.user = NULL);
    f->a = accel_module_add(f->model, "a", accel_linear(FEATURES, 1));
    f->b = accel_module_add(f->model, "b", accel_linear(FEATURES, 1));
    f->row = near(f->acc, accel_full(f->rank + 1, ACCEL_FLOAT32, ACCEL_SHAPE(1, FEATURES)));
    accelerator_prepare(f->acc, f->model);
}

static double weight_of(const fixture *f, int rank) { return 2.0 * (rank + 1) / (f->processes + 1); }

static accel_tensor *loss_of(fixture *f, accel_module *layer)
{
    return accel_mul_scalar(accel_sum(accel_forward(layer, f->row)), weight_of(f, f->rank));
}

static accel_status teach(fixture *f, accel_module *layer)
{
    return accelerator_backward(f->acc, loss_of(f, layer));
}

static void forget(fixture *f)
{
    accel_dict *parameters = accel_module_parameters(f->model);
    for (size_t i = 0; i < accel_dict_count(parameters); i++)
        accel_set_grad(accel_dict_tensor(parameters, i), NULL);
}

/* Whether all elements of the gradient are that number; NAN: there is none. */
static bool is(accel_module *layer, double expected)
{
    accel_tensor *gradient = accel_grad(accel_module_tensor(layer, "bias"));
    if (!gradient || isnan(expected))
        return !gradient && isnan(expected);
    return fabs(accel_item(gradient) - expected) < 1e-6;
}

/* The mean of those that the first process alone has, and of those that all others have. */
static double of_first(const fixture *f) { return weight_of(f, 0) / f->processes; }
static double of_others(const fixture *f) { return 1 - of_first(f); }

/* ---- passes ---- */

static int one_layer_after_the_other(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, false);
    for (int step = 0; step < 3; step++, forget(&f)) {
        CHECK(teach(&f, f.a) == ACCEL_OK && is(f.a, 1) && is(f.b, (double)NAN));
        CHECK(teach(&f, f.b) == ACCEL_OK && is(f.a, 1) && is(f.b, 1));
        CHECK(teach(&f, f.a) == ACCEL_OK && is(f.a, 2) && is(f.b, 1));
    }
    return accelerator_finish(f.acc);
}

static int another_layer_in_each_process(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, false);
    for (int step = 0; step < 3; step++, forget(&f)) {
        CHECK(teach(&f, f.rank == 0 ? f.a : f.b) == ACCEL_OK);
        CHECK(is(f.a, of_first(&f)) && is(f.b, of_others(&f)));
    }
    return accelerator_finish(f.acc);
}

static int two_forwards_then_two_backwards(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, false);
    for (int step = 0; step < 3; step++, forget(&f)) {
        accel_tensor *first = loss_of(&f, f.rank == 0 ? f.a : f.b), *second = loss_of(&f, f.a);
        CHECK(accelerator_backward(f.acc, first) == ACCEL_OK && is(f.a, of_first(&f)));
        CHECK(accelerator_backward(f.acc, second) == ACCEL_OK && is(f.a, of_first(&f) + 1));
        CHECK(is(f.b, of_others(&f)));
    }
    return accelerator_finish(f.acc);
}

static int one_forward_then_two_backwards(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, false);
    accel_tensor *loss = loss_of(&f, f.b);
    CHECK(accelerator_backward(f.acc, loss, .retain_graph = true) == ACCEL_OK && is(f.b, 1));
    CHECK(accelerator_backward(f.acc, loss) == ACCEL_OK && is(f.b, 2) && is(f.a, (double)NAN));
    return accelerator_finish(f.acc);
}

/* There is no operation between it and the loss. */
static int a_parameter_itself(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, false);
    CHECK(accelerator_backward(f.acc, accel_module_tensor(f.a, "bias")) == ACCEL_OK);
    CHECK(is(f.a, 1) && is(f.b, (double)NAN) && !accel_grad(accel_module_tensor(f.a, "weight")));
    return accelerator_finish(f.acc);
}

static int frozen_after_prepare(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, false);
    accel_set_requires_grad(accel_module_tensor(f.a, "bias"), false);
    CHECK(teach(&f, f.a) == ACCEL_OK && is(f.a, (double)NAN));
    CHECK(accel_grad(accel_module_tensor(f.a, "weight")) != NULL);
    return accelerator_finish(f.acc);
}

/* A loss that does not reach a model at all is no pass of it. */
static int one_of_two_models(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, false);
    accel_module *other = accel_linear(FEATURES, 1);
    accelerator_prepare(f.acc, other);
    for (int step = 1; step <= 3; step++) {
        CHECK(teach(&f, other) == ACCEL_OK && is(other, 2 * step - 1));
        CHECK(teach(&f, f.rank == 0 ? f.a : f.b) == ACCEL_OK && is(f.a, step * of_first(&f)));
        CHECK(accelerator_backward(f.acc, accel_add(loss_of(&f, other), loss_of(&f, f.b))) == ACCEL_OK);
        CHECK(is(other, 2 * step) && is(f.a, step * of_first(&f)));
    }
    return accelerator_finish(f.acc);
}

static void averages_what_is_used(void **state)
{
    (void)state;
    for (int processes = 2; processes <= 3; processes++) {
        run_in(processes, one_layer_after_the_other);
        run_in(processes, another_layer_in_each_process);
        run_in(processes, two_forwards_then_two_backwards);
    }
    run_in(2, one_forward_then_two_backwards);
    run_in(2, a_parameter_itself);
    run_in(2, frozen_after_prepare);
    run_in(2, one_of_two_models);
}

/* ---- windows that hold gradients back ---- */

/* What was used inside is averaged by the pass outside, which uses something else. */
static int used_in_a_window(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, false);
    for (int step = 0; step < 3; step++, forget(&f)) {
        accelerator_no_sync(f.acc, f.model) {
            if (f.rank == 0)
                CHECK(teach(&f, f.a) == ACCEL_OK && teach(&f, f.a) == ACCEL_OK);
        }
        CHECK(teach(&f, f.b) == ACCEL_OK && is(f.a, 2 * of_first(&f)) && is(f.b, 1));
    }
    return accelerator_finish(f.acc);
}

/* Gradients that were dropped before they were averaged count as none. */
static int dropped_after_a_window(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, false);
    for (int step = 0; step < 3; step++, forget(&f)) {
        accelerator_no_sync(f.acc, f.model) {
            CHECK(teach(&f, f.a) == ACCEL_OK);
        }
        forget(&f);
        CHECK(teach(&f, f.b) == ACCEL_OK && is(f.a, (double)NAN) && is(f.b, 1));
    }
    return accelerator_finish(f.acc);
}

static void averages_what_was_held(void **state)
{
    (void)state;
    run_in(2, used_in_a_window);
    run_in(2, dropped_after_a_window);
    run_in(3, dropped_after_a_window);
}

/* ---- static graphs ---- */

static int always_the_same(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, true);
    for (int step = 0; step < 4; step++, forget(&f)) {
        CHECK(teach(&f, f.rank == 0 ? f.a : f.b) == ACCEL_OK);
        CHECK(is(f.a, of_first(&f)) && is(f.b, of_others(&f)));
    }
    return accelerator_finish(f.acc);
}

static int nobody_uses_one(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, true);
    for (int step = 0; step < 4; step++, forget(&f))
        CHECK(teach(&f, f.b) == ACCEL_OK && is(f.a, (double)NAN) && is(f.b, 1));
    return accelerator_finish(f.acc);
}

/* Passes inside of windows, also before the first one outside, are none of those that are the same. */
static int windows_of_a_static_graph(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, true);
    for (int step = 0; step < 4; step++, forget(&f)) {
        accelerator_no_sync(f.acc, f.model) {
            CHECK(teach(&f, f.b) == ACCEL_OK && teach(&f, f.b) == ACCEL_OK);
            CHECK(is(f.b, 2 * weight_of(&f, f.rank)));
        }
        CHECK(teach(&f, f.b) == ACCEL_OK && is(f.b, 3) && is(f.a, (double)NAN));
    }
    return accelerator_finish(f.acc);
}

/* Two graphs in one pass, and each by itself. */
static int two_static_graphs(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, true);
    accel_module *other = accel_linear(FEATURES, 1);
    accelerator_prepare(f.acc, other);
    for (int step = 1; step <= 4; step++) {
        accelerator_backward(f.acc, accel_add(loss_of(&f, f.a), loss_of(&f, other)));
        CHECK(is(f.a, 2 * step - 1) && is(other, 2 * step - 1));
        CHECK(teach(&f, other) == ACCEL_OK && is(other, 2 * step));
        CHECK(teach(&f, f.a) == ACCEL_OK && is(f.a, 2 * step) && is(f.b, (double)NAN));
    }
    return accelerator_finish(f.acc);
}

static int more_than_the_first_time(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, true);
    CHECK(teach(&f, f.a) == ACCEL_OK);
    accel_try(err) {
        accelerator_backward(f.acc, accel_add(loss_of(&f, f.a), loss_of(&f, f.b)));
        CHECK(err && strstr(accel_error_text(), "\"b.") != NULL);
        CHECK(strstr(accel_error_text(), "gets a gradient, but got none in the first backward pass") != NULL);
    }
    accelerator_finish(f.acc);
    return 0;
}

static int less_than_the_first_time(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, true);
    CHECK(accelerator_backward(f.acc, accel_add(loss_of(&f, f.a), loss_of(&f, f.b))) == ACCEL_OK);
    CHECK(teach(&f, f.a) == ACCEL_OK);
    meet(f.processes); /* whose passes the failure of one would end */
    CHECK(accelerator_wait_for_everyone(f.acc) != ACCEL_OK);
    CHECK(strstr(accel_error_text(), "without a gradient: b.weight, b.bias") != NULL);
    accelerator_finish(f.acc);
    return 0;
}

static void holds_graphs_to_their_word(void **state)
{
    (void)state;
    run_in(2, always_the_same);
    run_in(3, always_the_same);
    run_in(2, nobody_uses_one);
    run_in(2, windows_of_a_static_graph);
    run_in(2, two_static_graphs);
    run_in(2, more_than_the_first_time);
    open_meeting();
    run_in(2, less_than_the_first_time);
    close_meeting();
}

/* ---- processes that have joined ---- */

/* The last process has more steps than the others, which use nothing in them. */
static int what_joined_processes_use(bool static_graph)
{
    fixture f;
    set_up(&f, static_graph);
    const int last = f.processes - 1;
    accelerator_join_uneven_inputs(f.acc) {
        CHECK(teach(&f, f.a) == ACCEL_OK && is(f.a, 1) && is(f.b, (double)NAN));
        for (int step = 1; step <= 3 && f.rank == last; step++) {
            forget(&f);
            CHECK(teach(&f, f.a) == ACCEL_OK && is(f.b, (double)NAN));
            CHECK(is(f.a, weight_of(&f, last) / f.processes));
        }
    }
    forget(&f);
    for (int step = 1; step <= 2; step++)
        CHECK(teach(&f, f.a) == ACCEL_OK && is(f.a, step) && is(f.b, (double)NAN));
    return accelerator_finish(f.acc);
}

static int joined_with_unused(void *user)
{
    (void)user;
    return what_joined_processes_use(false);
}

static int joined_with_a_static_graph(void *user)
{
    (void)user;
    return what_joined_processes_use(true);
}

static int joined_before_the_graph_is_known(void *user)
{
    (void)user;
    fixture f;
    set_up(&f, true);
    accelerator_join_uneven_inputs(f.acc) {
        if (f.rank == 1)
            teach(&f, f.a);
    }
    CHECK(strstr(accel_error_text(), "a process cannot join before its first backward pass") != NULL);
    CHECK(accelerator_finish(f.acc) == 1);
    return 0;
}

static void follows_what_others_use(void **state)
{
    (void)state;
    for (int processes = 2; processes <= 3; processes++) {
        run_in(processes, joined_with_unused);
        run_in(processes, joined_with_a_static_graph);
    }
    run_in(2, joined_before_the_graph_is_known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averages_what_is_used),
        cmocka_unit_test(averages_what_was_held),
        cmocka_unit_test(holds_graphs_to_their_word),
        cmocka_unit_test(follows_what_others_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
