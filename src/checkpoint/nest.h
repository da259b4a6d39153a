/* The shape that Python's values have in a file, where a dict has names with dots. */
#ifndef ACCEL_CHECKPOINT_NEST_H
#define ACCEL_CHECKPOINT_NEST_H

#include <accel/dict.h>

#include "pickle/value.h"

typedef enum nest_layout {
    NEST_FLAT,      /* an OrderedDict of tensors, as a module's state dict */
    NEST_OPTIMIZER, /* {"state": {0: {…: tensor}}, "param_groups": [{…: number or list}]} */
    NEST_SCHEDULER, /* {…: number or list}, and what PyTorch's schedulers want to find beside them */
    NEST_NUMBERS,   /* {…: number or list} */
    NEST_VALUES     /* {…: tensor, or number in place of one without dimensions} */
} nest_layout;

/* NEST_OPTIMIZER for the state dict of an optimizer, told by its names; NEST_FLAT for others. */
nest_layout nest_layout_of(accel_dict *dict);

/* What entries are put into, empty. */
pickle_value *nest_root(pickle_arena *arena, nest_layout layout);

/* Whether an entry is a number, or a list of numbers, to Python. */
bool nest_is_number(nest_layout layout, const char *name, accel_tensor *tensor);

/* A tensor of no dimension as a number, one of one dimension as a list, `betas` as a tuple; NULL with the failure recorded. */
pickle_value *nest_number(pickle_arena *arena, const char *name, accel_tensor *tensor, const char *call);

/* Puts a value where its name says. */
accel_status nest_put(pickle_arena *arena, pickle_value *root, nest_layout layout, const char *name,
                      pickle_value *value);

#endif
