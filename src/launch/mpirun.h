/* MPI's launcher, the only child of a launch then: it starts the ranks, on the hosts of a file. Which MPI's it is decides on its flags. */
#ifndef ACCEL_LAUNCH_MPIRUN_H
#define ACCEL_LAUNCH_MPIRUN_H

#include "launch/script.h"

typedef struct mpirun {
    const char *hostfile;
    int per_host, all; /* processes */
} mpirun;

/* What begins its command line, before the words of a process, as script_command has them: new, ended by NULL, word_list_free.
   `mpirun --version` says which it is, or mpiexec's where that is not in PATH. ACCEL_ENOTFOUND for neither.
   Source: accelerate utils/launch.py, _get_mpirun_args. */
char **mpirun_command(const mpirun *m, const choices *c, char *const *words);

#endif
