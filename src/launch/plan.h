/* What is to run on this machine. */
#ifndef ACCEL_LAUNCH_PLAN_H
#define ACCEL_LAUNCH_PLAN_H

#include <stdbool.h>

#include <accel/error.h>
#include <accel/spawn.h>

struct choices;

enum { PLAN_PROCESSES_MAX = 1024 }; /* of one machine */

/* Which of a process's streams is meant; both may be added up. */
enum { PLAN_STREAM_OUTPUT = 1, PLAN_STREAM_ERROR = 2 };

/* Defaults, for settings and for who makes a plan without them. */
#define PLAN_SHUTDOWN_TIMEOUT 30 /* seconds */
#define PLAN_PEERS_TIMEOUT 2     /* seconds */
#define PLAN_PORT 29500          /* as the reference's */
#define PLAN_ROLE "default"

typedef struct launch_plan {
    int num_processes;              /* of this machine, from 1 to PLAN_PROCESSES_MAX */
    int world_size, first_rank;     /* of all machines; 0: num_processes, from 0 */
    int num_machines, machine_rank; /* 0: one alone */
    bool alone;                     /* one process, which finds its rank as it would without a launcher */
    const char *type;               /* what a file's distributed_type would be; NULL: nobody asked */
    bool cpu;                       /* whatever devices there are */
    int threads;                    /* of each process; 0: it shares the cores out by itself */
    const char *address;            /* where rank 0 is met; NULL: on this machine */
    int port;                       /* 0: any that is free */
    bool any_port;                  /* or any that is free, where that one is taken */
    char **environment;             /* NAME=VALUE for every process, NULL at the end; NULL: none */
    const char *role;               /* NULL: PLAN_ROLE */
    int max_restarts;
    /* Of each process, whose lines are marked with its rank; NULL: none. Who asks for it ignores SIGPIPE. */
    unsigned char *tee;
    unsigned char *redirects; /* of each process, what goes into its file alone; NULL: none */
    bool *shown;              /* of each process, whether what it writes is shown; NULL: all */
    const char *log_dir;      /* NULL: none */
    bool quiet;
    double shutdown_timeout; /* seconds between being asked to end and being killed */
    double peers_timeout;    /* and between the failure of another and being asked; at most shutdown_timeout */
    bool python;             /* a script of Python */
    char **command;          /* a program as execvp takes it; NULL: the function runs instead */
    accel_spawn_function *function; /* in a copy of this process */
    void *user;
} launch_plan;

static inline int plan_world_size(const launch_plan *plan)
{
    return plan->world_size ? plan->world_size : plan->num_processes;
}

/* What was chosen, for a program and its arguments, which are borrowed. Fails, in one sentence, for what does not go together or is
   not supported; warns, unless told to be quiet, of each flag and key that has no effect. plan_dispose either way. */
accel_status plan_make(launch_plan *plan, const struct choices *c, char **words);

/* The same of some script of Python, without the command line: for what is only shown. Warns of nothing. */
accel_status plan_make_values(launch_plan *plan, const struct choices *c);

void plan_dispose(launch_plan *plan);

/* Whether a flag says how it is trained; or else the file's distributed_type. */
bool plan_type_is_typed(const struct choices *c);
bool plan_uses_file_type(const struct choices *c);

#endif
