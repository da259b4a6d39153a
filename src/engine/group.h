/* Processes that compute together, plain C: a store where they meet, collective operations, and gradients that are
 * reduced while a backward pass still runs.
 *
 * A group has channels whose operations do not wait for each other: one for engine_all_gather and its like, and one for
 * each reducer. On each, every process issues the same operations in the same order.
 */
#ifndef ACCEL_ENGINE_GROUP_H
#define ACCEL_ENGINE_GROUP_H

#include "engine/engine.h"
#include "engine/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the store: names and short texts that all processes see ---- */

typedef struct engine_store engine_store;

typedef struct engine_store_options {
    const char *host;
    int port;
    bool serves;        /* whether this process runs the store; the others connect to it */
    int listen_fd;      /* a socket that listens on the port already, which is taken; -1: none */
    const char *prefix; /* of every name; "" for none */
    int64_t timeout_ms;
} engine_store_options;

engine_store *engine_store_open(const engine_store_options *options);
/* The names that begin with `prefix`. */
engine_store *engine_store_part(engine_store *store, const char *prefix);
void engine_store_free(engine_store *store); /* NULL does nothing */
void engine_store_set_timeout(engine_store *store, int64_t timeout_ms);
accel_status engine_store_set(engine_store *store, const char *name, const char *value);
/* Waits until there is one. */
accel_status engine_store_get(engine_store *store, const char *name, char *value, size_t capacity);

/* ---- the group ---- */

typedef struct engine_group engine_group;

typedef struct engine_group_options {
    engine_store *store; /* borrowed */
    int rank, size;
    const char *address;              /* of this process, that the others reach it by */
    const char *interface;            /* a network interface that decides instead; NULL: none */
    int64_t timeout_ms;               /* how long an operation waits for the others */
    accel_device device;              /* of this process: tensors on its GPU travel between GPUs */
    const transport_table *transport; /* between CPUs; NULL: Gloo */
} engine_group_options;

/* A group that can be aborted, then its connections to the others. The store outlives it. */
engine_group *engine_group_create(const engine_group_options *options);
accel_status engine_group_connect(engine_group *group);

/* NULL does nothing. One that failed keeps its threads, which may be waiting for ever, until the process ends. */
void engine_group_free(engine_group *group);

/* Ends what is under way with this failure, and everything later. From any thread; only the first one counts. */
void engine_group_abort(engine_group *group, accel_status status, const char *message);

/* The same for what comes after so many operations, since some process makes no more: also for what is under way beyond
   them already. */
void engine_group_limit(engine_group *group, uint64_t number, accel_status status, const char *message);

/* Lets go of the tensors of operations on GPUs that have completed; otherwise the next operation does. */
void engine_group_forget_completed(engine_group *group);

/* The operations issued so far, on all channels. */
uint64_t engine_group_issued(engine_group *group);

enum { ENGINE_REDUCERS = 8 };

/* How far a process is: the calls that it has begun, and of its first reducers the rounds, each with the calls that there
   were when the last one began. Processes that run the same program are at the same place in both. */
typedef struct engine_progress {
    bool waits; /* operations are under way */
    int last;   /* the reducer that began a round since the last call, from 1; 0: none */
    uint64_t calls;
    struct {
        uint64_t rounds, calls;
    } reducers[ENGINE_REDUCERS];
} engine_progress;

/* From any thread. */
engine_progress engine_group_progress(engine_group *group);

/* In place, or into `out`, (size · D0, …) for `in`, (D0, …). All contiguous, and on the CPU or the group's device; complete when
   these return. */
accel_status engine_all_gather(engine_group *group, const char *call, accel_tensor *out, accel_tensor *in);
/* engine_all_gather of little between few, on the CPU: all but this process's own part, straight from each to each. */
accel_status engine_exchange(engine_group *group, const char *call, accel_tensor *out, accel_tensor *in);
accel_status engine_all_reduce(engine_group *group, const char *call, accel_tensor *tensor);
accel_status engine_broadcast(engine_group *group, const char *call, accel_tensor *tensor, int root);

