#include <accel/options.h>

#include <string.h>

#include "base/error.h"

accel_status accel_options_read(const char *call, void *options, size_t size, const void *given)
{
    if (!given)
        return ACCEL_OK;
    size_t given_size = 0;
    memcpy(&given_size, given, sizeof given_size);
    if (given_size < sizeof given_size)
        return accel_error_raise(ACCEL_EINVAL, call,
                                 "options.struct_size is %zu: options begin as their _options_default function "
                                 "gives them",
                                 given_size);
    if (given_size > size)
        return accel_error_raise(ACCEL_EINVAL, call, "options.struct_size is %zu, at most %zu is known here",
                                 given_size, size);
    memcpy(options, given, given_size);
    memcpy(options, &size, sizeof size);
    return ACCEL_OK;
}
