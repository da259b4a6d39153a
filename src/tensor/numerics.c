#include <accel/numerics.h>

#include <string.h>

#include "base/error.h"
#include "engine/engine.h"

accel_status accel_use_deterministic_algorithms(bool enabled)
{
    RETURN_STATUS_IF_FAILED();
    return engine_set_deterministic(enabled);
}

bool accel_deterministic_algorithms(void) { return engine_is_deterministic(); }

/* The engine only warns of a name that it does not know. */
accel_status accel_set_float32_matmul_precision(const char *precision)
{
    static const char *const names[] = {"highest", "high", "medium"};
    RETURN_STATUS_IF_FAILED();
    for (size_t i = 0; precision && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(precision, names[i]) == 0)
            return engine_set_matmul_precision(precision);
    return RAISE(ACCEL_EINVAL, "precision must be highest, high or medium, got %s",
                 precision ? precision : "NULL");
}

const char *accel_float32_matmul_precision(void) { return engine_matmul_precision(); }
