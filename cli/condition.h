/* Conditions on what was answered: "fsdp_version=1 fsdp_auto_wrap_policy=NO_WRAP|SIZE_BASED_WRAP". */
#ifndef ACCEL_CLI_CONDITION_H
#define ACCEL_CLI_CONDITION_H

#include <stdbool.h>

#include "launch/configuration.h"

/* Whether all of its words hold: NAME=VALUE|VALUE: the answer is one of them; NAME!=VALUE|VALUE: it is none of them;
   NAME>NUMBER; NAME%NAME: it is no multiple of the other. A condition on a question that was not asked is false, except !=. */
bool condition_holds(const char *condition, const configuration *answers);

/* Whether that is one of VALUE|VALUE, up to a blank; NULL is none. */
bool condition_is_among(const char *answer, const char *values);

#endif
