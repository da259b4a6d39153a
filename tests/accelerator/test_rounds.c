/* Gradients are averaged whatever the way they come, and what cannot be is an error. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ranks.h"

enum { FEATURES = 3, OUTPUTS = 2 };

/* A model of two layers, and what differs between the processes: a row of ones, twos, … The gradient of a sum of outputs with
   respect to the last layer's bias is 1, to its weight the layer's input. */
typedef struct fixture {
    accelerator *acc;
    accel_module *model, *first, *second;
    accel_tensor *row;
    int rank, processes;
} fixture;

static accel_tensor *forward(accel_module *self, accel_tensor *x, void *user)
{
    fixture *f = user;
    (void)self;
    return accel_forward(f->second, accel_forward(f->first, x));
}

static void set_up(fixture *f)
{
    f->acc = accelerator_create(.timeout = 60);
    f->rank = accelerator_process_index(f->acc);
    f->processes = accelerator_num_processes(f->acc);
    f->model = accel_module_create(.forward = forward, .user = f);
    f->first = accel_module_add(f->model, "first", accel_linear(FEATURES, FEATURES));
    f->second = accel_module_add(f->model, "second", accel_linear(FEATURES, OUTPUTS));
    f->row = near(f->acc, accel_full(f->rank + 1, ACCEL_FLOAT32, ACCEL_SHAPE(1, FEATURES)));
}

static accel_tensor *loss_of(fixture *f, accel_module *model)
{
    return accel_sum(accel_forward(model, f->row));
}

static accel_tensor *weight_of(fixture *f) { return accel_module_tensor(f->model, "first.weight"); }

/* Whether the gradient of the first layer is `times` the mean over the processes: that of a lone twin with the mean of rows,
   since the model is linear. */
static bool is_mean(fixture *f, double times)
{
    accel_tensor *gradient = accel_grad(weight_of(f));
    accel_tensor *columns =
        accel_sum_dims(accel_module_tensor(f->model, "second.weight"), ACCEL_SHAPE(0), false);
    accel_tensor *each = accel_mul_scalar(accel_detach(columns), times * (f->processes + 1) / 2.0);
    accel_tensor *expected = accel_expand(accel_unsqueeze(each, 1), ACCEL_SHAPE(FEATURES, FEATURES));
    return gradient && accel_item(accel_max(accel_abs(accel_sub(gradient, expected)))) < 1e-5;
}

/* ---- ways that a gradient comes ---- */

static int two_forwards_then_two_backwards(void *user)
{
    (void)user;
    fixture f;
    set_up(&f);
    accelerator_prepare(f.acc, f.model);
    for (int step = 0; step < 3; step++) {
        accel_tensor *a = loss_of(&f, f.model), *b = loss_of(&f, f.model);
        CHECK(accelerator_backward(f.acc, a) == ACCEL_OK && is_mean(&f, 2 * step + 1));
        CHECK(accelerator_backward(f.acc, b) == ACCEL_OK && is_mean(&f, 2 * step + 2));
    }
    return accelerator_finish(f.acc);
}

static int one_forward_then_two_backwards(void *user)
{
    (void)user;
    fixture f;
    set_up(&f);
    accelerator_prepare(f.acc, f.model);
    accel_tensor *outputs = accel_forward(f.model, f.row);
    CHECK(accelerator_backward(f.acc, accel_sum(outputs), .retain_graph = true) == ACCEL_OK && is_mean(&f, 1));
    CHECK(accelerator_backward(f.acc, accel_sum(outputs)) == ACCEL_OK && is_mean(&f, 2));
    return accelerator_finish(f.acc);
}

/* The prepared module itself is never called. */
static int forwards_of_the_parts(void *user)
{
    (void)user;
    fixture f;
    set_up(&f);
    accelerator_prepare(f.acc, f.model);
    for (int step = 1; step <= 3; step++)
        CHECK(accelerator_backward(f.acc, accel_sum(forward(f.model, f.row, &f))) == ACCEL_OK &&
              is_mean(&f, step));
    return accelerator_finish(f.acc);
}

/* A round takes two passes here, each over one half of the parameters. */
static int a_loss_for_each_half(void *user)
{
    (void)user;
    fixture f;
    set_up(&f);
    accelerator_prepare(f.acc, f.model);
    accel_tensor *bias = accel_module_tensor(f.model, "first.bias");
    accelerator_backward(f.acc, loss_of(&f, f.first));
    accelerator_backward(f.acc, loss_of(&f, f.second));
    CHECK(all_are(accel_grad(bias), 1));
    CHECK(all_are(accel_grad(weight_of(&f)), (f.processes + 1) / 2.0));
    return accelerator_finish(f.acc);
}

