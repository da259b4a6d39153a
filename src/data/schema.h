/* What samples and batches are made of: their names, and the dtype and shape under each. */
#ifndef ACCEL_DATA_SCHEMA_H
#define ACCEL_DATA_SCHEMA_H

#include <accel/dict.h>

/* Two things that must be alike, and what messages about public function `call` name them: "sample 0", "sample 3". */
typedef struct schema_pair {
    const char *call;
    accel_dict *one, *other;
    const char *one_name, *other_name;
} schema_pair;

/* Whether they have the same names, in whatever order. */
bool schema_same_names(accel_dict *one, accel_dict *other);

/* Whether they have one dtype, and the same sizes from dimension `from` on. */
bool schema_same_tensor(accel_tensor *one, accel_tensor *other, size_t from);

/* ACCEL_EINVAL that says a name which only one of them has. */
accel_status schema_raise_names(const schema_pair *pair);

/* ACCEL_EINVAL that says both dtypes and shapes, from dimension `from` on, under a name that both have. */
accel_status schema_raise_tensor(const schema_pair *pair, const char *name, size_t from);

/* All of that: ACCEL_EINVAL for the first difference. */
accel_status schema_check(const schema_pair *pair, size_t from);

#endif
