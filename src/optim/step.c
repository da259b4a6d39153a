#include "optim/step.h"

#include <accel/autograd.h>
#include <accel/ops.h>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/device.h"
#include "tensor/tensor.h"

static accel_status start_slot(slot *s, size_t states)
{
    engine_view view;
    if (states == 0 || s->states[states - 1] ||
        tensor_view(s->parameter, "accel_optimizer_step", &view) != ACCEL_OK)
        return accel_error_status();
    for (size_t i = 0; i < states; i++)
        if (!s->states[i])
            s->states[i] = object_take(device_zeros(s->parameter, view.dtype, view.sizes, view.rank));
    return accel_error_status();
}

static bool has_moved(const slot *s, size_t states)
{
    return states > 0 && s->states[0] &&
           !accel_device_is(accel_tensor_device(s->states[0]), accel_tensor_device(s->parameter));
}

/* A parameter has its state beside it, and takes it along where it is moved. */
static accel_status settle_slot(slot *s, size_t states)
{
    bool moves = has_moved(s, states);
    for (size_t i = 0; moves && i < states && s->states[i] && !accel_error_is_set(); i++)
        device_move(s->states[i], accel_tensor_device(s->parameter), "accel_optimizer_step");
    return accel_error_is_set() ? accel_error_status() : start_slot(s, states);
}

accel_status step_start_group(const optimizer *opt, parameter_group *g)
{
    for (size_t i = 0; i < g->count && !accel_error_is_set(); i++)
        settle_slot(&g->slots[i], opt->rule->states(opt));
    return accel_error_status();
}

static accel_tensor *without_gaps(accel_tensor *tensor)
{
    return accel_tensor_is_contiguous(tensor) ? tensor : accel_contiguous(tensor);
}

static accel_status list_slot(step_lists *l, slot *s, size_t states)
{
    accel_tensor *gradient = accel_grad(s->parameter);
    if (!gradient || settle_slot(s, states) != ACCEL_OK)
        return accel_error_status();
    l->slots[l->count] = s;
    l->parameters[l->count] = without_gaps(s->parameter);
    l->gradients[l->count] = without_gaps(gradient);
    for (size_t i = 0; i < states; i++)
        l->states[i][l->count] = s->states[i];
    l->count++;
    return accel_error_status();
}

/* A parameter with gaps was stepped in a copy. */
static void copy_back(const step_lists *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->parameters[i] != l->slots[i]->parameter)
            accel_tensor_assign(l->slots[i]->parameter, l->parameters[i]);
}

/* Only a step that was taken counts. */
static accel_status run_slots(const optimizer *opt, parameter_group *g, step_lists *l)
{
    size_t states = opt->rule->states(opt);
    l->count = 0;
    for (size_t i = 0; i < g->count && !accel_error_is_set(); i++)
        if ((g->slots[i].step == 0) == l->first)
            list_slot(l, &g->slots[i], states);
    if (accel_error_is_set() || l->count == 0 || opt->rule->run(opt, g, l) != ACCEL_OK)
        return accel_error_status();
    copy_back(l);
    for (size_t i = 0; i < l->count; i++)
        l->slots[i]->step++;
    return accel_error_status();
}

accel_status step_group(const optimizer *opt, parameter_group *g)
{
    enum { LISTS = 2 + OPTIMIZER_STATES };
    slot **slots = memory_alloc(g->count, sizeof *slots);
    accel_tensor **room = slots ? memory_alloc(LISTS * g->count, sizeof *room) : NULL;
    if (room) {
        step_lists l = {.slots = slots, .parameters = room, .gradients = room + g->count};
        for (size_t i = 0; i < OPTIMIZER_STATES; i++)
            l.states[i] = room + (2 + i) * g->count;
        /* Those that stepped before come first, or the others would come again. */
        for (int first = 0; first < 2; first++)
            accel_scoped() {
                l.first = first;
                run_slots(opt, g, &l);
            }
    }
    memory_free(room);
    memory_free(slots);
    return accel_error_status();
}
