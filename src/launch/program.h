/* Becoming a program, and why that could not be, in words. */
#ifndef ACCEL_LAUNCH_PROGRAM_H
#define ACCEL_LAUNCH_PROGRAM_H

#include <accel/error.h>

/* As execvp, which takes what is no program for a script of the shell; but a script of Python, and what is not text, are
   not run as one. Returns with errno set when there is nothing to run. */
void program_execute(char *const *command);

/* Records what that errno means for this program: ACCEL_ENOTFOUND where there is none of that name,
   ACCEL_EUNSUPPORTED where it cannot be executed. */
accel_status program_refuse(const char *name, int error);

#endif
