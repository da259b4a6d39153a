#include "accelerator/state_reader.h"

#include <string.h>

#include <accel/device.h>
#include <accel/log.h>
#include <accel/random.h>
#include <accel/scope.h>

#include "accelerator/state_parts.h"
#include "accelerator/state_process.h"
#include "base/callback.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/layout.h"
#include "checkpoint/manifest.h"
#include "checkpoint/pickle_dict.h"
#include "checkpoint/random_states.h"
#include "checkpoint/weights.h"
#include "nn/module.h"
#include "optim/optimizer.h"
#include "optim/scheduler.h"
#include "precision/scaler.h"
#include "tensor/state.h"

static const char loading[] = "accelerator_load_state";

/* The dicts of things of one kind, each retained. */
typedef struct dict_list {
    accel_dict **at;
    size_t count;
} dict_list;

struct state_reader {
    facade *f;
    const char *folder;
    dict_list models, optimizers, schedulers, objects;
    accel_dict *scaler, *random, *process; /* NULL: there is none, or none that is wanted */
    bool own_random;                       /* this process's, not process 0's */
    bool own_process;
    optimizer_taking **takings; /* of the optimizers, ready to be put in place */
};

/* ---- reading ---- */

typedef accel_status dict_read(accel_dict *dict, const char *path, const char *call);

/* One file: retained. NULL on failure. */
static accel_dict *read_file(const state_reader *r, const char *name, dict_read *read)
{
    char *path = file_join(r->folder, name);
    accel_dict *dict = path ? accel_dict_create() : NULL, *kept = NULL;
    if (dict && read(dict, path, loading) == ACCEL_OK)
        kept = object_retain(dict);
    accel_free(dict);
    memory_free(path);
    return kept;
}

/* "2 models", "1 model". */
static accel_status check_count(const state_reader *r, size_t saved, size_t wanted, const char *what,
                                const char *verb)
{
    if (saved == wanted)
        return accel_error_status();
    return accel_error_raise(ACCEL_EMISMATCH, loading, "%s: has %zu %s%s, and %zu %s %s", r->folder, saved,
                             what, saved == 1 ? "" : "s", wanted, wanted == 1 ? "is" : "are", verb);
}

static accel_status add_dict(dict_list *list, accel_dict *dict)
{
    accel_dict **more = dict ? memory_resize(list->at, list->count + 1, sizeof *more) : NULL;
    if (more) {
        list->at = more;
        more[list->count++] = dict;
    } else {
        object_release(dict);
    }
    return accel_error_status();
}

static accel_status read_models(state_reader *r)
{
    char name[LAYOUT_NAME];
    size_t wanted = state_part_count(r->f, ACCEL_PREPARABLE_MODULE);
    size_t safe = layout_count(r->folder, "model", ".safetensors");
    size_t pickled = safe ? 0 : layout_count(r->folder, "pytorch_model", ".bin");
    if (check_count(r, safe + pickled, wanted, "model", "prepared") != ACCEL_OK)
        return accel_error_status();
    for (size_t i = 0; i < wanted && !accel_error_is_set(); i++)
        add_dict(&r->models, read_file(r,
                                       safe ? layout_name(name, "model", i, ".safetensors")
                                            : layout_name(name, "pytorch_model", i, ".bin"),
                                       weights_read));
    return accel_error_status();
}

static accel_status read_kind(state_reader *r, dict_list *list, const char *kind, accel_preparable_kind part)
{
    char name[LAYOUT_NAME];
    size_t wanted = state_part_count(r->f, part);
    if (accel_error_is_set() ||
        check_count(r, layout_count(r->folder, kind, ".bin"), wanted, kind, "prepared") != ACCEL_OK)
        return accel_error_status();
    for (size_t i = 0; i < wanted && !accel_error_is_set(); i++)
        add_dict(list, read_file(r, layout_name(name, kind, i, ".bin"), pickle_dict_read));
    return accel_error_status();
}

