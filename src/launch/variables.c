#include "launch/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "launch/endpoint.h"

/* Who takes them, and whether all could be taken so far. */
typedef struct taker {
    variables_take *take;
    void *user;
    bool good;
} taker;

static void give(taker *t, const char *name, const char *value)
{
    t->good = t->good && t->take(t->user, name, value);
}

static void give_number(taker *t, const char *name, long value)
{
    char text[24];
    snprintf(text, sizeof text, "%ld", value);
    give(t, name, text);
}

/* Those that PyTorch's own launcher sets, too. */
static void give_ranks(taker *t, const launch_plan *plan, const launch_variables *values)
{
    const int world = plan_world_size(plan);
    give_number(t, ENVIRONMENT_RANK, values->rank);
    give_number(t, ENVIRONMENT_LOCAL_RANK, values->local_rank);
    give_number(t, ENVIRONMENT_WORLD_SIZE, world);
    give_number(t, ENVIRONMENT_LOCAL_WORLD_SIZE, plan->num_processes);
    give_number(t, "GROUP_RANK", plan->machine_rank);
    give_number(t, "GROUP_WORLD_SIZE", plan->num_machines ? plan->num_machines : 1);
    give_number(t, "ROLE_RANK", values->rank);
    give_number(t, "ROLE_WORLD_SIZE", world);
    give(t, "ROLE_NAME", plan->role ? plan->role : PLAN_ROLE);
    give_number(t, ENVIRONMENT_RESTARTS, values->attempt);
    give_number(t, "TORCHELASTIC_MAX_RESTARTS", plan->max_restarts);
    give(t, "TORCHELASTIC_RUN_ID", "none");
    if (!getenv("TORCH_NCCL_ASYNC_ERROR_HANDLING"))
        give(t, "TORCH_NCCL_ASYNC_ERROR_HANDLING", "1");
}

/* What another launcher further out left does not hold here. */
static void give_endpoint(taker *t, const launch_plan *plan, const launch_variables *values)
{
    give(t, ENVIRONMENT_AGENT_STORE, NULL);
    give(t, ENVIRONMENT_LISTEN_FD, NULL);
    give(t, ENVIRONMENT_MASTER_ADDR, plan->address ? plan->address : ENDPOINT_ADDRESS);
    give_number(t, ENVIRONMENT_MASTER_PORT, values->port);
    if (values->listen_fd >= 0)
        give_number(t, ENVIRONMENT_LISTEN_FD, values->listen_fd);
}

bool variables_of_place(const launch_plan *plan, const launch_variables *values, variables_take *take,
                        void *user)
{
    taker t = {.take = take, .user = user, .good = true};
    if (plan->alone)
        return true;
    give_ranks(&t, plan, values);
    give_endpoint(&t, plan, values);
    return t.good;
}

/* ---- in the process's environment ---- */

static bool set_or_unset(void *user, const char *name, const char *value)
{
    (void)user;
    return (value ? setenv(name, value, 1) : unsetenv(name)) == 0;
}

static bool set_all(char *const *environment)
{
    for (; environment && *environment; environment++) {
        char *equals = strchr(*environment, '=');
        *equals = '\0';
        bool set = setenv(*environment, equals + 1, 1) == 0;
        *equals = '=';
        if (!set)
            return false;
    }
    return true;
}

bool variables_set(const launch_plan *plan, const launch_variables *values)
{
    char launcher[24];
    snprintf(launcher, sizeof launcher, "%ld", (long)values->launcher);
    return variables_of_place(plan, values, set_or_unset, NULL) &&
           set_or_unset(NULL, ENVIRONMENT_LAUNCHER, launcher) &&
           set_or_unset(NULL, ENVIRONMENT_ERROR_FILE, values->error_file) && set_all(plan->environment);
}
