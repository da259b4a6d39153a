/* The accelerator as the files of this room see it. */
#ifndef ACCEL_ACCELERATOR_FACADE_H
#define ACCEL_ACCELERATOR_FACADE_H

#include <pthread.h>
#include <sys/types.h>

#include <accel/accelerator.h>

#include "accelerator/placement.h"
#include "accelerator/state.h"
#include "base/buffer.h"
#include "base/environment.h"
#include "base/object.h"
#include "comm/feed.h"
#include "comm/gradients.h"
#include "comm/group.h"
#include "engine/autocast.h"
#include "precision/scaler.h"
#include "track/trackers.h"

typedef struct facade facade;

/* An accelerator_local_sgd block around a model. */
typedef struct local_sgd {
    bool open;
    int64_t period;  /* steps between two means; 0: there are none */
    int64_t steps;   /* in the block so far */
    int64_t resumed; /* in the block that a state was saved in: the next one begins with them */
} local_sgd;

/* What a module was prepared with. */
typedef struct prepared_module {
    uint64_t number;      /* how many were prepared before it */
    gradients *gradients; /* where processes train together; NULL for none */
    accel_mixed_precision precision;
    accel_device_type device; /* that its forwards run on */
    local_sgd local;
} prepared_module;

/* What an optimizer was prepared with. */
typedef struct prepared_optimizer {
    facade *facade;
    accel_optimizer *optimizer;
    float scale;   /* that its gradients are multiplied by */
    bool unscaled; /* since the last backward pass: by 1 */
    bool finite;   /* they were then */
    bool skipped;  /* the last step */
} prepared_optimizer;

/* A thing that was prepared, and what of this room goes with it. */
typedef struct prepared {
    accel_preparable_kind kind;
    void *handle;                  /* retained */
    prepared_module *module;       /* of a module */
    prepared_optimizer *optimizer; /* of an optimizer */
    feed *feed;                    /* of a loader that process 0 reads for all */
    placement *before;             /* of a module that is moved, until all is prepared */
} prepared;

typedef struct old_gradient old_gradient;

/* The micro-batches whose gradients are added up for one step. */
typedef struct window {
    int64_t step;    /* micro-batches begun, as the reference counts them */
    int64_t length;  /* of this window so far */
    int64_t divisor; /* of a loss that comes with no number of items */
    bool inside;     /* of a micro-batch's block */
    bool syncs;      /* the micro-batch at hand is its last one */
    bool counted;    /* the micro-batch at hand had a loss with a number of items */
    bool counts;     /* its losses come with a number of items, which may be 0 */
    int64_t items;   /* in this process's losses of this window; -1: they came without a number */
    double base;     /* items whose gradient has weight 1 until their sum is known */
} window;

struct facade {
    accelerator_options options;
    accel_mixed_precision precision;
    scaler scaler; /* where precision is ACCEL_FP16 */
    data_parallel data_parallel;
    float loss_scale; /* of the last loss: what it left in gradients has that scale; 1 before there is one */
    window window;
    old_gradient *old; /* what gradients there were when it began */
    size_t old_count;
    environment_ranks ranks;
    accel_device device; /* of this process */
    accel_scope *scope;  /* the root */
    pthread_t thread;    /* whose it is */
    pid_t process;
    group *group; /* NULL: this process trains alone */
    prepared *prepared;
    size_t prepared_count,
        prepared_least;      /* least: the fewest there were since the run under way began: those stay when it
                                              is taken back */
    uint64_t modules;        /* that were prepared, forgotten ones too */
    bool triggered;          /* by accelerator_set_trigger */
    struct profile *profile; /* the last one; NULL: none */
    buffer said;             /* what accelerator_warning_once has logged: each text and its zero byte */
    char *project_dir;       /* NULL: none */
    training_state state;
    bool watches_preemption;
    trackers trackers;
};

/* The accelerator behind a handle; NULL with the reason recorded. */
facade *facade_of(accelerator *acc, const char *call);

/* The same for what only its own thread may call. */
facade *facade_of_own(accelerator *acc, const char *call);

/* The same without a word where it has ended, for the ends of blocks. */
facade *facade_if_live(accelerator *acc);

/* What was prepared of that handle; NULL for nothing. */
prepared *facade_find_prepared(const facade *f, const void *handle);

/* The same of a module; NULL with the reason recorded. */
prepared *facade_find_module(const facade *f, accel_module *module, const char *call);

/* What averages the gradients of a module that was prepared; NULL where nothing does, or it is no module. */
static inline gradients *prepared_gradients(const prepared *p)
{
    return p->module ? p->module->gradients : NULL;
}

/* The group that averages gradients; NULL when nobody's are. */
group *facade_gradients_group(const facade *f);

/* The handles' part in processes, mixed precision and accumulation, from prepare to finish. */
void module_begin(prepared *item);
void module_end(prepared *item);
accel_status optimizer_begin(facade *f, prepared *item);
void optimizer_end(prepared *item);
void scheduler_begin(facade *f, prepared *item);
bool loader_is_dispatched(const facade *f, accel_loader *loader);
accel_status loader_check(const facade *f, accel_loader *loader);
accel_status loader_share(facade *f, prepared *item); /* may fail; loader_begin does not */
void loader_begin(facade *f, prepared *item, int64_t seed);
void loader_end(prepared *item);

/* Before loader_end, where the others may still be in a loop that this process has ended. */
void loaders_settle(facade *f);

/* Before a backward pass whose loss is multiplied by `scale`, which loss_scale becomes: gradients that are there already are,
   too. */
accel_status optimizers_rescale(facade *f, float scale);

/* The scale that a parameter's gradient has. */
float optimizers_scale_of(const facade *f, const accel_tensor *parameter);

/* Where a collective call starts: what the steps before left undone is an error. */
accel_status facade_check_gradients(facade *f, const char *call);

/* Before a backward pass, and NULL after it: what it starts from, for all that average gradients. */
void facade_set_loss(facade *f, accel_tensor *loss);

/* facade_of for such a call, which comes back with that error recorded. */
facade *facade_of_all(accelerator *acc, const char *call);

/* As group_begin for a process that comes with a failure of its own: it is recorded again in the call, and costs that and not the
   group. */
bool facade_begin(facade *f, const char *call);

/* accelerator_share_error under another name. */
accel_status facade_share_error(facade *f, const char *call);

/* accelerator_gather under another name. */
accel_tensor *facade_gather(accelerator *acc, accel_tensor *tensor, const char *call);

/* What the options say about trackers. */
accel_status facade_make_trackers(facade *f);

/* Ends what was prepared, except the first ones. */
void facade_release_prepared(facade *f, size_t except);

#endif
