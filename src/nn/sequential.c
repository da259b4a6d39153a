#include <stdio.h>

#include <accel/layers.h>

#include "base/error.h"
#include "nn/module.h"

static accel_tensor *forward(accel_module *self, accel_tensor *input, void *user)
{
    (void)user;
    module_node *m = module_of(self, "accel_sequential");
    for (size_t i = 0; m && i < m->children_count; i++)
        input = accel_forward(m->children[i], input);
    return input;
}

accel_module *accel_sequential_of(accel_module *const *modules, size_t count)
{
    if (count > 0 && !modules)
        return RAISE_NULL(ACCEL_EINVAL, "modules is NULL, count is %zu", count);
    /* Also after a failure, so that what is taken ends. */
    accel_module *sequential = accel_module_create(.type = "Sequential", .forward = forward);
    for (size_t i = 0; i < count; i++) {
        char name[24];
        snprintf(name, sizeof name, "%zu", i);
        accel_module_add(sequential, name, modules[i]);
    }
    if (!accel_error_is_set())
        return sequential;
    accel_free(sequential);
    return NULL;
}