static accel_status read_objects(state_reader *r)
{
    char name[LAYOUT_NAME];
    size_t wanted = r->f->state.object_count, saved = layout_count_numbered(r->folder, LAYOUT_OBJECT, ".pkl");
    if (accel_error_is_set() || check_count(r, saved, wanted, "object", "registered") != ACCEL_OK)
        return accel_error_status();
    for (size_t i = 0; i < wanted && !accel_error_is_set(); i++)
        add_dict(&r->objects, read_file(r, layout_numbered(name, LAYOUT_OBJECT, i, ".pkl"), pickle_dict_read));
    return accel_error_status();
}

static accel_status read_scaler(state_reader *r)
{
    bool there = layout_has(r->folder, "scaler.pt");
    if (accel_error_is_set() || (r->f->precision != ACCEL_FP16 && !there))
        return accel_error_status();
    if (there && r->f->precision == ACCEL_FP16)
        r->scaler = read_file(r, "scaler.pt", pickle_dict_read);
    else
        accel_log_line(ACCEL_LOG_WARNING, "%s: %s: the scale of the loss is %s", loading, r->folder,
                       there ? "left out, since mixed_precision is not fp16" : "not in it, and begins anew");
    return accel_error_status();
}

/* The file of this process, or else of the first one that has one there: 0's, where machines do not have disks of their own. -1: there is
   none. */
static int64_t find_numbered(const state_reader *r, const char *kind, const char *ending)
{
    char name[LAYOUT_NAME];
    int64_t rank = r->f->ranks.rank;
    return layout_has(r->folder, layout_numbered(name, kind, (size_t)rank, ending))
               ? rank
               : layout_first_numbered(r->folder, kind, ending);
}

static accel_status raise_missing(const state_reader *r, const char *kind, int64_t number, const char *ending)
{
    char name[LAYOUT_NAME];
    return accel_error_raise(ACCEL_ENOTFOUND, loading, "%s: %s is missing", r->folder,
                             layout_numbered(name, kind, (size_t)number, ending));
}

/* This process's file, where as many processes saved the state; otherwise another's. Python's states have none. */
static accel_status read_process(state_reader *r)
{
    char name[LAYOUT_NAME];
    int64_t rank = r->f->ranks.rank,
            found = accel_error_is_set() ? -1 : find_numbered(r, LAYOUT_PROCESS, ".bin");
    if (accel_error_is_set() || (found < 0 && !layout_has(r->folder, MANIFEST_NAME)))
        return accel_error_status();
    if (found < 0)
        return raise_missing(r, LAYOUT_PROCESS, rank, ".bin");
    r->process = read_file(r, layout_numbered(name, LAYOUT_PROCESS, (size_t)found, ".bin"), pickle_dict_read);
    accel_tensor *processes = r->process ? state_get(r->process, "num_processes", loading) : NULL;
    r->own_process = processes && accel_item_integer(processes) == r->f->ranks.world_size;
    if (r->own_process && found != rank)
        return raise_missing(r, LAYOUT_PROCESS, rank, ".bin");
    return r->process ? state_process_check(r->f, r->process, r->own_process) : accel_error_status();
}

static accel_status read_random(state_reader *r)
{
    char name[LAYOUT_NAME];
    int64_t rank = r->f->ranks.rank,
            found = accel_error_is_set() ? -1 : find_numbered(r, LAYOUT_RANDOM, ".pkl");
    if (accel_error_is_set())
        return accel_error_status();
    r->own_random = found == rank;
    if (!r->own_random && (r->own_process || found < 0))
        return raise_missing(r, LAYOUT_RANDOM, rank, ".pkl");
    r->random = read_file(r, layout_numbered(name, LAYOUT_RANDOM, (size_t)found, ".pkl"), random_states_read);
    return accel_error_status();
}

/* Neither this library's nor Python's. */
static accel_status check_there(const state_reader *r)
{
    if (layout_has(r->folder, MANIFEST_NAME) || layout_first_numbered(r->folder, LAYOUT_RANDOM, ".pkl") >= 0 ||
        accel_error_is_set())
        return accel_error_status();
    return accel_error_raise(ACCEL_ENOTFOUND, loading, "%s: has no training state", r->folder);
}

