/* Blocks in which processes may run out of inputs. */
#include <accel/join.h>

#include <string.h>

#include <accel/autograd.h>
#include <accel/scope.h>

#include "accelerator/facade.h"
#include "base/error.h"
#include "base/memory.h"
#include "comm/collective.h"
#include "comm/joining.h"
#include "data/loader.h"
#include "optim/optimizer.h"
#include "optim/scheduler.h"

static const char call[] = "accelerator_join_uneven_inputs";

/* ---- numbers that all are to have ---- */

/* They are passed twice, in one order: to take them down, and to put down those of another process. */
typedef struct numbers {
    buffer values;
    size_t at;
    bool put;
} numbers;

static void pass(numbers *n, double *value)
{
    if (!n->put)
        buffer_append(&n->values, value, sizeof *value);
    else
        memcpy(value, n->values.data + n->at, sizeof *value);
    n->at += sizeof *value;
}

static void pass_integer(numbers *n, int64_t *value)
{
    double number = (double)*value;
    pass(n, &number);
    *value = (int64_t)number;
}

static void pass_flag(numbers *n, bool *value)
{
    double number = *value;
    pass(n, &number);
    *value = number != 0;
}

static void pass_slot(slot *s, void *user) { pass_integer(user, &s->step); }

static void pass_scheduler(numbers *n, accel_scheduler *scheduler)
{
    int64_t step = scheduler_get_step(scheduler);
    pass_integer(n, &step);
    if (n->put)
        scheduler_set_step(scheduler, step);
}

static void pass_scale(numbers *n, scaler *s)
{
    double scale = (double)s->scale;
    pass(n, &scale);
    s->scale = (float)scale;
    pass_integer(n, &s->growth_tracker);
    pass_flag(n, &s->stepped);
    pass_flag(n, &s->skipped);
}

static void pass_window(numbers *n, window *w)
{
    pass_integer(n, &w->step);
    pass_integer(n, &w->length);
    pass_integer(n, &w->divisor);
    pass_integer(n, &w->items);
    pass(n, &w->base);
    pass_flag(n, &w->syncs);
    pass_flag(n, &w->counted);
    pass_flag(n, &w->counts);
}

static void pass_all(facade *f, numbers *n)
{
    n->at = 0;
    pass_window(n, &f->window);
    pass_scale(n, &f->scaler);
    for (size_t i = 0; i < f->prepared_count; i++) {
        if (f->prepared[i].kind == ACCEL_PREPARABLE_OPTIMIZER)
            optimizer_visit(f->prepared[i].handle, pass_slot, n);
        else if (f->prepared[i].kind == ACCEL_PREPARABLE_SCHEDULER)
            pass_scheduler(n, f->prepared[i].handle);
    }
}

static accel_status share_numbers(facade *f, int from)
{
    numbers n = {0};
    pass_all(f, &n);
    const int64_t count = (int64_t)(n.values.size / sizeof(double));
    accel_scoped() {
        accel_tensor *values =
            accel_error_is_set() ? NULL : accel_tensor_copy_from(n.values.data, ACCEL_FLOAT64, &count, 1);
        if (collective_broadcast(f->group, call, values, from) == ACCEL_OK)
            accel_tensor_copy_to(values, n.values.data, n.values.size);
    }
    n.put = true;
    if (!accel_error_is_set())
        pass_all(f, &n);
    buffer_dispose(&n.values);
    return accel_error_status();
}

/* ---- tensors that all are to have ---- */

typedef struct sharing {
    facade *facade;
    int from;
} sharing;

static void share_slot(slot *s, void *user)
{
    const sharing *to_all = user;
    for (size_t i = 0; i < OPTIMIZER_STATES; i++)
        if (s->states[i])
            collective_broadcast(to_all->facade->group, call, s->states[i], to_all->from);
}

static accel_status share_model(facade *f, gradients *model, int from)
{
    if (group_begin(f->group, call))
        gradients_share(model, call, from);
    return group_end(f->group);
}

static accel_status share_all(facade *f, int from)
{
    sharing to_all = {f, from};
    share_numbers(f, from);
    for (size_t i = 0; i < f->prepared_count && !accel_error_is_set(); i++) {
        prepared *p = &f->prepared[i];
        if (prepared_gradients(p))
            share_model(f, prepared_gradients(p), from);
        if (p->kind == ACCEL_PREPARABLE_OPTIMIZER)
            optimizer_visit(p->handle, share_slot, &to_all);
    }
    return accel_error_status();
}

/* ---- blocks ---- */

static void set_even_batches(facade *f, bool even)
{
    for (size_t i = 0; i < f->prepared_count; i++)
        if (f->prepared[i].kind == ACCEL_PREPARABLE_LOADER)
            loader_set_even_batches(f->prepared[i].handle, even);
}

static accel_status check_blocks(const facade *f)
{
    if (group_joins(f->group))
        return accel_error_raise(ACCEL_EINVAL, call, "such a block is running already");
    for (size_t i = 0; i < f->prepared_count; i++)
        if (f->prepared[i].module && f->prepared[i].module->local.period > 0)
            return accel_error_raise(ACCEL_EINVAL, call, "a block of accelerator_local_sgd is running");
    return ACCEL_OK;
}

accelerator_join_block accelerator_join_begin(accelerator *acc)
{
    accelerator_join_block b = {.acc = acc};
    facade *f = facade_of_all(acc, call);
    if (!f || accel_error_is_set())
        return b;
    if (check_blocks(f) != ACCEL_OK || collective_barrier(f->group, call) != ACCEL_OK)
        return b;
    set_even_batches(f, false);
    if (f->group)
        group_set_joins(f->group, true);
    b.open = b.joins = true;
    return b;
}

/* Goes along with the others until all are here. */
static accel_status join(facade *f)
{
    int last = 0;
    size_t count = 0;
    gradients **models = memory_alloc(f->prepared_count, sizeof(gradients *));
    for (size_t i = 0; models && i < f->prepared_count; i++)
        if (prepared_gradients(&f->prepared[i]))
            models[count++] = prepared_gradients(&f->prepared[i]);
    if (facade_check_gradients(f, call) == ACCEL_OK)
        joining_follow(f->group, models, count, call, &last);
    memory_free(models);
    group_set_joins(f->group, false);
    return accel_error_is_set() ? accel_error_status() : share_all(f, last);
}

/* The accelerator may have finished inside the block. */
void accelerator_join_end(accelerator_join_block *block)
{
    facade *f = block && block->joins ? facade_if_live(block->acc) : NULL;
    if (!f)
        return;
    block->joins = false;
    set_even_batches(f, f->options.even_batches);
    if (!f->group)
        return;
    if (accel_error_is_set())
        group_set_joins(f->group, false);
    else
        join(f);
}
