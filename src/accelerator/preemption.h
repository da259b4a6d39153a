/* Being asked to end: signals that are remembered until all processes look. */
#ifndef ACCEL_ACCELERATOR_PREEMPTION_H
#define ACCEL_ACCELERATOR_PREEMPTION_H

#include <stdbool.h>

/* What signals do again, for one who watched; nothing otherwise. */
void preemption_end(bool watches);

#endif
