/* The options of an optimizer by PyTorch's names, as its state dict has them for each group. */
#ifndef ACCEL_OPTIM_OPTION_FIELD_H
#define ACCEL_OPTIM_OPTION_FIELD_H

#include <stddef.h>

typedef enum option_kind {
    OPTION_REAL,
    OPTION_FLAG,
    OPTION_PAIR, /* of two doubles, one behind the other */
} option_kind;

/* Where an option is in the options of its optimizer. */
typedef struct option_field {
    const char *name;
    option_kind kind;
    size_t offset;
} option_field;

#endif
