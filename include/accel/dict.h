/**
 * Named tensors, in the order they were set: a batch, the outputs of a model, a state dict.
 *
 * A dict retains its tensors: what it gives out is borrowed until the entry is replaced or the dict ends.
 */
#ifndef ACCEL_DICT_H
#define ACCEL_DICT_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/scope.h>
#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

/** An empty dict: new. */
ACCEL_API accel_dict *accel_dict_create(void);

/** Adds an entry, or replaces the one of that name in its place. `name` is copied, `tensor` retained. */
ACCEL_API accel_status accel_dict_set(accel_dict *dict, const char *name, accel_tensor *tensor);

/** The tensor of that name: borrowed. NULL with ACCEL_ENOTFOUND, naming what there is, when there is none. */
ACCEL_API accel_tensor *accel_dict_get(accel_dict *dict, const char *name);

/** The same: `accel_get(outputs, "loss")` reads as `outputs["loss"]`. */
#define accel_get(dict, name) accel_dict_get(dict, name)

ACCEL_API bool accel_dict_has(accel_dict *dict, const char *name);

/** Removes an entry; one that is not there is ACCEL_ENOTFOUND. */
ACCEL_API accel_status accel_dict_remove(accel_dict *dict, const char *name);

/** Entries; 0 on failure. */
ACCEL_API size_t accel_dict_count(accel_dict *dict);

/** The i-th entry's name and tensor: borrowed. NULL past the end, which is no error. */
ACCEL_API const char *accel_dict_name(accel_dict *dict, size_t index);
ACCEL_API accel_tensor *accel_dict_tensor(accel_dict *dict, size_t index);

ACCEL_END_DECLS

#endif
