/* What a launcher tells a process through environment variables: the names are the ecosystem's. */
#ifndef ACCEL_BASE_ENVIRONMENT_H
#define ACCEL_BASE_ENVIRONMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <accel/error.h>

#include "base/batch.h"

/* What accelerate launch and torchrun set, and the library reads. */
#define ENVIRONMENT_RANK "RANK"
#define ENVIRONMENT_WORLD_SIZE "WORLD_SIZE"
#define ENVIRONMENT_LOCAL_RANK "LOCAL_RANK"
#define ENVIRONMENT_LOCAL_WORLD_SIZE "LOCAL_WORLD_SIZE"
#define ENVIRONMENT_MASTER_ADDR "MASTER_ADDR"
#define ENVIRONMENT_MASTER_PORT "MASTER_PORT"
#define ENVIRONMENT_USE_CPU "ACCELERATE_USE_CPU"
#define ENVIRONMENT_MIXED_PRECISION "ACCELERATE_MIXED_PRECISION"
#define ENVIRONMENT_GRADIENT_ACCUMULATION_STEPS "ACCELERATE_GRADIENT_ACCUMULATION_STEPS"
#define ENVIRONMENT_THREADS "OMP_NUM_THREADS"
#define ENVIRONMENT_GPUS "CUDA_VISIBLE_DEVICES" /* those that a process sees */
#define ENVIRONMENT_ERROR_FILE                                                                                 \
    "TORCHELASTIC_ERROR_FILE" /* where a process leaves what it failed with, as JSON */
#define ENVIRONMENT_AGENT_STORE "TORCHELASTIC_USE_AGENT_STORE" /* the launcher itself listens on MASTER_PORT */
#define ENVIRONMENT_RESTARTS "TORCHELASTIC_RESTART_COUNT"
#define ENVIRONMENT_LISTEN_FD "ACCEL_MASTER_LISTEN_FD" /* a socket that listens on MASTER_PORT, for rank 0 */
#define ENVIRONMENT_LAUNCHER "ACCEL_LAUNCHER"          /* the process id of accelerate launch */
#define ENVIRONMENT_TIMEOUT "ACCEL_TIMEOUT"            /* seconds that processes wait for each other */
#define ENVIRONMENT_MEETING_TIMEOUT "ACCEL_MEETING_TIMEOUT" /* the same until all are there */
#define ENVIRONMENT_BACKEND "ACCEL_BACKEND"                 /* what carries data between CPUs: gloo, mpi */
#define ENVIRONMENT_LOG_LEVEL "ACCEL_LOG_LEVEL"             /* the lowest level that the default log prints */
#define ENVIRONMENT_REFERENCE_LOG_LEVEL "ACCELERATE_LOG_LEVEL" /* the same where the one above is unset */

/* Which process this is among all, and among those of its machine. */
typedef struct environment_ranks {
    int rank, world_size;
    int local_rank, local_world_size;
    const char *size_variable; /* where world_size stands; static */
    batch_kind job;            /* whose variables these are */
    bool one_machine;          /* something says that all are on this machine */
} environment_ranks;

/* RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, or what Open MPI, PMI and Slurm call them; one process alone where all
   are unset. */
accel_status environment_read_ranks(environment_ranks *ranks);

/* Whether this is the first process of its machine, as far as the environment tells; fails never. */
bool environment_is_local_main(void);

/* Where the processes of a group meet first. */
typedef struct environment_endpoint {
    char host[256];
    int port;
    int listen_fd;   /* a socket that listens there already, for rank 0; -1: none */
    bool agent;      /* the launcher itself runs the store */
    bool of_job;     /* the port comes from the job's number */
    char prefix[64]; /* of every name in the store; "" for none */
} environment_endpoint;

/* MASTER_ADDR and MASTER_PORT, or what the job tells of either where it is unset; a listening socket that was handed down; and
   what torchrun says. */
accel_status environment_read_endpoint(const environment_ranks *ranks, environment_endpoint *endpoint);

/* A number from 1 to 1000000; `unset` where the variable is unset or empty. */
accel_status environment_read_count(const char *name, int64_t unset, int64_t *value);

/* Seconds within these limits; `unset` where the variable is unset or empty. */
#define ENVIRONMENT_SECONDS_MIN 0.001
#define ENVIRONMENT_SECONDS_MAX 1e9
accel_status environment_read_seconds(const char *name, double unset, double *value);

/* A truth value: y yes t true on 1, n no f false off 0, in any case. False for any other text. */
bool environment_parse_flag(const char *text, bool *value);

/* The same of a variable; `unset` where it is unset or empty. Anything else is an error. */
accel_status environment_read_flag(const char *name, bool unset, bool *value);

#endif
