#include <accel/module.h>

#include "base/error.h"
#include "optim/optimizer.h"

accel_optimizer *accel_adamw_with(accel_module *model, const accel_adamw_options *options)
{
    accel_optimizer *made = optimizer_create(options);
    if (!made || !model)
        return made;
    accel_dict *parameters = accel_module_parameters(model);
    accel_optimizer_add_group(made, parameters);
    accel_free(parameters);
    if (!accel_error_is_set())
        return made;
    accel_free(made);
    return NULL;
}
