#include <accel/training.h>

#include "accelerator/accumulate.h"

#include <math.h>
#include <stdio.h>

#include "accelerator/gradient.h"
#include "base/error.h"
#include "comm/agreement.h"
#include "data/loader.h"

void window_init(window *w, int64_t steps) { *w = (window){.divisor = steps, .syncs = true, .base = 1}; }

/* ---- what a loss weighs ---- */

/* Without numbers of items every micro-batch weighs the same. */
static double weigh_equally(window *w)
{
    if (w->counts) {
        accel_error_raise(ACCEL_EINVAL, "accelerator_backward",
                          "num_items is missing: other losses of the same step have one");
        return (double)NAN;
    }
    w->items = -1;
    return 1.0 / (double)w->divisor;
}

static accel_status count_items(window *w, int64_t items)
{
    static const char call[] = "accelerator_backward";
    if (items < 0)
        return accel_error_raise(ACCEL_EINVAL, call, "num_items must not be negative, got %lld",
                                 (long long)items);
    if (w->items < 0)
        return accel_error_raise(ACCEL_EINVAL, call,
                                 "num_items is given, but other losses of the same step have none");
    if (w->counted)
        return accel_error_raise(ACCEL_EINVAL, call,
                                 "a micro-batch has one loss with num_items, this is a second one");
    w->counts = w->counted = true;
    w->items += items;
    return ACCEL_OK;
}

/* Gradients are averaged over the processes, so that what is divided by the items of all is multiplied by their number. Until
   these are known, a window's gradients are in units of its first items, which keeps them in the range of half precision. */
static double weigh_by_items(facade *f, group *averaging, int64_t items)
{
    window *w = &f->window;
    if (w->items == items)
        w->base = f->options.sync_each_batch || items == 0 ? 1 : (double)items;
    if (!w->syncs)
        return (double)items / w->base;
    int64_t total = w->items;
    if (agreement_sum(averaging, "accelerator_backward", &total) != ACCEL_OK)
        return (double)NAN;
    if (total == 0) {
        accel_error_raise(ACCEL_EINVAL, "accelerator_backward",
                          "num_items is 0 in every loss of every process");
        group_agree(averaging);
        return (double)NAN;
    }
    double each = group_size(averaging) / (double)total;
    if (w->length > 1)
        gradient_scale_window(f, w->base * each);
    return (double)items * each;
}

/* A backward pass that is in no block is a window, too, unless it adds to one that is not complete. */
static void begin_lone_window(facade *f)
{
    window *w = &f->window;
    if (!w->inside && w->syncs)
        *w = (window){
            .step = w->step, .divisor = f->options.gradient_accumulation_steps, .syncs = true, .base = 1};
}

double window_weigh(facade *f, group *averaging, int64_t items)
{
    begin_lone_window(f);
    if (items == -1)
        return weigh_equally(&f->window);
    return count_items(&f->window, items) == ACCEL_OK ? weigh_by_items(f, averaging, items) : (double)NAN;
}

/* ---- where windows end ---- */

/* Source: Accelerator._do_sync. */
static bool is_last(const facade *f, window *w)
{
    accel_loader *loader = loader_innermost();
    if (f->options.sync_with_dataloader && loader && loader_at_end(loader)) {
        w->step = 0;
        return true;
    }
    return ++w->step % f->options.gradient_accumulation_steps == 0;
}

/* What was divided by the steps of a window that turns out to be shorter is divided by its length. */
static accel_status fit(facade *f)
{
    window *w = &f->window;
    double factor = (double)w->divisor / (double)w->length;
    if (!w->syncs || factor == 1)
        return ACCEL_OK;
    w->divisor = w->length;
    return w->length > 1 && w->items < 0 ? gradient_scale_window(f, factor) : ACCEL_OK;
}

/* A window's losses are divided by one number until its length is known, also where another number of steps is set meanwhile. */
static accel_status advance(facade *f)
{
    window *w = &f->window;
    bool begins = w->syncs;
    if (begins)
        *w = (window){.step = w->step, .divisor = f->options.gradient_accumulation_steps, .base = 1};
    w->length++;
    w->inside = true;
    w->counted = false;
    w->syncs = is_last(f, w);
    if (begins && !w->syncs)
        gradient_note_old(f);
    return accel_error_is_set() ? accel_error_status() : fit(f);
}

/* ---- blocks ---- */

