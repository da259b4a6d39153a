/* The questions of `accelerate config`, in the reference's order. */
#ifndef ACCEL_CLI_QUESTIONNAIRE_H
#define ACCEL_CLI_QUESTIONNAIRE_H

#include "launch/configuration.h"

/* Fills in an empty configuration. False when there was no more input; failures are recorded. */
bool questionnaire_ask(configuration *c);

#endif
