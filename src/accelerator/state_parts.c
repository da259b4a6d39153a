#include "accelerator/state_parts.h"

#include <stdio.h>
#include <string.h>

#include <accel/device.h>
#include <accel/random.h>
#include <accel/scope.h>

#include "accelerator/state_process.h"
#include "base/callback.h"
#include "base/error.h"
#include "checkpoint/layout.h"
#include "checkpoint/random_states.h"
#include "tensor/state.h"

static const char saving[] = "accelerator_save_state";

static bool is_of_kind(const prepared *p, accel_preparable_kind kind)
{
    return p->kind == kind || (kind == ACCEL_PREPARABLE_MODULE && p->kind == ACCEL_PREPARABLE_EVALUATED_MODULE);
}

prepared *state_part(const facade *f, accel_preparable_kind kind, size_t index)
{
    for (size_t i = 0; i < f->prepared_count; i++)
        if (is_of_kind(&f->prepared[i], kind) && index-- == 0)
            return &f->prepared[i];
    return NULL;
}

size_t state_part_count(const facade *f, accel_preparable_kind kind)
{
    size_t count = 0;
    while (state_part(f, kind, count))
        count++;
    return count;
}

/* ---- what all processes have in common ---- */

/* Takes the dict. */
static accel_status add(state_files *files, state_kind kind, const char *name, accel_dict *dict)
{
    if (dict)
        state_files_add(files, kind, name, dict);
    accel_free(dict);
    return accel_error_status();
}

static accel_status add_models(facade *f, state_files *files, bool safe_serialization)
{
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_MODULE) && !accel_error_is_set(); i++) {
        char name[LAYOUT_NAME];
        accel_dict *dict = accel_state_dict(state_part(f, ACCEL_PREPARABLE_MODULE, i)->handle);
        if (safe_serialization)
            add(files, STATE_SAFETENSORS, layout_name(name, "model", i, ".safetensors"), dict);
        else
            add(files, STATE_WEIGHTS, layout_name(name, "pytorch_model", i, ".bin"), dict);
    }
    return accel_error_status();
}

static accel_status add_optimizers(facade *f, state_files *files)
{
    char name[LAYOUT_NAME];
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_OPTIMIZER) && !accel_error_is_set(); i++)
        add(files, STATE_OPTIMIZER, layout_name(name, "optimizer", i, ".bin"),
            accel_optimizer_state_dict(state_part(f, ACCEL_PREPARABLE_OPTIMIZER, i)->handle));
    for (size_t i = 0; i < state_part_count(f, ACCEL_PREPARABLE_SCHEDULER) && !accel_error_is_set(); i++)
        add(files, STATE_SCHEDULER, layout_name(name, "scheduler", i, ".bin"),
            accel_scheduler_state_dict(state_part(f, ACCEL_PREPARABLE_SCHEDULER, i)->handle));
    if (f->precision == ACCEL_FP16)
        add(files, STATE_NUMBERS, layout_name(name, "scaler", 0, ".pt"), scaler_state_dict(&f->scaler));
    return accel_error_status();
}

static accel_dict *dict_of(const training_state *s, size_t index)
{
    callback running;
    const accel_checkpointable *c = &s->objects[index];
    callback_begin(&running, CALLBACK_STATE, s);
    accel_dict *dict = c->state_dict(c->user);
    callback_end(&running);
    if (!dict && !accel_error_is_set())
        accel_error_raise(ACCEL_EINVAL, saving, "state_dict of \"%s\" gave NULL and recorded nothing", c->name);
    return accel_error_is_set() ? NULL : dict;
}

static accel_status add_objects(facade *f, state_files *files)
{
    char name[LAYOUT_NAME];
    for (size_t i = 0; i < f->state.object_count && !accel_error_is_set(); i++)
        add(files, STATE_VALUES, layout_numbered(name, LAYOUT_OBJECT, i, ".pkl"), dict_of(&f->state, i));
    return accel_error_status();
}

/* ---- what each has for itself ---- */

static accel_status set_generator(accel_dict *dict, const char *name, accel_generator *generator)
{
    accel_tensor *state = accel_generator_state(generator);
    accel_dict_set(dict, name, state);
    accel_free(state);
    return accel_error_status();
}

/* Those that only Python draws from are as they were when a state of Python's was loaded, or else as if seeded like the others. */
static accel_status set_python(facade *f, accel_dict *dict)
{
    if (!f->state.python)
        return random_states_seed(dict, accel_generator_initial_seed(NULL));
    for (size_t i = 0; i < accel_dict_count(f->state.python); i++)
        accel_dict_set(dict, accel_dict_name(f->state.python, i), accel_dict_tensor(f->state.python, i));
    return accel_error_status();
}

static accel_dict *random_states(facade *f)
{
    accel_dict *dict = accel_dict_create();
    state_set(dict, "step", ACCEL_INT64, &f->window.step, NULL, 0);
    set_generator(dict, "torch", NULL);
    int gpus = accel_device_is(f->device, accel_device_cpu()) ? 0 : accel_device_count(ACCEL_CUDA);
    for (int i = 0; i < gpus && !accel_error_is_set(); i++) {
        char name[32];
        snprintf(name, sizeof name, "cuda.%d", i);
        accel_generator *generator = accel_generator_of_device(accel_device_cuda(i));
        set_generator(dict, name, generator);
        accel_free(generator);
    }
    set_python(f, dict);
    return dict;
}

accel_status state_parts_collect(facade *f, state_files *files, bool shared, bool safe_serialization)
{
    char name[LAYOUT_NAME];
    RETURN_STATUS_IF_FAILED();
    if (shared && add_models(f, files, safe_serialization) == ACCEL_OK && add_optimizers(f, files) == ACCEL_OK)
        add_objects(f, files);
    const size_t rank = (size_t)f->ranks.rank;
    if (!accel_error_is_set())
        add(files, STATE_RANDOM, layout_numbered(name, LAYOUT_RANDOM, rank, ".pkl"), random_states(f));
    if (!accel_error_is_set())
        add(files, STATE_VALUES, layout_numbered(name, LAYOUT_PROCESS, rank, ".bin"), state_process_collect(f));
    return accel_error_status();
}