/* Gradients that an inner block averages would be held back by the outer one, and stepped as they are. */
static accel_status check_not_inside(const facade *f, const char *call)
{
    if (f->window.inside)
        return accel_error_raise(ACCEL_EINVAL, call,
                                 "such a block is running already; one block takes several models");
    return ACCEL_OK;
}

static accel_status check_models(facade *f, accel_module *const *models, size_t count, const char *call)
{
    if (count > ACCELERATOR_MODELS_MAX)
        accel_error_raise(ACCEL_EINVAL, call, "at most %d models, got %zu", ACCELERATOR_MODELS_MAX, count);
    else if (!models && count > 0)
        accel_error_raise(ACCEL_EINVAL, call, "models is NULL");
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        facade_find_module(f, models[i], call);
    return accel_error_status();
}

/* Holds back the gradients of all of them, which were checked. */
static void hold(accelerator_no_sync_block *b, facade *f, accel_module *const *models, size_t count)
{
    b->prepared = f->modules;
    for (size_t i = 0; i < count; i++) {
        const prepared *p = facade_find_prepared(f, models[i]);
        b->models[b->count++] = models[i];
        if (p->module->gradients)
            gradients_hold(p->module->gradients);
    }
}

/* Of what it held; a model may have been forgotten and prepared anew inside. */
static void release(accelerator_no_sync_block *b, facade *f)
{
    for (size_t i = 0; i < b->count; i++) {
        const prepared *p = facade_find_prepared(f, b->models[i]);
        if (p && p->module->gradients && p->module->number < b->prepared)
            gradients_release(p->module->gradients);
    }
    b->count = 0;
}

accelerator_no_sync_block accelerator_no_sync_begin(accelerator *acc, accel_module *const *models, size_t count)
{
    static const char call[] = "accelerator_no_sync";
    accelerator_no_sync_block b = {.acc = acc};
    facade *f = accel_error_is_set() ? NULL : facade_of(acc, call);
    if (!f || check_models(f, models, count, call) != ACCEL_OK)
        return b;
    hold(&b, f, models, count);
    b.open = true;
    return b;
}

/* The accelerator may have finished inside the block. */
void accelerator_no_sync_end(accelerator_no_sync_block *block)
{
    facade *f = block && block->count > 0 ? facade_if_live(block->acc) : NULL;
    if (f)
        release(block, f);
}

accelerator_no_sync_block accelerator_accumulate_begin(accelerator *acc, accel_module *const *models,
                                                       size_t count)
{
    static const char call[] = "accelerator_accumulate";
    accelerator_no_sync_block b = {.acc = acc};
    facade *f = accel_error_is_set() ? NULL : facade_of(acc, call);
    if (!f || check_not_inside(f, call) != ACCEL_OK || check_models(f, models, count, call) != ACCEL_OK)
        return b;
    b.open = advance(f) == ACCEL_OK;
    b.accumulates = true;
    if (b.open && !f->window.syncs && !f->options.sync_each_batch)
        hold(&b, f, models, count);
    return b;
}

void accelerator_accumulate_end(accelerator_no_sync_block *block)
{
    facade *f = block && block->accumulates ? facade_if_live(block->acc) : NULL;
    if (!f)
        return;
    block->accumulates = false;
    f->window.inside = false;
    release(block, f);
}

/* ---- looking ---- */

bool accelerator_sync_gradients(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f && f->window.syncs;
}

int64_t accelerator_gradient_accumulation_steps(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f ? f->options.gradient_accumulation_steps : -1;
}

static accel_status agree_on_steps(group *averaging, const char *call, int64_t steps)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)steps);
    return averaging ? agreement_check(averaging, call, "steps", text) : accel_error_status();
}

/* Processes that count differently would average gradients of different steps, or wait for each other. */
accel_status accelerator_set_gradient_accumulation_steps(accelerator *acc, int64_t steps)
{
    facade *f = facade_of(acc, __func__);
    group *averaging = f ? facade_gradients_group(f) : NULL;
    if (!f || !group_begin(averaging, __func__))
        return accel_error_status();
    if (steps < 1)
        RAISE(ACCEL_EINVAL, "steps must be above 0, got %lld", (long long)steps);
    if (agree_on_steps(averaging, __func__, steps) == ACCEL_OK)
        f->options.gradient_accumulation_steps = steps;
    return group_end(averaging);
}