/* ---- gradients ---- */

typedef struct engine_reducer engine_reducer;

/* The channel that the next reducer gets: a new one, or that of one that was freed, and the operations that it has carried. Both
   are the same in all processes. */
typedef struct engine_channel {
    size_t index;
    uint64_t operations;
} engine_channel;
engine_channel engine_group_next_channel(engine_group *group);

/* A channel for one model's parameters. The group outlives it. */
engine_reducer *engine_reducer_create(engine_group *group);

/* Several tensors, packed into large messages, in place. */
accel_status engine_reducer_broadcast(engine_reducer *reducer, const char *call, accel_tensor *const *tensors,
                                      size_t count, int root);

/* A message: gradients of one dtype, which this process alone has. */
typedef struct engine_bucket {
    engine_payload buffer; /* (N), one after another: taken */
    size_t index;
    bool is_last;             /* of the round */
    const size_t *parameters; /* whose they are, by index, in the order of the buffer */
    size_t count;
} engine_bucket;

/* Gives the averages over the processes, (N), of that dtype; NULL on failure, recorded. Called on a thread of the backward pass,
   for one message after another. */
typedef engine_payload engine_comm_hook(const engine_bucket *bucket, void *user);

/* How gradients are averaged: DistributedDataParallel's options of these names. */
typedef struct engine_reducer_options {
    size_t first_bucket_bytes, bucket_bytes; /* of a message: of the first one of a pass, of the others */
    bool find_unused_parameters, static_graph, gradient_as_bucket_view;
    bool compresses;        /* messages travel as `compressed` */
    accel_dtype compressed; /* a floating one */
    engine_comm_hook *hook; /* instead of all that; NULL: none */
    void *hook_user;
} engine_reducer_options;

/* From now on, averages the gradients of these parameters over the group while a backward pass runs, and over as many
   passes as it takes to reach all of them once: a round. With find_unused_parameters or static_graph a pass is a round, since
   parameters that it does not reach count as unused. Every broadcast is a round, too. A gradient that comes while `averages`
   says no is an error; `begins` is asked at each beginning of a round, and false with the reason recorded ends the pass; `names`
   are for messages. */
typedef struct engine_reducer_parameters {
    accel_tensor *const *tensors;
    const char *const *names;
    size_t count;
    bool (*averages)(void *user);
    bool (*begins)(void *user);
    void *user;
    engine_reducer_options options;
} engine_reducer_parameters;
accel_status engine_reducer_start(engine_reducer *reducer, const engine_reducer_parameters *parameters);

/* The sum over the processes, in place: for hooks, while they are called. Contiguous, and where the parameters are. */
accel_status engine_reducer_all_reduce(engine_reducer *reducer, const char *call, accel_tensor *tensor);

void engine_reducer_free(engine_reducer *reducer); /* NULL does nothing */
/* Whether gradients that come from now on are averaged, as at first, or only added up here. */
void engine_reducer_set_averaging(engine_reducer *reducer, bool averaging);
/* Whether some were only added up, and no round has ended since. */
bool engine_reducer_has_held(engine_reducer *reducer);
/* Before a backward pass, and NULL after it: where it starts from. */
accel_status engine_reducer_set_loss(engine_reducer *reducer, accel_tensor *loss);
/* Takes part in a round of the others without a backward pass: with the gradients that there are, zeros where there are none. */
accel_status engine_reducer_follow(engine_reducer *reducer, const char *call);
/* Whether no round is under way: all gradients are averaged. */
bool engine_reducer_is_complete(engine_reducer *reducer);
/* Whether the round under way has reached the parameter of that index, or does not wait for it. */
bool engine_reducer_has_reached(engine_reducer *reducer, size_t index);

#ifdef __cplusplus
}
#endif

#endif
