/**
 * Any operation of the engine, by name.
 *
 * The typed functions of ops.h cover the common operations. Everything else that the engine knows, including
 * operations registered by other libraries, is called by its name and overload:
 *
 *     accel_tensor *y = accel_op("aten::roll", x, ACCEL_INTS(1), ACCEL_INTS(0));
 *     accel_tensor *outs[2];
 *     accel_op_into(outs, 2, "aten::max.dim", x, -1, ACCEL_BOOL(false));
 *
 * Arguments follow the operation's schema in order; those left out take the schema's defaults, keyword arguments
 * come after the positional ones. Each argument is checked against the schema: a call that does not fit is an error
 * that names the argument, never a crash. C++ fills an array of accel_value and gives it to accel_op_call.
 *
 * Source: torch.ops; the schemas are PyTorch's own (native_functions.yaml).
 */
#ifndef ACCEL_OP_H
#define ACCEL_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/scope.h>
#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

typedef enum accel_value_kind {
    ACCEL_VALUE_NONE,
    ACCEL_VALUE_TENSOR,
    ACCEL_VALUE_INTEGER,
    ACCEL_VALUE_REAL,
    ACCEL_VALUE_BOOLEAN,
    ACCEL_VALUE_STRING,
    ACCEL_VALUE_GENERATOR,
    ACCEL_VALUE_INTEGERS,
    ACCEL_VALUE_REALS,
    ACCEL_VALUE_TENSORS,
} accel_value_kind;

/** An argument: its kind and the member that goes with it. Everything it points at is borrowed for the call. */
typedef struct accel_value {
    accel_value_kind kind;
    size_t count; /**< items of an array */
    union {
        accel_tensor *tensor; /**< NULL stands for "no tensor" where the schema allows none */
        int64_t integer;
        double real;
        bool boolean;
        const char *string;
        accel_generator *generator;
        const int64_t *integers;
        const double *reals;
        accel_tensor *const *tensors;
    } as;
} accel_value;

/** Calls `name` ("aten::add.Tensor") and gives its one result: new. Operations that change their argument in place
    give another handle to it. NULL on failure, or when the operation has no result. */
ACCEL_API accel_tensor *accel_op_call(const char *name, const accel_value *arguments, size_t count);

/** Calls `name` and stores its results, each new: exactly `outs_count` of them (a list of tensors counts as its
    items; a number comes as a 0-dimensional tensor; one that the operation leaves out is NULL). On failure every one is
    NULL. */
ACCEL_API accel_status accel_op_call_into(accel_tensor **outs, size_t outs_count, const char *name,
                                          const accel_value *arguments, size_t count);

ACCEL_END_DECLS

#ifndef __cplusplus

static inline accel_value accel_value_of_tensor(accel_tensor *tensor)
{
    return (accel_value){.kind = ACCEL_VALUE_TENSOR, .as.tensor = tensor};
}
static inline accel_value accel_value_of_integer(int64_t integer)
{
    return (accel_value){.kind = ACCEL_VALUE_INTEGER, .as.integer = integer};
}
static inline accel_value accel_value_of_unsigned(uint64_t integer)
{
    return (accel_value){.kind = ACCEL_VALUE_INTEGER, .as.integer = (int64_t)integer};
}
static inline accel_value accel_value_of_real(double real)
{
    return (accel_value){.kind = ACCEL_VALUE_REAL, .as.real = real};
}
static inline accel_value accel_value_of_boolean(bool boolean)
{
    return (accel_value){.kind = ACCEL_VALUE_BOOLEAN, .as.boolean = boolean};
}
static inline accel_value accel_value_of_string(const char *string)
{
    return (accel_value){.kind = ACCEL_VALUE_STRING, .as.string = string};
}
static inline accel_value accel_value_of_generator(accel_generator *generator)
{
    return (accel_value){.kind = ACCEL_VALUE_GENERATOR, .as.generator = generator};
}
static inline accel_value accel_value_itself(accel_value value) { return value; }

/** A truth value, an absent argument, and arrays, where C has no way to tell. */
#define ACCEL_BOOL(x) accel_value_of_boolean(x)
#define ACCEL_NONE ((accel_value){.kind = ACCEL_VALUE_NONE})
#define ACCEL_INTS(...)                                                                                        \
    ((accel_value){.kind = ACCEL_VALUE_INTEGERS,                                                               \
                   .count = sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t),                          \
                   .as.integers = (const int64_t[]){__VA_ARGS__}})
#define ACCEL_REALS(...)                                                                                       \
    ((accel_value){.kind = ACCEL_VALUE_REALS,                                                                  \
                   .count = sizeof((const double[]){__VA_ARGS__}) / sizeof(double),                            \
                   .as.reals = (const double[]){__VA_ARGS__}})
#define ACCEL_TENSORS(...)                                                                                     \
    ((accel_value){.kind = ACCEL_VALUE_TENSORS,                                                                \
                   .count = sizeof((accel_tensor *const[]){__VA_ARGS__}) / sizeof(accel_tensor *),             \
                   .as.tensors = (accel_tensor *const[]){__VA_ARGS__}})

/** Any of the above, or a plain C value, as an argument. */
#define ACCEL_VALUE(x)                                                                                         \
    _Generic((x),                                                                                              \
        accel_value: accel_value_itself,                                                                       \
        accel_tensor *: accel_value_of_tensor,                                                                 \
        accel_generator *: accel_value_of_generator,                                                           \
        char *: accel_value_of_string,                                                                         \
        const char *: accel_value_of_string,                                                                   \
        float: accel_value_of_real,                                                                            \
        double: accel_value_of_real,                                                                           \
        bool: accel_value_of_boolean,                                                                          \
        unsigned long: accel_value_of_unsigned,                                                                \
        unsigned long long: accel_value_of_unsigned,                                                           \
        default: accel_value_of_integer)(x)

/** accel_op(name, arguments…): accel_op_call with up to 20 plain C arguments. */
#define accel_op(...) accel_op_call(ACCEL_FIRST(__VA_ARGS__, 0), ACCEL_VALUES(__VA_ARGS__))

/** accel_op_into(outs, outs_count, name, arguments…). */
#define accel_op_into(outs, outs_count, ...)                                                                   \
    accel_op_call_into(outs, outs_count, ACCEL_FIRST(__VA_ARGS__, 0), ACCEL_VALUES(__VA_ARGS__))

/* The arguments after the name, as an array and its length. The first item stands for the name. */
#define ACCEL_VALUES(...)                                                                                      \
    ((const accel_value[]){ACCEL_VALUES_(__VA_ARGS__)} + 1),                                                   \
        sizeof((const accel_value[]){ACCEL_VALUES_(__VA_ARGS__)}) / sizeof(accel_value) - 1
#define ACCEL_VALUES_(...) ACCEL_EACH(ACCEL_VALUE, __VA_ARGS__)

#endif

#endif
