#include "launch/killing.h"

#include <time.h>

#include "base/clock.h"

/* Who cannot be killed for so long hangs in the kernel, and nobody can help. */
static const double limit_seconds = 10;

void killing_repeat(killing_look *look, const void *user)
{
    const double limit = clock_seconds() + limit_seconds;
    while (look(user) > 0 && clock_seconds() < limit)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}
