#include "engine/mpi/sum.h"

#include <string.h>

void sum_integers8(const uint8_t *more, uint8_t *sum, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] = (uint8_t)(sum[i] + more[i]);
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* ---- bfloat16: the upper half of a float ---- */

static float from_bfloat16(uint16_t half) { return float_of((uint32_t)half << 16); }

static uint16_t to_bfloat16(float value)
{
    const uint32_t bits = bits_of(value);
    if (value != value)
        return 0x7fc0;
    return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

void sum_bfloat16(const uint16_t *more, uint16_t *sum, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] = to_bfloat16(from_bfloat16(more[i]) + from_bfloat16(sum[i]));
}

/* ---- float16: 5 bits of exponent, 10 of fraction ---- */

/* Multiplied, the exponent's bias becomes that of a float, and numbers below the normal ones come out right. */
static float from_float16(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, rest = (uint32_t)(half & 0x7fff) << 13;
    if (rest >= 0x0f800000) /* infinite, or none */
        return float_of(sign | 0x7f800000 | (rest & 0x007fffff));
    return float_of(sign | bits_of(float_of(rest) * 0x1p112F));
}

/* The addition rounds below the normal numbers: its lowest bit is the lowest of a half there. */
static uint16_t to_float16(float value)
{
    const uint32_t bits = bits_of(value), sign = (bits >> 16) & 0x8000, rest = bits & 0x7fffffff;
    if (rest > 0x7f800000)
        return (uint16_t)(sign | 0x7e00);
    if (rest >= 0x477ff000) /* rounds to what is too large */
        return (uint16_t)(sign | 0x7c00);
    if (rest < 0x38800000)
        return (uint16_t)(sign | (bits_of(float_of(rest) + 0.5F) - 0x3f000000));
    return (uint16_t)(sign | ((rest - 0x38000000 + 0xfff + ((rest >> 13) & 1)) >> 13));
}

void sum_float16(const uint16_t *more, uint16_t *sum, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] = to_float16(from_float16(more[i]) + from_float16(sum[i]));
}
