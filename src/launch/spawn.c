#include <accel/spawn.h>

#include <dirent.h>
#include <stdio.h>

#include "base/error.h"
#include "launch/call.h"
#include "launch/plan.h"
#include "launch/supervisor.h"

/* How many threads this process runs; 1 where the system does not say. */
static int count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks)
        return 1;
    int count = 0;
    for (struct dirent *item = readdir(tasks); item; item = readdir(tasks))
        count += item->d_name[0] != '.';
    closedir(tasks);
    return count;
}

static accel_status check(accel_spawn_function *function, int num_processes)
{
    RETURN_STATUS_IF_FAILED();
    if (!function)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "function is NULL");
    if (num_processes < 1 || num_processes > PLAN_PROCESSES_MAX)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "num_processes must be from 1 to %d, got %d",
                                 PLAN_PROCESSES_MAX, num_processes);
    int threads = count_threads();
    if (threads > 1)
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL,
                                 "must be called before an accelerator is made and anything is computed: this "
                                 "process runs %d threads already",
                                 threads);
    return ACCEL_OK;
}

static int fail(void)
{
    fprintf(stderr, "accel: error: %s\n", accel_error_text());
    return 1;
}

int accelerator_spawn(accel_spawn_function *function, void *user, int num_processes)
{
    if (check(function, num_processes) != ACCEL_OK)
        return fail();
    launch_plan plan = {
        .num_processes = num_processes,
        .shutdown_timeout = PLAN_SHUTDOWN_TIMEOUT,
        .peers_timeout = PLAN_PEERS_TIMEOUT,
        .function = function,
        .user = user,
    };
    verdict v;
    fflush(NULL); /* each process would write once more what is in a buffer now */
    if (supervisor_run(&plan, &v) != ACCEL_OK)
        return fail();
    if (v.line[0])
        fprintf(stderr, "accelerate: %s\n", v.line);
    return v.exit_status;
}
