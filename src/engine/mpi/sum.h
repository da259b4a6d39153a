/* Sums that MPI does not know, of float16 and bfloat16, or that Open MPI has stop at the largest number, where all others go on at
 * the smallest: of integers of one byte.
 */
#ifndef ACCEL_ENGINE_MPI_SUM_H
#define ACCEL_ENGINE_MPI_SUM_H

#include <stddef.h>
#include <stdint.h>

/* sum[i] += more[i]. Signed integers are the same bits. Halves are rounded to the nearest, ties to even. */
void sum_integers8(const uint8_t *more, uint8_t *sum, size_t count);
void sum_float16(const uint16_t *more, uint16_t *sum, size_t count);
void sum_bfloat16(const uint16_t *more, uint16_t *sum, size_t count);

#endif
