#include "base/disk.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>

static atomic_size_t steps, last;
static atomic_bool kills;

bool disk_step(void)
{
    size_t step = atomic_fetch_add(&steps, 1) + 1;
    if (step != atomic_load(&last))
        return true;
    if (atomic_load(&kills))
        raise(SIGKILL);
    errno = EIO;
    return false;
}

static size_t set(size_t nth, bool kill)
{
    size_t made = atomic_exchange(&steps, 0);
    atomic_store(&kills, kill);
    atomic_store(&last, nth);
    return made;
}

size_t disk_fail_at(size_t nth) { return set(nth, false); }
size_t disk_die_at(size_t nth) { return set(nth, true); }
