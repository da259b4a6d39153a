/**
 * How exactly the engine computes: the same on every run, and how float32 matrices are multiplied. Both hold for the whole process.
 *
 *     accel_use_deterministic_algorithms(true);
 *     accel_set_float32_matmul_precision("high");     // TF32 on GPUs that have it
 *
 * Source: torch.use_deterministic_algorithms, torch.set_float32_matmul_precision.
 */
#ifndef ACCEL_NUMERICS_H
#define ACCEL_NUMERICS_H

#include <stdbool.h>

#include <accel/error.h>

ACCEL_BEGIN_DECLS

/** Operations give the same bits each time they are given the same: by another algorithm where theirs does not, and where there is
    none they fail, naming themselves. accel_empty gives NaN. It may cost speed. Matrix products on a GPU are deterministic
    where $CUBLAS_WORKSPACE_CONFIG is :4096:8, and fail without it. accelerator_set_seed has it as .deterministic. */
ACCEL_API accel_status accel_use_deterministic_algorithms(bool enabled);

/** Whether it is on. Source: torch.are_deterministic_algorithms_enabled. */
ACCEL_API bool accel_deterministic_algorithms(void);

/** Of products of float32 matrices: "highest", in float32, as from the beginning; "high", on GPUs in TF32, with 10 bits after the
    point of factors; "medium", in bfloat16 where a processor has it, too. ACCEL_EINVAL for any other. */
ACCEL_API accel_status accel_set_float32_matmul_precision(const char *precision);

/** The one that holds. Static. Source: torch.get_float32_matmul_precision. */
ACCEL_API const char *accel_float32_matmul_precision(void);

ACCEL_END_DECLS

#endif
