/* Entries of a dict that are one memory, as tied weights are. */
#ifndef ACCEL_CHECKPOINT_TIED_H
#define ACCEL_CHECKPOINT_TIED_H

#include <accel/dict.h>

/* For each entry the first one that has the same elements in the same memory in the same order; itself for most: new memory, to be
   freed with memory_free. NULL on failure. */
size_t *tied_find(accel_dict *dict, const char *call);

/* The dict with the first entry of each memory alone, as the reference puts a model into safetensors: new. NULL on failure. */
accel_dict *tied_once(accel_dict *dict, const char *call);

#endif
