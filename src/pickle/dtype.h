/* The element types that torch's pickles name. */
#ifndef ACCEL_PICKLE_DTYPE_H
#define ACCEL_PICKLE_DTYPE_H

#include <stdbool.h>
#include <stddef.h>

/* X(torch name, its storage class, bytes of an element). The last ones have no class of their own: their storages are
   UntypedStorage, and the tensor names the type. */
#define PICKLE_DTYPE_TABLE(X)                                                                                  \
    X(float32, FloatStorage, 4)                                                                                \
    X(float64, DoubleStorage, 8)                                                                               \
    X(float16, HalfStorage, 2)                                                                                 \
    X(bfloat16, BFloat16Storage, 2)                                                                            \
    X(int64, LongStorage, 8)                                                                                   \
    X(int32, IntStorage, 4)                                                                                    \
    X(int16, ShortStorage, 2)                                                                                  \
    X(int8, CharStorage, 1)                                                                                    \
    X(uint8, ByteStorage, 1)                                                                                   \
    X(bool, BoolStorage, 1)                                                                                    \
    X(complex64, ComplexFloatStorage, 8)                                                                       \
    X(complex128, ComplexDoubleStorage, 16)                                                                    \
    X(uint16, , 2)                                                                                             \
    X(uint32, , 4)                                                                                             \
    X(uint64, , 8)                                                                                             \
    X(float8_e4m3fn, , 1)                                                                                      \
    X(float8_e5m2, , 1)                                                                                        \
    X(float8_e4m3fnuz, , 1)                                                                                    \
    X(float8_e5m2fnuz, , 1)                                                                                    \
    X(float8_e8m0fnu, , 1)

typedef enum pickle_dtype {
#define PICKLE_DTYPE_MEMBER(name, storage, bytes) PICKLE_##name,
    PICKLE_DTYPE_TABLE(PICKLE_DTYPE_MEMBER)
#undef PICKLE_DTYPE_MEMBER
} pickle_dtype;

/* "float32". Static. */
const char *pickle_dtype_name(pickle_dtype dtype);

/* "FloatStorage"; "" for a type without one. Static. */
const char *pickle_dtype_storage(pickle_dtype dtype);

/* Bytes of an element. */
size_t pickle_dtype_size(pickle_dtype dtype);

/* Finds a type by its name, or by the class of its storages; false when there is none. */
bool pickle_dtype_parse(const char *name, pickle_dtype *dtype);
bool pickle_dtype_parse_storage(const char *name, pickle_dtype *dtype);

#endif
