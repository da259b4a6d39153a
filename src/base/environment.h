/* What a launcher tells a process through environment variables: the names are the ecosystem's. */
#ifndef ACCEL_BASE_ENVIRONMENT_H
#define ACCEL_BASE_ENVIRONMENT_H

#include <stdbool.h>

#include <accel/error.h>

/* Which process this is among all, and among those of its machine. */
typedef struct environment_ranks {
    int rank, world_size;
    int local_rank, local_world_size;
    const char *size_variable; /* where world_size stands; static */
} environment_ranks;

/* RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, or what Open MPI, PMI and Slurm call them; one process alone where all
   are unset. */
accel_status environment_read_ranks(environment_ranks *ranks);

/* A truth value: y yes t true on 1, n no f false off 0, in any case; `unset` where the variable is unset or empty.
   Anything else is an error. */
accel_status environment_read_flag(const char *name, bool unset, bool *value);

#endif
