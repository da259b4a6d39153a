/* The loop around a launch: it starts the processes, stays with them until nobody is left, and judges. */
#ifndef ACCEL_LAUNCH_SUPERVISOR_H
#define ACCEL_LAUNCH_SUPERVISOR_H

#include "launch/plan.h"
#include "launch/verdict.h"

/* Fails, with nobody left, when a process cannot be started: ACCEL_ENOTFOUND and ACCEL_EUNSUPPORTED where its program is
   not there or cannot be executed. This process is left as it was: its signals, children and descriptors.
 *
 * The first process that fails ends the others: those that have not ended by themselves after the plan's peers_timeout are
 * asked to (SIGTERM), and killed after its shutdown_timeout.
 * A signal that asks this process to end is passed on and has the same deadline; a second one kills at once. Should all
 * of them then end well, so does the launch. What the keyboard sends to one process that has the terminal is that one's to answer, and has
 * no deadline. A signal that stops this process stops all of them, and SIGCONT gives them their time again. */
accel_status supervisor_run(const launch_plan *plan, verdict *v);

#endif
