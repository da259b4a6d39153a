#include <accel/autograd.h>
#include <accel/ops.h>

#include "base/error.h"
#include "base/memory.h"
#include "optim/optimizer.h"
#include "tensor/op.h"
#include "tensor/tensor.h"

/* The lists that the fused kernel takes, for the parameters that have a gradient. */
typedef struct lists {
    accel_tensor **parameters, **gradients, **exp_avgs, **exp_avg_sqs, **max_exp_avg_sqs, **steps;
    size_t count;
} lists;

static accel_tensor *zeros_like(accel_tensor *parameter)
{
    static op_site site = {"accel_optimizer_step", "aten::zeros_like", NULL};
    accel_tensor *zeros = op_call(&site, &(accel_value){.kind = ACCEL_VALUE_TENSOR, .as.tensor = parameter}, 1);
    return object_take(zeros);
}

static accel_status start(slot *s, bool amsgrad)
{
    if (s->exp_avg)
        return ACCEL_OK;
    s->exp_avg_sq = zeros_like(s->parameter);
    if (amsgrad)
        s->max_exp_avg_sq = zeros_like(s->parameter);
    s->exp_avg = zeros_like(s->parameter);
    return accel_error_status();
}

static accel_status list_slot(lists *l, slot *s, int64_t *listed_step, bool amsgrad)
{
    accel_tensor *gradient = accel_grad(s->parameter);
    if (!gradient || start(s, amsgrad) != ACCEL_OK)
        return accel_error_status();
    s->step++;
    /* One tensor serves all neighbours that are at the same step, which nearly always is every parameter. */
    bool same = l->count > 0 && *listed_step == s->step;
    l->steps[l->count] = same ? l->steps[l->count - 1] : accel_scalar((double)s->step, ACCEL_FLOAT32);
    l->parameters[l->count] = s->parameter;
    l->gradients[l->count] = gradient;
    l->exp_avgs[l->count] = s->exp_avg;
    l->exp_avg_sqs[l->count] = s->exp_avg_sq;
    l->max_exp_avg_sqs[l->count] = s->max_exp_avg_sq;
    l->count++;
    *listed_step = s->step;
    return accel_error_status();
}

static accel_value tensors(accel_tensor **items, size_t count)
{
    return (accel_value){.kind = ACCEL_VALUE_TENSORS, .count = count, .as.tensors = items};
}

static accel_value real(double value) { return (accel_value){.kind = ACCEL_VALUE_REAL, .as.real = value}; }

static accel_value boolean(bool value) { return (accel_value){.kind = ACCEL_VALUE_BOOLEAN, .as.boolean = value}; }

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

accel_status adamw_step(const accel_adamw_options *options, parameter_group *g)
{
    accel_tensor **room = memory_alloc(6 * g->count, sizeof *room);
    if (!room)
        return accel_error_status();
    lists l = {room,
               room + g->count,
               room + 2 * g->count,
               room + 3 * g->count,
               room + 4 * g->count,
               room + 5 * g->count,
               0};
    int64_t listed_step = 0;
    accel_scoped()
    {
        for (size_t i = 0; i < g->count && !accel_error_is_set(); i++)
            list_slot(&l, &g->slots[i], &listed_step, options->amsgrad);
        if (l.count > 0)
            run(options, g, &l);
    }
    memory_free(room);
    return accel_error_status();
}
