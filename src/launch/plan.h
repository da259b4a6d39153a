/* What is to run on this machine. */
#ifndef ACCEL_LAUNCH_PLAN_H
#define ACCEL_LAUNCH_PLAN_H

#include <stdbool.h>

#include <accel/spawn.h>

enum { PLAN_PROCESSES_MAX = 1024 };

/* Whose lines are marked with their rank; both may be added up. */
enum { PLAN_TEE_OUTPUT = 1, PLAN_TEE_ERROR = 2 };

#define PLAN_SHUTDOWN_TIMEOUT 30 /* seconds */
#define PLAN_PEERS_TIMEOUT 2     /* seconds */

/* Under whose name failures are recorded; the command shows their messages alone. */
#define PLAN_CALL "accelerator_spawn"

typedef struct launch_plan {
    int num_processes;               /* from 1 to PLAN_PROCESSES_MAX */
    int port;                        /* on which rank 0 is met; 0: any that is free */
    bool cpu;                        /* stay on the CPU */
    const char *mixed_precision;     /* as $ACCELERATE_MIXED_PRECISION has it; NULL: nothing is said of it */
    int gradient_accumulation_steps; /* 0: nothing is said of them */
    int tee;                         /* who asks for it ignores SIGPIPE */
    double shutdown_timeout;         /* seconds between being asked to end and being killed */
    double peers_timeout; /* and between the failure of another and being asked; at most shutdown_timeout */
    char *const *command; /* a program as execvp takes it; NULL: the function runs instead */
    accel_spawn_function *function; /* in a copy of this process */
    void *user;
} launch_plan;

#endif
