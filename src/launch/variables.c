#include "launch/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "launch/endpoint.h"

static bool set_number(const char *name, long value)
{
    char text[24];
    snprintf(text, sizeof text, "%ld", value);
    return setenv(name, text, 1) == 0;
}

static bool set_or_unset(const char *name, const char *value)
{
    return (value ? setenv(name, value, 1) : unsetenv(name)) == 0;
}

/* Those that PyTorch's own launcher sets, too. */
static bool set_ranks(const launch_plan *plan, const launch_variables *values)
{
    const int world = plan_world_size(plan);
    return set_number(ENVIRONMENT_RANK, values->rank) && set_number(ENVIRONMENT_WORLD_SIZE, world) &&
           set_number(ENVIRONMENT_LOCAL_RANK, values->local_rank) &&
           set_number(ENVIRONMENT_LOCAL_WORLD_SIZE, plan->num_processes) &&
           set_number("GROUP_RANK", plan->machine_rank) &&
           set_number("GROUP_WORLD_SIZE", plan->num_machines ? plan->num_machines : 1) &&
           set_number("ROLE_RANK", values->rank) && set_number("ROLE_WORLD_SIZE", world) &&
           setenv("ROLE_NAME", plan->role ? plan->role : "default", 1) == 0 &&
           set_number(ENVIRONMENT_RESTARTS, values->attempt) &&
           set_number("TORCHELASTIC_MAX_RESTARTS", plan->max_restarts) &&
           setenv("TORCHELASTIC_RUN_ID", "none", 1) == 0 &&
           setenv("TORCH_NCCL_ASYNC_ERROR_HANDLING", "1", 0) == 0;
}

/* What another launcher further out left does not hold here. */
static bool set_endpoint(const launch_plan *plan, const launch_variables *values)
{
    if (unsetenv(ENVIRONMENT_AGENT_STORE) != 0 || unsetenv(ENVIRONMENT_LISTEN_FD) != 0)
        return false;
    return setenv(ENVIRONMENT_MASTER_ADDR, plan->address ? plan->address : ENDPOINT_ADDRESS, 1) == 0 &&
           set_number(ENVIRONMENT_MASTER_PORT, values->port) &&
           (values->listen_fd < 0 || set_number(ENVIRONMENT_LISTEN_FD, values->listen_fd));
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
    return (plan->alone || (set_ranks(plan, values) && set_endpoint(plan, values))) &&
           set_number(ENVIRONMENT_LAUNCHER, values->launcher) &&
           set_or_unset(ENVIRONMENT_ERROR_FILE, values->error_file) && set_all(plan->environment);
}
