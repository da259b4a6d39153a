#include "accelerator/placement.h"

#include <accel/log.h>

#include "base/error.h"
#include "base/memory.h"
#include "nn/module.h"
#include "tensor/device.h"

typedef struct place {
    accel_tensor *tensor; /* borrowed from the module */
    accel_device device;
} place;

struct placement {
    place *places;
    size_t count;
};

static accel_status note(const char *name, module_tensor *tensor, void *user)
{
    (void)name;
    placement *p = user;
    place *more = memory_resize(p->places, p->count + 1, sizeof *more);
    if (!more)
        return accel_error_status();
    p->places = more;
    p->places[p->count++] = (place){tensor->tensor, accel_tensor_device(tensor->tensor)};
    return accel_error_status();
}

placement *placement_of(accel_module *module)
{
    placement *p = memory_alloc(1, sizeof *p);
    module_node *m = p ? module_of(module, "accelerator_prepare") : NULL;
    if (m && module_visit(m, note, p) == ACCEL_OK)
        return p;
    placement_free(p);
    return NULL;
}

void placement_restore(const placement *p)
{
    accel_error failure;
    error_take(&failure);
    for (size_t i = 0; i < p->count; i++) {
        if (device_move(p->places[i].tensor, p->places[i].device, "accelerator_prepare") != ACCEL_OK)
            accel_log_line(ACCEL_LOG_WARNING, "a tensor was not put back: %s", accel_error_text());
        accel_error_clear();
    }
    error_restore(&failure);
}

void placement_free(placement *p)
{
    if (!p)
        return;
    memory_free(p->places);
    memory_free(p);
}
