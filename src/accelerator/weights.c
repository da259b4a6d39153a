/* Weights of models in files, for all processes. */
#include <accel/accelerator.h>
#include <accel/checkpoint.h>
#include <accel/collective.h>
#include <accel/options.h>

#include "accelerator/facade.h"
#include "base/error.h"
#include "comm/agreement.h"
#include "nn/module.h"

accel_load_checkpoint_options accel_load_checkpoint_options_default(void)
{
    return (accel_load_checkpoint_options){ACCEL_LOAD_CHECKPOINT_DEFAULTS()};
}

accel_status accel_load_checkpoint_in_model_with(accel_module *model, const char *path,
                                                 const accel_load_checkpoint_options *options)
{
    static const char call[] = "accel_load_checkpoint_in_model";
    RETURN_STATUS_IF_FAILED();
    accel_load_checkpoint_options o = accel_load_checkpoint_options_default();
    if (accel_options_read(call, &o, sizeof o, options) != ACCEL_OK ||
        !object_check(model, &module_class, call, "model"))
        return accel_error_status();
    if (o.dtype != ACCEL_DTYPE_UNSET && !accel_dtype_is_floating(o.dtype))
        return accel_error_raise(ACCEL_EINVAL, call, "dtype must be a floating one, got %s",
                                 accel_dtype_name(o.dtype));
    accel_scoped() {
        accel_load_state_dict(model, accel_load(path), .strict = o.strict);
        if (o.dtype != ACCEL_DTYPE_UNSET)
            accel_module_to_dtype(model, o.dtype);
        if (o.device)
            accel_module_to_device(model, *o.device);
    }
    return accel_error_status();
}

/* All mean the same place. NULL with the failure, which is everybody's, recorded. */
static facade *begin(accelerator *acc, const char *call, const char *path)
{
    facade *f = facade_of_all(acc, call);
    if (!f || !group_begin(f->group, call))
        return NULL;
    agreement_check(f->group, call, "where it is saved", path ? path : "NULL");
    return group_end(f->group) == ACCEL_OK ? f : NULL;
}

accel_status accelerator_save_model_with(accelerator *acc, accel_module *model, const char *folder,
                                         const accel_save_state_dict_options *options)
{
    static const char call[] = "accelerator_save_model";
    facade *f = begin(acc, call, folder);
    if (f && training_state_leads(f))
        accel_scoped() {
            accel_save_state_dict_with(accelerator_get_state_dict(acc, model), folder, options);
        }
    return f ? facade_share_error(f, call) : accel_error_status();
}

accel_status accelerator_save(accelerator *acc, accel_dict *dict, const char *path)
{
    facade *f = begin(acc, __func__, path);
    if (f && training_state_leads(f))
        accel_save(dict, path);
    return f ? facade_share_error(f, __func__) : accel_error_status();
}
