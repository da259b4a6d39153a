#!/bin/bash
# Under Open MPI's own launcher.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
. "$ACCEL_SOURCE/tests/processes/training.sh"
. "$ACCEL_SOURCE/tests/processes/jobs.sh"
need mpirun.openmpi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

launcher "mpirun" mpirun.openmpi --oversubscribe -n 2
trains "mpirun of a shell" mpirun.openmpi --oversubscribe -n 2 bash -c '"$@"; exit' -

# Two machines that are both this one.
printf '#!/bin/sh\nshift\nexec sh -c "$*"\n' >shell
chmod +x shell
two_machines=(mpirun.openmpi --mca plm_rsh_agent "$PWD/shell" --host "127.0.0.2,127.0.0.3" -n 2)
refuses "mpirun on two machines" MASTER_ADDR "${two_machines[@]}"
MASTER_ADDR=127.0.0.1 trains "mpirun on two machines" "${two_machines[@]}"
finish
