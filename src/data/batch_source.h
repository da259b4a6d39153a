/* Where a loop's batches come from. What each is made of is claimed in order, one after another; making them goes on side
 * by side.
 */
#ifndef ACCEL_DATA_BATCH_SOURCE_H
#define ACCEL_DATA_BATCH_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/dict.h>

/* The batches that all processes have at once, side by side in the order of their ranks. Samples that were added to fill
   them come after all others. */
typedef struct batch_round {
    int64_t share; /* rows of each process's batch */
    int64_t real;  /* rows of all of them that were not added */
    bool is_whole; /* every process has its share; otherwise the last ones have what is left, or nothing */
    const int64_t *
        rows; /* of each process, where batches have sizes of their own: borrowed while the loop runs; else NULL */
} batch_round;

/* Rows of a process's batch; 0: it has none. */
int64_t batch_round_rows(const batch_round *r, int rank);

/* What a batch is made of. */
typedef struct batch_claim {
    batch_round round;
    int rank;      /* whose batch it is */
    int64_t first; /* its place in what the source has, if that has places */
    size_t count;
    void *items; /* taken by `make` or `drop` */
} batch_claim;

typedef struct batch_source {
    void *user;
    const void *owner; /* of the functions of the program that it calls */
    /* False: none is left, or a failure is recorded. One call at a time. */
    bool (*claim)(void *user, batch_claim *claim);
    accel_dict *(*make)(void *user, batch_claim *claim); /* new. Several at once */
    void (*drop)(void *user, batch_claim *claim);        /* what will not be made; NULL: nothing to do */
    void (*interrupt)(void *user);                       /* a claim is not to wait any more; NULL: none waits */
    void (*end)(void *user);
} batch_source;

#endif
