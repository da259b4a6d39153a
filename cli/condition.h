/* Conditions on what was answered: "fsdp_version=1 fsdp_auto_wrap_policy=NO_WRAP|SIZE_BASED_WRAP". */
#ifndef ACCEL_CLI_CONDITION_H
#define ACCEL_CLI_CONDITION_H

#include <stdbool.h>

#include "launch/configuration.h"

/* Whether all of its words hold: NAME=VALUE|VALUE: the answer is one of them; NAME!=VALUE|VALUE: it is none, or was not asked;
   NAME>NUMBER; NAME%NAME: it is no multiple of the other. What was not asked is nothing, and neither more nor a multiple. */
bool condition_holds(const char *condition, const configuration *said);

#endif
