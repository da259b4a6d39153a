/* Where processes are, as the hub hears it: who is behind, and which two wait for what never comes. */
#ifndef ACCEL_COMM_PLACE_H
#define ACCEL_COMM_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>

#include "base/buffer.h"
#include "engine/group.h"

typedef struct place {
    int rank;
    bool answered;   /* to the last inquiry */
    uint64_t number; /* operations begun */
    bool stuck;      /* once: then `progress` holds what was begun until then */
    engine_progress progress;
    char call[ACCEL_ERROR_CALL_MAX]; /* "": none */
    char last[ACCEL_ERROR_CALL_MAX]; /* the call that ended last; "": none */
} place;

enum { PLACES_SHOWN = 16 };

/* The processes that are behind, in words: those that did not answer, else those with the fewest operations, and of these
   first the ones that are in no call. */
void place_write_report(const place *places, size_t count, buffer *text);

/* Whether two processes have begun different things: one a round where the other is in a later call already. Neither can
   go on then. What was begun stays true, so both may be as of any time. */
bool place_contradicts(const place *a, const place *b);

#endif