static int two_models_in_one_loss(void *user)
{
    (void)user;
    fixture f;
    set_up(&f);
    accel_module *other = accel_linear(FEATURES, 1);
    accelerator_prepare(f.acc, f.model, other);
    for (int step = 1; step <= 3; step++) {
        accelerator_backward(f.acc, accel_add(loss_of(&f, f.model), loss_of(&f, other)));
        CHECK(is_mean(&f, step));
        CHECK(all_are(accel_grad(accel_module_tensor(other, "weight")), step * (f.processes + 1) / 2.0));
    }
    return accelerator_finish(f.acc);
}

static void averages_whatever_the_way(void **state)
{
    (void)state;
    run_in(2, two_forwards_then_two_backwards);
    run_in(3, two_forwards_then_two_backwards);
    run_in(2, one_forward_then_two_backwards);
    run_in(2, forwards_of_the_parts);
    run_in(2, a_loss_for_each_half);
    run_in(2, two_models_in_one_loss);
}

/* ---- what cannot be averaged ---- */

/* In the same process as the group's other calls, or in a fork, where nobody would hear of it. */
static int backward_of_the_engine(void *user)
{
    (void)user;
    fixture f;
    set_up(&f);
    accelerator_prepare(f.acc, f.model);
    accel_tensor *loss = loss_of(&f, f.model);
    pid_t child = fork();
    if (child == 0)
        _exit(accel_backward(loss) == ACCEL_EINVAL ? 0 : 1);
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    accel_try(err) {
        CHECK(accel_backward(loss) == ACCEL_EINVAL && err);
        CHECK(strstr(accel_error_text(), "accelerator_backward averages its gradients") != NULL);
    }
    CHECK(accelerator_backward(f.acc, loss_of(&f, f.model)) == ACCEL_OK && is_mean(&f, 1));
    return accelerator_finish(f.acc);
}

static int prepare_what_shares_memory(void *user)
{
    (void)user;
    fixture f;
    set_up(&f);
    accel_module_add_parameter(
        f.model, "w", accel_expand(near(f.acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1))), ACCEL_SHAPE(3)));
    accel_try(err) {
        CHECK(accelerator_prepare(f.acc, f.model) != ACCEL_OK && err);
        CHECK(strstr(accel_error_text(), "\"w\" has elements that are the same memory") != NULL);
        accel_error_clear();
        CHECK(accelerator_broadcast(f.acc, accel_expand(f.row, ACCEL_SHAPE(2, FEATURES)), 0) != ACCEL_OK);
        CHECK(strstr(accel_error_text(), "tensor has elements that are the same memory") != NULL);
    }
    CHECK(accelerator_wait_for_everyone(f.acc) == ACCEL_OK); /* nothing else is lost */
    return accelerator_finish(f.acc);
}

static int add_after_prepare(void *user)
{
    (void)user;
    fixture f;
    set_up(&f);
    accelerator_prepare(f.acc, f.model);
    accel_try(err) {
        CHECK(!accel_module_add(f.second, "more", accel_linear(1, 1)) && err);
        CHECK_ERROR(ACCEL_EINVAL, "the module is prepared: nothing can be added any more");
    }
    accel_try(err) {
        CHECK(!accel_module_add_parameter(f.model, "w", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1))) && err);
    }
    return accelerator_finish(f.acc);
}

static int second_gradient_too_early(void *user)
{
    (void)user;
    fixture f;
    set_up(&f);
    accelerator_prepare(f.acc, f.model);
    accelerator_backward(f.acc, loss_of(&f, f.first));
    accel_try(err) {
        CHECK(accelerator_backward(f.acc, loss_of(&f, f.first)) != ACCEL_OK && err);
        CHECK(strstr(accel_error_text(), "second gradient before all others got one") != NULL);
    }
    accelerator_finish(f.acc);
    return 0;
}

/* The round ends with the second layer's first gradient, and the averages with the pass. */
static int second_gradient_in_the_same_pass(void *user)
{
    (void)user;
    fixture f;
    set_up(&f);
    accelerator_prepare(f.acc, f.model);
    accelerator_backward(f.acc, loss_of(&f, f.first));
    accel_try(err) {
        CHECK(accelerator_backward(f.acc, accel_sum(forward(f.model, f.row, &f))) != ACCEL_OK && err);
        CHECK(strstr(accel_error_text(), "\"first.") != NULL);
        CHECK(strstr(accel_error_text(), "second gradient before all others got one") != NULL);
    }
    accelerator_finish(f.acc);
    return 0;
}

static int freeze_after_prepare(void *user)
{
    (void)user;
    fixture f;
    set_up(&f);
    accelerator_prepare(f.acc, f.model);
    accel_set_requires_grad(accel_module_tensor(f.model, "second.bias"), false);
    accelerator_backward(f.acc, loss_of(&f, f.model));
    CHECK(!accel_forward(f.model, f.row)); /* this process's own words, or the other's that came first */
    CHECK(strstr(accel_error_text(), "without a gradient: second.bias (frozen after accelerator_prepare)") !=
          NULL);
    accelerator_finish(f.acc);
    return 0;
}

