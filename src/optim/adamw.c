#include <accel/autograd.h>
#include <accel/ops.h>

#include "base/error.h"
#include "base/memory.h"
#include "optim/optimizer.h"
#include "tensor/op.h"
#include "tensor/tensor.h"

/* The lists that the fused kernel takes, for the parameters that have a gradient. It reads and writes every one of
   them as a plain array, so these are without gaps: a parameter that has some is stepped in a copy. */
typedef struct lists {
    accel_tensor **parameters, **gradients, **exp_avgs, **exp_avg_sqs, **max_exp_avg_sqs, **steps;
    accel_tensor **own; /* the parameters themselves */
    size_t count;
} lists;

enum { LISTS = 7 };

static void start_mean(accel_tensor **mean, const engine_view *parameter)
{
    if (!*mean)
        *mean = object_take(accel_zeros(parameter->dtype, parameter->sizes, parameter->rank));
}

static accel_status start(slot *s, bool amsgrad)
{
    engine_view view;
    if (s->exp_avg || tensor_view(s->parameter, "accel_optimizer_step", &view) != ACCEL_OK)
        return accel_error_status();
    start_mean(&s->exp_avg_sq, &view);
    if (amsgrad)
        start_mean(&s->max_exp_avg_sq, &view);
    start_mean(&s->exp_avg, &view);
    return accel_error_status();
}

accel_status adamw_start(const accel_adamw_options *options, parameter_group *g)
{
    for (size_t i = 0; i < g->count && !accel_error_is_set(); i++)
        start(&g->slots[i], options->amsgrad);
    return accel_error_status();
}

static accel_tensor *without_gaps(accel_tensor *tensor)
{
    return accel_tensor_is_contiguous(tensor) ? tensor : accel_contiguous(tensor);
}

static accel_status list_slot(lists *l, slot *s, int64_t *listed_step, bool amsgrad)
{
    accel_tensor *gradient = accel_grad(s->parameter);
    if (!gradient || start(s, amsgrad) != ACCEL_OK)
        return accel_error_status();
    int64_t step = s->step + 1;
    /* One tensor serves all neighbours that are at the same step, which nearly always is every parameter. */
    bool same = l->count > 0 && *listed_step == step;
    l->steps[l->count] = same ? l->steps[l->count - 1] : accel_scalar((double)step, ACCEL_FLOAT32);
    l->own[l->count] = s->parameter;
    l->parameters[l->count] = without_gaps(s->parameter);
    l->gradients[l->count] = without_gaps(gradient);
    l->exp_avgs[l->count] = s->exp_avg;
    l->exp_avg_sqs[l->count] = s->exp_avg_sq;
    l->max_exp_avg_sqs[l->count] = s->max_exp_avg_sq;
    l->count++;
    *listed_step = step;
    return accel_error_status();
}

static accel_value tensors(accel_tensor **items, size_t count)
{
    return (accel_value){.kind = ACCEL_VALUE_TENSORS, .count = count, .as.tensors = items};
}

static accel_value real(double value) { return (accel_value){.kind = ACCEL_VALUE_REAL, .as.real = value}; }

static accel_value boolean(bool value)
{
    return (accel_value){.kind = ACCEL_VALUE_BOOLEAN, .as.boolean = value};
}

static accel_status run(const accel_adamw_options *o, const parameter_group *g, const lists *l)
{
    static op_site site = {"accel_optimizer_step", "aten::_fused_adamw_", NULL};
    const accel_value values[] = {
        tensors(l->parameters, l->count),
        tensors(l->gradients, l->count),
        tensors(l->exp_avgs, l->count),
        tensors(l->exp_avg_sqs, l->count),
        tensors(l->max_exp_avg_sqs, o->amsgrad ? l->count : 0),
        tensors(l->steps, l->count),
        real(g->lr),
        real(o->beta1),
        real(o->beta2),
        real(g->weight_decay),
        real(o->eps),
        boolean(o->amsgrad),
        boolean(o->maximize),
    };
    return op_run(&site, values, sizeof values / sizeof values[0]);
}

static void copy_back(const lists *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->parameters[i] != l->own[i])
            accel_tensor_assign(l->own[i], l->parameters[i]);
}

/* Only a step that was taken counts. */
static void count_step(parameter_group *g, const lists *l)
{
    size_t listed = 0;
    for (size_t i = 0; i < g->count && listed < l->count; i++) {
        if (g->slots[i].parameter != l->own[listed])
            continue;
        g->slots[i].step++;
        listed++;
    }
}

accel_status adamw_step(const accel_adamw_options *options, parameter_group *g)
{
    accel_tensor **room = memory_alloc(LISTS * g->count, sizeof *room);
    if (!room)
        return accel_error_status();
    lists l = {.parameters = room,
               .gradients = room + g->count,
               .exp_avgs = room + 2 * g->count,
               .exp_avg_sqs = room + 3 * g->count,
               .max_exp_avg_sqs = room + 4 * g->count,
               .steps = room + 5 * g->count,
               .own = room + 6 * g->count};
    int64_t listed_step = 0;
    accel_scoped() {
        for (size_t i = 0; i < g->count && !accel_error_is_set(); i++)
            list_slot(&l, &g->slots[i], &listed_step, options->amsgrad);
        if (l.count > 0 && run(options, g, &l) == ACCEL_OK) {
            copy_back(&l);
            count_step(g, &l);
        }
    }
    memory_free(room);
    return accel_error_status();
}
