#include "launch/mpirun.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "launch/call.h"

enum { NOT_FOUND = 127 }; /* a shell's status */

/* What it says of itself, cut off where `said` ends. Gives its exit status as a shell has it; -1 with errno set where it cannot be
   started. */
static int ask(const char *program, char *said, size_t size)
{
    char line[64], rest[256];
    snprintf(line, sizeof line, "%s --version </dev/null 2>/dev/null", program);
    FILE *answer = popen(line, "re");
    if (!answer)
        return -1;
    said[fread(said, 1, size - 1, answer)] = '\0';
    while (fread(rest, 1, sizeof rest, answer) > 0)
        ; /* it may need its output read */
    const int status = pclose(answer);
    return status < 0 ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* NULL with the failure recorded. */
static const char *find(bool *is_open_mpi)
{
    static const char *const programs[] = {"mpirun", "mpiexec"};
    char said[4096] = "";
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        const int status = ask(programs[i], said, sizeof said);
        if (status == NOT_FOUND)
            continue;
        *is_open_mpi = strstr(said, "Open MPI") || strstr(said, "OpenRTE"); /* under another name */
        if (status == 0)
            return programs[i];
        if (status < 0)
            accel_error_raise(ACCEL_EIO, LAUNCH_CALL, "--mpirun_hostfile: %s --version cannot be asked: %s",
                              programs[i], strerror(errno));
        else
            accel_error_raise(ACCEL_EUNSUPPORTED, LAUNCH_CALL,
                              "--mpirun_hostfile: %s --version, which says whose it is, ends with status %d",
                              programs[i], status);
        return NULL;
    }
    accel_error_raise(ACCEL_ENOTFOUND, LAUNCH_CALL,
                      "--mpirun_hostfile needs mpirun or mpiexec, of which none is found in PATH");
    return NULL;
}

/* Intel MPI, MVAPICH and MPICH, whose launcher the others' is, are told alike. */
char **mpirun_command(const mpirun *m, const choices *c, char *const *words)
{
    RETURN_NULL_IF_FAILED();
    char per_host[16], all[16];
    bool is_open_mpi = false;
    const char *program = find(&is_open_mpi);
    snprintf(per_host, sizeof per_host, "%d", m->per_host);
    snprintf(all, sizeof all, "%d", m->all);
    const char *open_mpi[] = {program, "--hostfile", m->hostfile, "--npernode", per_host,
                              "-n",    all,          "--bind-to", "socket",     NULL};
    const char *others[] = {program, "-f", m->hostfile, "-ppn", per_host, "-n", all, NULL};
    return program ? script_command(c, is_open_mpi ? open_mpi : others, words) : NULL;
}
