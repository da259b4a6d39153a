/* What an accelerator knows of states that are saved and loaded. */
#ifndef ACCEL_ACCELERATOR_STATE_H
#define ACCEL_ACCELERATOR_STATE_H

#include <accel/state.h>

typedef struct state_hook {
    accelerator_state_hook *function;
    void *user;
    bool loads; /* before a load; otherwise before a save */
} state_hook;

typedef struct training_state {
    accel_checkpointable *objects; /* with names of their own */
    size_t object_count;
    state_hook *hooks;
    size_t hook_count;
    int64_t iteration;        /* the number of the next one of the series */
    accel_dict *python;       /* retained: what only Python draws from, as it was loaded; NULL: never */
    struct state_save *saves; /* under way; NULL: none */
} training_state;

struct facade;

void training_state_dispose(training_state *s);

/* Waits for the save that is under way and records its failure; when this thread's record is set, the save does not wait for other
   processes any more. */
accel_status training_state_settle(training_state *s);

/* The same at the beginning of a call of all: the failure is taken out, to be recorded again between group_begin and group_end, so that
   it costs the call and not the group. */
void training_state_settle_apart(training_state *s, accel_error *failure);

/* Calls the hooks. */
accel_status training_state_run_hooks(training_state *s, accelerator *acc, bool loads, const char *folder);

#endif
