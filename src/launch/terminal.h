/* The terminal that somebody launches at.
 *
 * The first process of a launch stays in the launcher's own process group there, which is the terminal's foreground group:
 * it reads answers, has a debugger, and is interrupted and stopped by the keyboard as if nobody had launched it. Were it
 * in a group of its own, to be made the foreground one, the keyboard would reach neither the launcher nor who shares
 * its group, such as `| less` or a script's shell, and a launcher that is killed would leave the terminal to nobody. */
#ifndef ACCEL_LAUNCH_TERMINAL_H
#define ACCEL_LAUNCH_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

typedef struct terminal {
    bool ours; /* standard input is one, and this process's group is its foreground group */
    struct termios modes;
} terminal;

/* How it is now. Whoever was started in the background has none, even when it comes to the foreground later: an
   unattended launch ends its questions instead of stopping at them. */
void terminal_look(terminal *t);

/* In a new process that is not to have it: opening /dev/tty fails from now on, and neither reading nor writing stops it. */
void terminal_leave(void);

/* For whoever comes next: the foreground, if a group has it of which nobody is left; and after somebody who was `killed`
   and could not do so himself, the modes. */
void terminal_restore(const terminal *t, bool killed);

#endif
