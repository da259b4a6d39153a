/* The machine that a pickle is a program for. Opcodes of protocols 2 to 5 as torch.save and Python's pickler write them. */
#ifndef ACCEL_PICKLE_MACHINE_H
#define ACCEL_PICKLE_MACHINE_H

#include "pickle/rebuild.h"

/* Runs `size` bytes: the value that the program stops with, which holds itself nowhere and is nested at most MACHINE_DEPTH_MAX
   deep; NULL on failure: ACCEL_EFORMAT, or ACCEL_EUNSUPPORTED for what is not read, by name. */
pickle_value *machine_run(rebuilder *r, const unsigned char *program, size_t size);

enum { MACHINE_DEPTH_MAX = 200, MACHINE_VALUES_MAX = 1 << 26 };

#endif
