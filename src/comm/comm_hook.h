/* What is done to messages of gradients in this language: functions of the program, PowerSGD, compression inside of a wrapper. */
#ifndef ACCEL_COMM_COMM_HOOK_H
#define ACCEL_COMM_COMM_HOOK_H

#include "comm/bucket.h"
#include "comm/data_parallel.h"

typedef struct comm_hook comm_hook;

/* What the options ask for, for one model; everything in `source` outlives it. Whether they ask for anything that the engine does
   not do by itself is comm_hook_is_needed. */
comm_hook *comm_hook_create(const bucket_source *source, const data_parallel *options);
void comm_hook_free(comm_hook *h); /* NULL does nothing */
bool comm_hook_is_needed(const data_parallel *options);

/* Ends what functions have kept in the pass; NULL does nothing. */
void comm_hook_end_pass(comm_hook *h);

/* The engine's hook, with a comm_hook as `user`. */
engine_comm_hook comm_hook_run;

/* The dtype of fp16 and bf16. */
accel_dtype comm_hook_dtype(accel_comm_hook kind);

#endif
