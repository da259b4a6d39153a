#include "launch/variables.h"

#include <stdio.h>
#include <stdlib.h>

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

/* What another launcher further out left does not hold here. */
static bool set_endpoint(const launch_variables *values)
{
    if (unsetenv(ENVIRONMENT_AGENT_STORE) != 0 || unsetenv(ENVIRONMENT_LISTEN_FD) != 0)
        return false;
    return setenv(ENVIRONMENT_MASTER_ADDR, ENDPOINT_ADDRESS, 1) == 0 &&
           set_number(ENVIRONMENT_MASTER_PORT, values->port) &&
           (values->listen_fd < 0 || set_number(ENVIRONMENT_LISTEN_FD, values->listen_fd));
}

bool variables_set(const launch_plan *plan, const launch_variables *values)
{
    return set_number(ENVIRONMENT_RANK, values->rank) &&
           set_number(ENVIRONMENT_WORLD_SIZE, plan->num_processes) &&
           set_number(ENVIRONMENT_LOCAL_RANK, values->rank) &&
           set_number(ENVIRONMENT_LOCAL_WORLD_SIZE, plan->num_processes) && set_endpoint(values) &&
           set_number(ENVIRONMENT_LAUNCHER, values->launcher) &&
           set_or_unset(ENVIRONMENT_ERROR_FILE, values->error_file) &&
           (!plan->cpu || setenv(ENVIRONMENT_USE_CPU, "true", 1) == 0) &&
           (!plan->mixed_precision || setenv(ENVIRONMENT_MIXED_PRECISION, plan->mixed_precision, 1) == 0) &&
           (plan->gradient_accumulation_steps == 0 ||
            set_number(ENVIRONMENT_GRADIENT_ACCUMULATION_STEPS, plan->gradient_accumulation_steps));
}
