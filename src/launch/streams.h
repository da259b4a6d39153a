/* Which of the processes' output goes where, as --tee, --redirects, --log_dir and --local_ranks_filter say. */
#ifndef ACCEL_LAUNCH_STREAMS_H
#define ACCEL_LAUNCH_STREAMS_H

#include "launch/choices.h"
#include "launch/plan.h"

/* Fills in the plan's part of it: "3" is of all, "0:1,2:3" of single processes of this machine. */
accel_status streams_choose(launch_plan *plan, const choices *c);

#endif
