/* Why a program did not start, in words. */
#ifndef ACCEL_LAUNCH_PROGRAM_H
#define ACCEL_LAUNCH_PROGRAM_H

#include <accel/error.h>

/* Records what the errno of execvp means for this program: ACCEL_ENOTFOUND where there is none of that name,
   ACCEL_EUNSUPPORTED where it cannot be executed. */
accel_status program_refuse(const char *name, int error);

#endif
