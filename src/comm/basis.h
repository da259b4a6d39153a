/* Columns of matrices that are orthogonal to each other. All of them: (batch, rows, columns), columns ≤ rows. */
#ifndef ACCEL_COMM_BASIS_H
#define ACCEL_COMM_BASIS_H

#include <stdbool.h>

#include <accel/tensor.h>

/* Makes the columns of each matrix orthogonal and, but for `epsilon`, 1 long, in place. One that is zero, or no more than the rounding
   errors of those before it, becomes zero. Source: _orthogonalize of torch's powerSGD_hook, where it becomes NaN, or another copy of
   those. */
accel_status basis_orthogonalize(accel_tensor *matrices, double epsilon);

/* Which columns are zero, (batch, 1, columns), bool: new. */
accel_tensor *basis_missing(accel_tensor *matrices);

#endif