static accel_status read_all(state_reader *r)
{
    if (check_there(r) != ACCEL_OK)
        return accel_error_status();
    read_models(r);
    read_kind(r, &r->optimizers, "optimizer", ACCEL_PREPARABLE_OPTIMIZER);
    read_kind(r, &r->schedulers, "scheduler", ACCEL_PREPARABLE_SCHEDULER);
    read_scaler(r);
    read_objects(r);
    read_process(r);
    return read_random(r);
}

/* ---- looking ---- */

static accel_status check_models(const state_reader *r)
{
    for (size_t i = 0; i < r->models.count && !accel_error_is_set(); i++)
        module_check_state_dict(state_part(r->f, ACCEL_PREPARABLE_MODULE, i)->handle, r->models.at[i]);
    return accel_error_status();
}

static accel_status take_optimizers(state_reader *r)
{
    if (!accel_error_is_set())
        r->takings = memory_alloc(r->optimizers.count, sizeof *r->takings);
    for (size_t i = 0; i < r->optimizers.count && !accel_error_is_set(); i++)
        r->takings[i] =
            optimizer_take_state(state_part(r->f, ACCEL_PREPARABLE_OPTIMIZER, i)->handle, r->optimizers.at[i]);
    return accel_error_status();
}

static accel_status check_schedulers(const state_reader *r)
{
    for (size_t i = 0; i < r->schedulers.count && !accel_error_is_set(); i++)
        scheduler_check_state(state_part(r->f, ACCEL_PREPARABLE_SCHEDULER, i)->handle, r->schedulers.at[i]);
    return accel_error_status();
}

/* It is tried on a copy. */
static accel_status check_scaler(const state_reader *r)
{
    scaler copy = r->f->scaler;
    if (r->scaler && !accel_error_is_set())
        scaler_load_state_dict(&copy, r->scaler);
    return accel_error_status();
}

/* It is tried, and taken back. */
static accel_status check_random(const state_reader *r)
{
    accel_tensor *before = accel_generator_state(NULL);
    if (before && accel_generator_set_state(NULL, state_get(r->random, "torch", loading)) == ACCEL_OK)
        accel_generator_set_state(NULL, before);
    return accel_error_status();
}

/* What does not fit is not these things' state, whatever it fails at. */
static accel_status check_all(state_reader *r)
{
    RETURN_STATUS_IF_FAILED();
    check_models(r);
    take_optimizers(r);
    check_schedulers(r);
    check_scaler(r);
    check_random(r);
    accel_error error;
    if (accel_error_status() != ACCEL_EINVAL && accel_error_status() != ACCEL_ENOTFOUND)
        return accel_error_status();
    error_take(&error);
    return accel_error_raise(ACCEL_EMISMATCH, loading, "%s, in %s", error.message, r->folder);
}

state_reader *state_reader_open(facade *f, const char *folder)
{
    RETURN_NULL_IF_FAILED();
    state_reader *r = memory_alloc(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (state_reader){.f = f, .folder = folder};
    accel_scoped() {
        if (read_all(r) == ACCEL_OK)
            check_all(r);
    }
    if (!accel_error_is_set())
        return r;
    state_reader_close(r);
    return NULL;
}

static void free_list(dict_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        object_release(list->at[i]);
    memory_free(list->at);
}

void state_reader_close(state_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; r->takings && i < r->optimizers.count; i++)
        optimizer_leave_state(r->takings[i]);
    memory_free(r->takings);
    free_list(&r->models);
    free_list(&r->optimizers);
    free_list(&r->schedulers);
    free_list(&r->objects);
    object_release(r->scaler);
    object_release(r->random);
    object_release(r->process);
    memory_free(r);
}

/* ---- into place ---- */

