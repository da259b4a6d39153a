/* What every process is about to do, compared before data moves: a wrong shape or another call is then the same error in
 * all processes, and never a hang or garbage. Small data rides along with the comparison; so does the failure of a process
 * that cannot make the call, which then fails everywhere, and costs nothing but the call.
 */
#ifndef ACCEL_COMM_CALL_H
#define ACCEL_COMM_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "comm/group.h"
#include "engine/engine.h"

enum { CALL_NAME = 48, CALL_OPTION = 16, CALL_VALUE = 16, CALL_DIMENSIONS = 8, CALL_PAYLOAD = 1856 };

/* What the processes do together after the comparison. */
typedef enum call_sequel {
    CALL_NOTHING,
    CALL_GATHER,    /* of the tensor */
    CALL_REDUCE,    /* of the tensor */
    CALL_BROADCAST, /* of the tensor, from process `subject` */
    CALL_GRADIENTS, /* a round of the model of number `subject` */
    CALL_BUFFERS,   /* of that model, from the first process that is present */
} call_sequel;

/* One process's part of a call: all of it up to `gpu` is the same in every process. */
typedef struct call_frame {
    char name[CALL_NAME];
    char option[CALL_OPTION],
        value[CALL_VALUE]; /* an argument besides the data, in words: `reduction`, `"sum"` */
    int32_t dtype, rank;   /* dtype -1: no data */
    int64_t sizes[CALL_DIMENSIONS];
    double scale;
    int32_t sequel, subject;
    int32_t
        joined; /* whether the process has run out of work, and goes along with what the others do: see joining.h */
    int32_t status;          /* of a process that cannot make the call; `payload` says why, zero-ended */
    group_progress progress; /* filled in by call_exchange */
    int32_t device;          /* the accel_device_type that data travel between, or would if there were more */
    int32_t gpu;             /* where the tensor is, which need not be the same; -1: on the CPU */
    unsigned char payload[CALL_PAYLOAD];
} call_frame;

/* A call without data. */
void call_name(call_frame *frame, const char *name);

/* An argument besides the data, which must be the same in every process; `format` as printf. */
void call_option(call_frame *frame, const char *option, const char *format, ...) ACCEL_PRINTF(3, 4);

/* A call about a tensor of at most CALL_DIMENSIONS that is contiguous. On the CPU its data ride along where they fit:
   `*inlined` tells. */
accel_status call_describe(call_frame *frame, accel_tensor *tensor, bool *inlined);

/* A device as frames have it in `gpu`. */
int32_t call_gpu(accel_device device);

/* Every process's frame, by rank: new, free with memory_free. NULL with the reason recorded: ACCEL_EMISMATCH for calls that
   differ, or what failed in one of them. This thread's record, when it is set, is this process's failure. Between
   group_begin and group_end. Of processes that have joined nothing is compared; group_is_present tells who they are. */
call_frame *call_exchange(group *g, const call_frame *frame);

/* The frame of the first process that is present; NULL for none. */
const call_frame *call_first_present(group *g, const call_frame *frames);

/* Of a process that has joined: as call_exchange, but what the others disagree about is not its failure. `*agreed`: they make
   the same call, and none of them failed. */
call_frame *call_follow(group *g, bool *agreed);

#endif
