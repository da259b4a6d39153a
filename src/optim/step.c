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

/* The slots that have something to do; only those that never stepped before, or only the others. */
static size_t gather(parameter_group *g, bool first, slot **slots)
{
    size_t count = 0;
    for (size_t i = 0; i < g->count; i++)
        if ((g->slots[i].step == 0) == first && accel_grad(g->slots[i].parameter))
            slots[count++] = &g->slots[i];
    return count;
}

static bool are_alike(const slot *one, const slot *other)
{
    return accel_tensor_dtype(one->parameter) == accel_tensor_dtype(other->parameter) &&
           accel_device_is(accel_tensor_device(one->parameter), accel_tensor_device(other->parameter));
}

/* Brings those that are like the first to the front, and says how many they are: a fused kernel takes the type of all from the
   first, and is of one device. */
static size_t bring_alike(slot **slots, size_t count)
{
    size_t alike = 1;
    for (size_t i = 1; i < count; i++) {
        slot *other = slots[i];
        if (!are_alike(slots[0], other))
            continue;
        slots[i] = slots[alike];
        slots[alike++] = other;
    }
    return alike;
}

static accel_status list_slots(const optimizer *opt, step_lists *l)
{
    size_t states = opt->rule->states(opt);
    for (size_t k = 0; k < l->count; k++) {
        slot *s = l->slots[k];
        if (settle_slot(s, states) != ACCEL_OK)
            return accel_error_status();
        l->parameters[k] = without_gaps(s->parameter);
        l->gradients[k] = without_gaps(accel_grad(s->parameter));
        for (size_t i = 0; i < states; i++)
            l->states[i][k] = s->states[i];
    }
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
static accel_status run_slots(const optimizer *opt, const parameter_group *g, step_lists *l)
{
    if (list_slots(opt, l) != ACCEL_OK || opt->rule->run(opt, g, l) != ACCEL_OK)
        return accel_error_status();
    copy_back(l);
    for (size_t i = 0; i < l->count; i++)
        l->slots[i]->step++;
    return accel_error_status();
}

static void run_all(const optimizer *opt, parameter_group *g, step_lists *l)
{
    slot **const slots = l->slots;
    size_t count = gather(g, l->first, slots);
    for (size_t begin = 0; begin < count && !accel_error_is_set(); begin += l->count) {
        l->slots = slots + begin;
        l->count = bring_alike(l->slots, count - begin);
        run_slots(opt, g, l);
    }
    l->slots = slots;
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
                run_all(opt, g, &l);
            }
    }
    memory_free(room);
    memory_free(slots);
    return accel_error_status();
}