static accel_status apply_objects(const state_reader *r)
{
    for (size_t i = 0; i < r->objects.count && !accel_error_is_set(); i++) {
        callback running;
        const accel_checkpointable *c = &r->f->state.objects[i];
        callback_begin(&running, CALLBACK_STATE, &r->f->state);
        accel_status status = c->load_state_dict(c->user, r->objects.at[i]);
        callback_end(&running);
        if (status != ACCEL_OK && !accel_error_is_set())
            accel_error_raise(status, loading,
                              "load_state_dict of \"%s\" came back with this and recorded nothing", c->name);
    }
    return accel_error_status();
}

static accel_status keep_python(const state_reader *r)
{
    static const char *const names[] = {"python",         "python_gauss",    "numpy",
                                        "numpy_position", "numpy_has_gauss", "numpy_gauss"};
    accel_dict *dict = accel_dict_create();
    for (size_t i = 0; dict && i < sizeof names / sizeof names[0]; i++)
        if (accel_dict_has(r->random, names[i]))
            accel_dict_set(dict, names[i], accel_dict_get(r->random, names[i]));
    if (!accel_error_is_set() && accel_dict_has(dict, "python") && accel_dict_has(dict, "numpy")) {
        object_release(r->f->state.python);
        r->f->state.python = object_retain(dict);
    }
    accel_free(dict);
    return accel_error_status();
}

static accel_status apply_gpus(const state_reader *r)
{
    int gpus = accel_device_is(r->f->device, accel_device_cpu()) ? 0 : accel_device_count(ACCEL_CUDA);
    for (int i = 0; i < gpus && !accel_error_is_set(); i++) {
        char name[32];
        snprintf(name, sizeof name, "cuda.%d", i);
        if (!accel_dict_has(r->random, name))
            break;
        accel_generator *generator = accel_generator_of_device(accel_device_cuda(i));
        accel_generator_set_state(generator, accel_dict_get(r->random, name));
        accel_free(generator);
    }
    return accel_error_status();
}

/* A process that there was not begins its stream at a number drawn from process 0's, and its own. */
static accel_status apply_random(const state_reader *r)
{
    if (accel_error_is_set() ||
        accel_generator_set_state(NULL, state_get(r->random, "torch", loading)) != ACCEL_OK)
        return accel_error_status();
    if (!r->process && accel_dict_has(r->random, "step")) /* all processes count alike */
        r->f->window.step = accel_item_integer(accel_dict_get(r->random, "step"));
    if (!r->own_random)
        return accel_set_seed((uint64_t)accel_generator_draw(NULL) + (uint64_t)r->f->ranks.rank);
    return apply_gpus(r) == ACCEL_OK ? keep_python(r) : accel_error_status();
}

accel_status state_reader_apply(state_reader *r)
{
    RETURN_STATUS_IF_FAILED();
    accel_scoped() {
        for (size_t i = 0; i < r->models.count && !accel_error_is_set(); i++)
            accel_load_state_dict(state_part(r->f, ACCEL_PREPARABLE_MODULE, i)->handle, r->models.at[i]);
        for (size_t i = 0; i < r->optimizers.count && !accel_error_is_set(); i++, r->takings[i - 1] = NULL)
            optimizer_put_state(r->takings[i]);
        for (size_t i = 0; i < r->schedulers.count && !accel_error_is_set(); i++)
            accel_scheduler_load_state_dict(state_part(r->f, ACCEL_PREPARABLE_SCHEDULER, i)->handle,
                                            r->schedulers.at[i]);
        if (r->scaler)
            scaler_load_state_dict(&r->f->scaler, r->scaler);
        if (apply_objects(r) == ACCEL_OK && r->process)
            state_process_apply(r->f, r->process, r->own_process);
        apply_random(r);
    }
    if (accel_error_is_set())
        error_append(", in %s", r->folder);
    else if (!r->process && state_part_count(r->f, ACCEL_PREPARABLE_LOADER) > 0)
        accel_log_line(ACCEL_LOG_INFO,
                       "%s: %s: is Python's, which has no place of loaders: they begin an epoch", loading,
                       r->folder);
    return accel_error_status();
}
