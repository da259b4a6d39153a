#include "comm/data_parallel.h"

#include <accel/options.h>

accel_data_parallel_options accel_data_parallel_options_default(void)
{
    return (accel_data_parallel_options){ACCEL_DATA_PARALLEL_DEFAULTS()};
}

accel_status data_parallel_init(accel_data_parallel_options *options, const accel_data_parallel_options *given)
{
    static const char call[] = "accelerator_create";
    enum { BUCKET_MAX_MB = 65536 };
    *options = accel_data_parallel_options_default();
    if (accel_options_read(call, options, sizeof *options, given) != ACCEL_OK)
        return accel_error_status();
    if (!(options->bucket_cap_mb > 0 && options->bucket_cap_mb <= BUCKET_MAX_MB))
        return accel_error_raise(ACCEL_EINVAL, call, "bucket_cap_mb must be in (0, %d], got %g", BUCKET_MAX_MB,
                                 options->bucket_cap_mb);
    return ACCEL_OK;
}

void data_parallel_describe(const accel_data_parallel_options *options, buffer *text)
{
    buffer_printf(text, "bucket_cap_mb %.17g, gradient_as_bucket_view %d, broadcast_buffers %d\n",
                  options->bucket_cap_mb, options->gradient_as_bucket_view, options->broadcast_buffers);
    buffer_printf(text, "find_unused_parameters %d, static_graph %d\n", options->find_unused_parameters,
                  options->static_graph);
}
