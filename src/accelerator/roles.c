/* Which process does what. */
#include <accel/process.h>

#include "accelerator/facade.h"
#include "base/error.h"
#include "comm/collective.h"

/* ---- who ---- */

bool accelerator_is_main_process(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f && f->ranks.rank == 0;
}

bool accelerator_is_local_main_process(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f && f->ranks.local_rank == 0;
}

bool accelerator_is_last_process(accelerator *acc)
{
    facade *f = facade_of(acc, __func__);
    return f && f->ranks.rank == f->ranks.world_size - 1;
}

static bool is_index(int own, int index, const char *call)
{
    if (index < 0)
        accel_error_raise(ACCEL_EINVAL, call, "index must not be negative, got %d", index);
    return own == index;
}

bool accelerator_is_process(accelerator *acc, int index)
{
    facade *f = facade_of(acc, __func__);
    return f && is_index(f->ranks.rank, index, __func__);
}

bool accelerator_is_local_process(accelerator *acc, int index)
{
    facade *f = facade_of(acc, __func__);
    return f && is_index(f->ranks.local_rank, index, __func__);
}

/* ---- functions ---- */

static accel_status call_where(bool here, accelerator_function *function, void *user, const char *call)
{
    RETURN_STATUS_IF_FAILED();
    if (!function)
        return accel_error_raise(ACCEL_EINVAL, call, "function is NULL");
    return here ? function(user) : ACCEL_OK;
}

accel_status accelerator_call_on_main_process(accelerator *acc, accelerator_function *function, void *user)
{
    return call_where(accelerator_is_main_process(acc), function, user, __func__);
}

accel_status accelerator_call_on_local_main_process(accelerator *acc, accelerator_function *function,
                                                    void *user)
{
    return call_where(accelerator_is_local_main_process(acc), function, user, __func__);
}

accel_status accelerator_call_on_last_process(accelerator *acc, accelerator_function *function, void *user)
{
    return call_where(accelerator_is_last_process(acc), function, user, __func__);
}

accel_status accelerator_call_on_process(accelerator *acc, int index, accelerator_function *function,
                                         void *user)
{
    return call_where(accelerator_is_process(acc, index), function, user, __func__);
}

accel_status accelerator_call_on_local_process(accelerator *acc, int index, accelerator_function *function,
                                               void *user)
{
    return call_where(accelerator_is_local_process(acc, index), function, user, __func__);
}

/* ---- in which order ---- */

/* The barrier that ends the first process's block is the one that the others begin with. */
static accelerator_first_block begin_first(accelerator *acc, bool first, const char *call)
{
    accelerator_first_block block = {.first = first, .acc = acc, .call = call};
    facade *f = first ? facade_of(acc, call) : facade_of_all(acc, call);
    if (f && !first)
        collective_barrier(f->group, call);
    block.open = f && !accel_error_is_set();
    return block;
}

accelerator_first_block accelerator_main_process_first_begin(accelerator *acc)
{
    return begin_first(acc, accelerator_is_main_process(acc), "accelerator_main_process_first");
}

accelerator_first_block accelerator_local_main_process_first_begin(accelerator *acc)
{
    return begin_first(acc, accelerator_is_local_main_process(acc), "accelerator_local_main_process_first");
}

void accelerator_process_first_end(accelerator_first_block *block)
{
    facade *f = block && block->first ? facade_if_live(block->acc) : NULL;
    if (!f)
        return;
    if (!accel_error_is_set())
        facade_check_gradients(f, block->call);
    collective_barrier(f->group, block->call);
}
