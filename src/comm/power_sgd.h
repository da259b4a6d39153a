/* Gradients as products of two narrow matrices, whose averages are what travels. */
#ifndef ACCEL_COMM_POWER_SGD_H
#define ACCEL_COMM_POWER_SGD_H

#include "comm/bucket.h"

typedef struct power_sgd power_sgd;

/* What one model's messages have in common and leave for each other. The options are checked. */
power_sgd *power_sgd_create(const accel_power_sgd_options *options);
void power_sgd_free(power_sgd *s); /* NULL does nothing */

/* The averages of a message, (N): its own buffer, or of the innermost scope. Collective.
   Source: powerSGD_hook, batched_powerSGD_hook. */
accel_tensor *power_sgd_average(power_sgd *s, accel_grad_bucket *b);
accel_tensor *power_sgd_average_batched(power_sgd *s, accel_grad_bucket *b);

#endif