static int thaw_after_prepare(void *user)
{
    (void)user;
    fixture f;
    set_up(&f);
    accel_set_requires_grad(accel_module_tensor(f.model, "second.bias"), false);
    accelerator_prepare(f.acc, f.model);
    accel_set_requires_grad(accel_module_tensor(f.model, "second.bias"), true);
    CHECK(!accel_forward(f.model, f.row));
    CHECK(strstr(accel_error_text(), "\"second.bias\" requires a gradient, but did not when it was prepared") !=
          NULL);
    accelerator_finish(f.acc);
    return 0;
}

static int backward_against(accel_status (*other)(accelerator *acc), const char *name)
{
    fixture f;
    char expected[128];
    set_up(&f);
    accelerator_prepare(f.acc, f.model);
    accelerator_backward(f.acc, loss_of(&f, f.model));
    snprintf(expected, sizeof expected, "process 0 calls accelerator_backward, process 1 calls %s", name);
    if (f.rank == 0)
        accelerator_backward(f.acc, loss_of(&f, f.model));
    else
        other(f.acc);
    CHECK_ERROR(ACCEL_EPEER, expected);
    CHECK(accelerator_finish(f.acc) == 1);
    return 0;
}

/* Neither waits for the other until the time is up. */
static int backward_against_a_barrier(void *user)
{
    (void)user;
    return backward_against(accelerator_wait_for_everyone, "accelerator_wait_for_everyone");
}

static accel_status reduce(accelerator *acc)
{
    accelerator_reduce(acc, near(acc, accel_zeros(ACCEL_INT64, ACCEL_SHAPE(2, 3))));
    return accel_error_status();
}

static int backward_against_a_reduction(void *user)
{
    (void)user;
    return backward_against(reduce, "accelerator_reduce");
}

/* Whose loss has nothing to do with others does not need them. */
static int backward_of_nothing_prepared(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_module *model = accel_linear(2, 1), *shared = accel_linear(2, 1);
    accel_tensor *rows = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1, 2));
    accelerator_prepare(acc, shared);
    for (int i = 0; i < 3 * accelerator_process_index(acc); i++) {
        usleep(30000); /* process 0 has finished, most likely */
        CHECK(accelerator_backward(acc, accel_sum(accel_forward(model, rows))) == ACCEL_OK);
    }
    return accelerator_finish(acc);
}

static void refuses_what_cannot_be_averaged(void **state)
{
    (void)state;
    run_in(2, backward_of_the_engine);
    run_in(2, add_after_prepare);
    run_in(2, prepare_what_shares_memory);
    run_in(2, second_gradient_too_early);
    run_in(2, second_gradient_in_the_same_pass);
    run_in(2, freeze_after_prepare);
    run_in(2, thaw_after_prepare);
    run_in(2, backward_against_a_barrier);
    run_in(2, backward_against_a_reduction);
    run_in(2, backward_of_nothing_prepared);
}

/* ---- who calls ---- */

typedef struct visit {
    accelerator *acc;
    char text[200];
} visit;

static void *visit_from_a_thread(void *argument)
{
    visit *v = argument;
    accelerator_wait_for_everyone(v->acc);
    snprintf(v->text, sizeof v->text, "%s", accel_error_text());
    accel_error_clear();
    return NULL;
}

static int call_from_another_thread(void *user)
{
    (void)user;
    visit v = {.acc = accelerator_create(.timeout = 60)};
    pthread_t thread;
    pthread_create(&thread, NULL, visit_from_a_thread, &v);
    pthread_join(thread, NULL);
    CHECK(strstr(v.text, "the accelerator belongs to the thread that made it") != NULL);
    CHECK(accelerator_wait_for_everyone(v.acc) == ACCEL_OK); /* nothing is lost */
    return accelerator_finish(v.acc);
}

/* A fork has the handles, but none of the connections' threads. */
static int visit_as_a_fork(accelerator *acc)
{
    CHECK(accelerator_wait_for_everyone(acc) != ACCEL_OK);
    CHECK_ERROR(ACCEL_EINVAL, "this process is a fork of process ");
    CHECK(accelerator_finish(acc) == 1);
    return 0;
}

static int call_from_a_fork(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        _exit(visit_as_a_fork(acc));
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(accelerator_wait_for_everyone(acc) == ACCEL_OK);
    return accelerator_finish(acc);
}

static void refuses_strangers(void **state)
{
    (void)state;
    run_in(2, call_from_another_thread);
    run_in(2, call_from_a_fork);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averages_whatever_the_way),
        cmocka_unit_test(refuses_what_cannot_be_averaged),
        cmocka_unit_test(refuses_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
