#include <signal.h>
#include <stdbool.h>

#include <accel/preemption.h>

#include "accelerator/facade.h"
#include "accelerator/preemption.h"
#include "base/error.h"
#include "comm/agreement.h"

enum { SIGNALS = 3 };

/* A system that shuts down sends the last one beside the first. */
static const int signals[SIGNALS] = {SIGTERM, SIGUSR1, SIGHUP};

/* Of the process, as signals are: who watches last puts back what there was before the first. */
static struct sigaction before[SIGNALS];
static int watchers;
static volatile sig_atomic_t asked;

static void remember(int signal)
{
    (void)signal;
    asked = 1;
}

accel_status accelerator_watch_preemption(accelerator *acc)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_of_own(acc, __func__);
    if (!f || f->watches_preemption)
        return accel_error_status();
    struct sigaction watch = {.sa_handler = remember, .sa_flags = SA_RESTART};
    f->watches_preemption = true;
    if (watchers++ > 0)
        return ACCEL_OK;
    asked = 0;
    for (int i = 0; i < SIGNALS; i++)
        if (sigaction(signals[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &watch, NULL);
    return ACCEL_OK;
}

bool accelerator_check_preemption(accelerator *acc)
{
    facade *f = facade_of_all(acc, __func__);
    int64_t any = asked;
    if (f && !f->watches_preemption && !accel_error_is_set())
        RAISE(ACCEL_EINVAL, "accelerator_watch_preemption comes first");
    if (!f || !group_begin(f->group, __func__))
        return false;
    agreement_max(f->group, __func__, &any);
    bool preempted = group_end(f->group) == ACCEL_OK && any > 0;
    if (preempted)
        asked = 1; /* from then on, here, too */
    return preempted;
}

void preemption_end(bool watches)
{
    if (!watches || --watchers > 0)
        return;
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
}
