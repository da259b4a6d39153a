#!/bin/bash
# --mpirun_hostfile has the launcher of an MPI start the processes, and tells it in its own words.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
unset MASTER_ADDR MASTER_PORT "${!OMPI_@}" "${!PMI@}" "${!SLURM_@}"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
path=$PATH
printf 'localhost slots=4\n' >hosts

# pretend PROGRAM VERSION [STATUS]: a launcher in bin/ that says so of itself, and otherwise which words it got.
pretend() {
    mkdir -p bin
    printf '#!/bin/sh\nif [ "$1" = --version ]; then echo "%s"; exit %s; fi\necho "$(basename "$0") $*"\n' "$2" "${3:-0}" >"bin/$1"
    chmod +x "bin/$1"
}

# starts WHAT LINE [WORD...]: a launch of two processes on each of two machines prints that line, which --dry_run shows as well.
starts() {
    local what=$1 line=$2
    shift 2
    expect "$what" 0 "" --cpu --num_machines 2 --main_process_ip 127.0.0.1 --machine_rank 0 --num_processes 4 --mpirun_hostfile hosts "$@"
    [ "$(cat out.txt)" = "$line" ] || complain "$what: expected \"$line\""
    expect "$what, --dry_run" 0 "" --dry_run --cpu --num_machines 2 --main_process_ip 127.0.0.1 --machine_rank 0 --num_processes 4 --mpirun_hostfile hosts "$@"
    [ "$(tail -n 1 out.txt)" = "env $line" ] || complain "$what, --dry_run: expected \"env $line\""
}
PATH=$PWD/bin:$path
pretend mpirun "mpirun (Open MPI) 4.1.4"
starts "Open MPI" "mpirun --hostfile hosts --npernode 2 -n 4 --bind-to socket ./train -n 3" ./train -n 3
pretend mpirun "Intel(R) MPI Library for Linux* OS, Version 2021.11"
starts "Intel MPI" "mpirun -f hosts -ppn 2 -n 4 ./train" ./train
starts "a script" "mpirun -f hosts -ppn 2 -n 4 python train.py" --python python train.py
pretend mpirun "mvapich2 2.3.7 HYDRA build details:"
starts "MVAPICH" "mpirun -f hosts -ppn 2 -n 4 ./train" ./train
pretend mpirun "it is broken" 3
expect "a broken one" 2 "accelerate launch: --mpirun_hostfile: mpirun --version, which says whose it is, ends with status 3" --mpirun_hostfile hosts true

# Where there is no mpirun, mpiexec is asked, and there may be neither.
rm -rf bin && mkdir bin && ln -s "$(command -v basename)" "$(command -v sh)" bin/
accelerate_path=$PATH
starts_alone() { PATH=$PWD/bin "$accelerate" launch --dry_run --mpirun_hostfile hosts true >out.txt 2>err.txt; }
starts_alone
[ $? = 127 ] && [ "$(cat err.txt)" = "accelerate launch: --mpirun_hostfile needs mpirun or mpiexec, of which none is found in PATH" ] || complain "neither"
pretend mpiexec "HYDRA build details:"
starts_alone && [ "$(tail -n 1 out.txt)" = "env mpiexec -f hosts -ppn 1 -n 1 true" ] || complain "mpiexec alone"
PATH=$accelerate_path

# Those that are installed: every process knows its rank.
real() { # WHAT PROGRAM FILE
    if ! command -v "$2" >/dev/null; then
        echo "no $2; scripts/setup --tests installs it"
        [ -z "${CI:-}" ] || complain "$1: is absent"
        return
    fi
    mkdir -p bin
    printf '#!/bin/sh\nexec %s "$@"\n' "$(command -v "$2")" >bin/mpirun
    chmod +x bin/mpirun
    printf '%b' "$3" >hosts
    expect "$1" 0 "" --cpu --num_processes 2 --mpirun_hostfile hosts \
        sh -c 'echo "rank ${OMPI_COMM_WORLD_RANK:-$PMI_RANK} at $MASTER_ADDR:$MASTER_PORT"'
    [ "$(sort out.txt)" = "rank 0 at 127.0.0.1:29500
rank 1 at 127.0.0.1:29500" ] || complain "$1: expected two ranks"
}
real "Open MPI, as installed" mpirun.openmpi 'localhost slots=4\n'
real "MPICH, as installed" mpiexec.hydra 'localhost:4\n'
finish
