/* Being asked to end: signals that are remembered until all processes look. */
#ifndef ACCEL_ACCELERATOR_PREEMPTION_H
#define ACCEL_ACCELERATOR_PREEMPTION_H

#include <stdbool.h>

/* For each accelerator that ends; `watches`: whether it did. With the last one signals do again what they did before. */
void preemption_end(bool watches);

#endif
