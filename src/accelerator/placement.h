/* Where the tensors of a module were before it was moved, so that they can be put back. */
#ifndef ACCEL_ACCELERATOR_PLACEMENT_H
#define ACCEL_ACCELERATOR_PLACEMENT_H

#include <accel/module.h>

typedef struct placement placement;

/* Of every parameter and buffer; NULL with the reason recorded. Free with placement_free. */
placement *placement_of(accel_module *module);

/* Puts them back as far as there is memory: a failure is a line of the log. Works while an error is recorded. */
void placement_restore(const placement *p);
void placement_free(placement *p); /* NULL does nothing */

#endif
