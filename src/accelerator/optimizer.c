#include <accel/module.h>

#include "base/error.h"
#include "optim/optimizer.h"

/* Takes the optimizer, also on failure. */
static accel_optimizer *over_model(accel_optimizer *made, accel_module *model)
{
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

accel_optimizer *accel_adam_with(accel_module *model, const accel_adam_options *options)
{
    return over_model(adam_create(options), model);
}

accel_optimizer *accel_adamw_with(accel_module *model, const accel_adamw_options *options)
{
    return over_model(adamw_create(options), model);
}

accel_optimizer *accel_sgd_with(accel_module *model, const accel_sgd_options *options)
{
    return over_model(sgd_create(options), model);
}
