/* The job that srun, mpirun or mpiexec made of several processes: they say who is in it, and not where these meet. */
#ifndef ACCEL_BASE_BATCH_H
#define ACCEL_BASE_BATCH_H

#include <stdbool.h>

typedef enum batch_kind {
    BATCH_NONE, /* of a launcher that says it itself, or of none */
    BATCH_OPEN_MPI,
    BATCH_PMI,
    BATCH_SLURM
} batch_kind;

/* The same in every process of a job. */
typedef struct batch_place {
    char host[256]; /* where process 0 is; "" where nothing says it */
    int port;       /* 0 where nothing tells this job from others */
    char name[48];  /* of no other job: two of them may come to the same port; "" without a port */
} batch_place;

/* What the environment tells of it. one_machine: all its processes are known to be on this one. Fails never. */
void batch_find_place(batch_kind kind, bool one_machine, batch_place *place);

#endif
