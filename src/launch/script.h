/* The command line of a process: a program, or a script of Python with what runs it. */
#ifndef ACCEL_LAUNCH_SCRIPT_H
#define ACCEL_LAUNCH_SCRIPT_H

#include <stdbool.h>

#include "launch/choices.h"

/* Whether these words are a script or a module of Python, to be run by it. */
bool script_is_python(const choices *c, char *const *list);

/* The words with what runs them before them, after those of `before`, which may be NULL: new, ended by NULL, word_list_free. NULL on
   failure. */
char **script_command(const choices *c, const char *const *before, char *const *list);

#endif
