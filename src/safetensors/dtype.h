/* The element types of the format, and how many bytes a tensor takes. */
#ifndef ACCEL_SAFETENSORS_DTYPE_H
#define ACCEL_SAFETENSORS_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, bits): every type that the safetensors library 0.8 knows, by increasing alignment; tensors are
   written in the reverse of this order. The elements of F4, F6_E2M3 and F6_E3M2 are packed, several in a
   byte. */
#define SAFETENSORS_DTYPE_TABLE(X)                                                                             \
    X(BOOL, 8)                                                                                                 \
    X(F4, 4)                                                                                                   \
    X(F6_E2M3, 6)                                                                                              \
    X(F6_E3M2, 6)                                                                                              \
    X(U8, 8)                                                                                                   \
    X(I8, 8)                                                                                                   \
    X(F8_E5M2, 8)                                                                                              \
    X(F8_E4M3, 8)                                                                                              \
    X(F8_E8M0, 8)                                                                                              \
    X(F8_E4M3FNUZ, 8)                                                                                          \
    X(F8_E5M2FNUZ, 8)                                                                                          \
    X(I16, 16)                                                                                                 \
    X(U16, 16)                                                                                                 \
    X(F16, 16)                                                                                                 \
    X(BF16, 16)                                                                                                \
    X(I32, 32)                                                                                                 \
    X(U32, 32)                                                                                                 \
    X(F32, 32)                                                                                                 \
    X(C64, 64)                                                                                                 \
    X(F64, 64)                                                                                                 \
    X(I64, 64)                                                                                                 \
    X(U64, 64)

typedef enum safetensors_dtype {
#define SAFETENSORS_DTYPE_MEMBER(name, bits) SAFETENSORS_##name,
    SAFETENSORS_DTYPE_TABLE(SAFETENSORS_DTYPE_MEMBER)
#undef SAFETENSORS_DTYPE_MEMBER
} safetensors_dtype;

/* "F32"; NULL for a number that is no type. Static. */
const char *safetensors_dtype_name(safetensors_dtype dtype);

/* Finds a type by its name; false when there is none. */
bool safetensors_dtype_parse(const char *name, safetensors_dtype *dtype);

/* The bytes of a tensor: the product of its shape (1 for rank 0) times the size of an element. Returns NULL,
   or in words why there is no such number: a negative dimension, an overflow, packed elements that end
   inside a byte. */
const char *safetensors_byte_count(safetensors_dtype dtype, const int64_t *shape, size_t rank, size_t *bytes);

#endif
