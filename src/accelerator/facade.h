/* The accelerator as the files of this room see it. */
#ifndef ACCEL_ACCELERATOR_FACADE_H
#define ACCEL_ACCELERATOR_FACADE_H

#include <pthread.h>
#include <sys/types.h>

#include <accel/accelerator.h>

#include "base/buffer.h"
#include "base/environment.h"
#include "base/object.h"
#include "comm/gradients.h"
#include "comm/group.h"

/* A thing that was prepared, and what of this room goes with it. */
typedef struct prepared {
    accel_preparable_kind kind;
    void *handle;         /* retained */
    gradients *gradients; /* of a module, where processes train together; NULL for none */
} prepared;

typedef struct facade {
    accelerator_options options;
    environment_ranks ranks;
    accel_scope *scope; /* the root */
    pthread_t thread;   /* whose it is */
    pid_t process;
    group *group; /* NULL: this process trains alone */
    prepared *prepared;
    size_t prepared_count;
    buffer said; /* what accelerator_warning_once has logged: each text and its zero byte */
} facade;

/* The accelerator behind a handle; NULL with the reason recorded. */
facade *facade_of(accelerator *acc, const char *call);

bool facade_has_prepared(const facade *f, const void *handle);

/* The group that averages gradients; NULL when nobody's are. */
group *facade_gradients_group(const facade *f);

/* Where a collective call starts: what the steps before left undone is an error. */
accel_status facade_check_gradients(facade *f, const char *call);

/* Ends what was prepared. */
void facade_release_prepared(facade *f);

#endif
