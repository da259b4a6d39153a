#!/bin/bash
# Under MPICH's own launcher, which leaves no number of the job.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
. "$ACCEL_SOURCE/tests/processes/training.sh"
. "$ACCEL_SOURCE/tests/processes/jobs.sh"
need mpiexec.hydra

launcher "mpiexec" mpiexec.hydra -n 2
trains "mpiexec of a shell" mpiexec.hydra -n 2 bash -c '"$@"; exit' -

# Two machines that are both this one.
two_machines=(mpiexec.hydra -launcher fork -hosts "127.0.0.1,127.0.0.2" -n 2)
refuses "mpiexec on two machines" MASTER_ADDR "${two_machines[@]}"
MASTER_ADDR=127.0.0.1 refuses "mpiexec on two machines" MASTER_PORT "${two_machines[@]}"
MASTER_ADDR=127.0.0.1 MASTER_PORT=$(free_port) trains "mpiexec on two machines" "${two_machines[@]}"
finish
