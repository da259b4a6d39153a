#!/bin/bash
# MPI carries the data, under Open MPI's own launcher: what comes out is what Gloo has, to the last bit.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
[ -e "$ACCEL_BUILD/lib/libaccel_mpi.so" ] || lacks "no libaccel_mpi.so: MPI was not found"
. "$ACCEL_SOURCE/tests/processes/training.sh"
. "$ACCEL_SOURCE/tests/processes/jobs.sh"
need mpirun.openmpi
ldd "$ACCEL_BUILD/lib/libaccel_mpi.so" | grep -q 'libmpi\.so' || lacks "libaccel_mpi.so is not Open MPI's"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# What MPI itself keeps until the end is no leak of ours.
[ -z "${ASAN_OPTIONS:-}" ] || export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
compile collectives
compile smaller
OMPI_CC=$CC CC=mpicc.openmpi compile own_mpi
mpirun=(timeout 120 mpirun.openmpi --oversubscribe -n 2)

export ACCEL_BACKEND=gloo
learns "mpirun with Gloo" "${mpirun[@]}"
"${mpirun[@]}" ./collectives >gloo.txt 2>err.txt </dev/null || complain "every dtype by Gloo: exit status $?"
export ACCEL_BACKEND=mpi
learns "mpirun with MPI" "${mpirun[@]}"
trains "mpirun with MPI" "${mpirun[@]}"
cases=$((cases + 1))
"${mpirun[@]}" ./collectives >out.txt 2>err.txt </dev/null || complain "every dtype by MPI: exit status $?"
cmp -s gloo.txt out.txt || complain "every dtype: $(diff gloo.txt out.txt | head -1)"

# own WHAT LEVEL STATUS TEXT: a program that begins MPI itself.
own() {
    local code=0
    cases=$((cases + 1))
    "${mpirun[@]}" ./own_mpi "$2" >out.txt 2>err.txt </dev/null || code=$?
    [ $code = "$3" ] || complain "$1: exit status $code, expected $3"
    cat out.txt err.txt | grep -q "$4" || complain "$1: not said: $4"
}
own "MPI of the program" multiple 0 '^sums 3 and 3$'
own "MPI of the program, for one thread" single 1 'begun without MPI_THREAD_MULTIPLE.*the program is to ask MPI_Init_thread for it'
own "MPI of the program, ended too early" early 1 'accelerator_reduce: MPI: the program has called MPI_Finalize already'
own "MPI of the program, ended" again 1 'accelerator_create: the program has called MPI_Finalize already'

# To mpirun a job in which MPI is not ended has failed.
cases=$((cases + 1))
"${mpirun[@]}" ./smaller >out.txt 2>err.txt </dev/null || complain "another group: exit status $?"
[ "$(cat out.txt)" = "414 of 2" ] || complain "another group: printed $(cat out.txt)"

# ends ACTION SAYS [OPTION]: process 1 does that, and process 0 says so in one line.
ends() {
    cases=$((cases + 1))
    # shellcheck disable=SC2086
    "${mpirun[@]}" ${3:-} ./train 1000 1 5 "$1" >out.txt 2>err.txt </dev/null
    grep 'accel: error: process 0' err.txt >said.txt
    [ "$(wc -l <said.txt)" = 1 ] && grep -q "$2" said.txt || complain "$1: process 0 says \"$(cat said.txt)\""
    none_left "$1"
}
# mpirun may kill who is left before it says anything, unless it is told not to.
cases=$((cases + 1))
"${mpirun[@]}" ./train 1000 1 5 exit7 >out.txt 2>err.txt </dev/null && complain "exit7 passes"
none_left "exit7"
ends abort "process 1 is gone: it ended without accelerator_finish" --enable-recovery
ends exit7 "process 1 is gone: it ended without accelerator_finish" --enable-recovery
ends fail "process 1 failed: no/such/file.tsv: cannot be opened"
ends leave "process 1 has called accelerator_finish already"
export ACCEL_TIMEOUT=10 # for all to meet in, too
ends sleep "waited 10 s for other processes: process 1 is in no call of the group"
export ACCEL_TIMEOUT=60

ACCEL_MPI_LIBRARY=no/such/file.so says "without libaccel_mpi.so" "ACCEL_BACKEND=mpi needs libaccel_mpi.so, which cannot be loaded: " "${mpirun[@]}"
echo 'long accel_transport[16];' | "$CC" -shared -fPIC -x c - -o other.so || complain "other.so is not made"
ACCEL_MPI_LIBRARY=$PWD/other.so says "another version" "ACCEL_BACKEND=mpi needs a libaccel_mpi.so of this version, and found one of another" "${mpirun[@]}"
ACCEL_BACKEND=MPI trains "in capitals" "${mpirun[@]}"
ACCEL_BACKEND=carrier says "a word" 'ACCEL_BACKEND is "carrier", expected gloo or mpi' "${mpirun[@]}"
# shellcheck disable=SC2016
says "two backends, MPI first" "process 0 uses ACCEL_BACKEND=mpi, this one gloo" \
    "${mpirun[@]}" bash -c '[ "$OMPI_COMM_WORLD_RANK" = 0 ] || export ACCEL_BACKEND=gloo; exec "$@"' -
# shellcheck disable=SC2016
says "two backends" "process 0 uses ACCEL_BACKEND=gloo, this one mpi" \
    "${mpirun[@]}" bash -c '[ "$OMPI_COMM_WORLD_RANK" = 1 ] || export ACCEL_BACKEND=gloo; exec "$@"' -

unset ACCEL_BACKEND
cases=$((cases + 1))
mkdir bin && ln -s "$(command -v mpirun.openmpi)" bin/mpirun
echo "localhost slots=2" >hosts
PATH=$PWD/bin:$PATH "$accelerate" launch --cpu --mpirun_hostfile hosts --num_processes 2 --backend mpi --main_process_port "$(free_port)" ./collectives >out.txt 2>err.txt ||
    complain "--mpirun_hostfile --backend mpi: exit status $?"
cmp -s gloo.txt out.txt || complain "--mpirun_hostfile --backend mpi: $(diff gloo.txt out.txt | head -1)"
alone="Open MPI sees 1 process, and the group has 2: a launcher of its own, such as its mpirun, is to start them"
# The launcher cannot tell what a shell begins.
# shellcheck disable=SC2016
expect "MPI without its launcher" 1 ".*$alone" --cpu --num_processes 2 sh -c 'export ACCEL_BACKEND=mpi; exec ./train 6'
grep -qv "$alone" err.txt && complain "MPI without its launcher: says something else"
cases=$((cases + 1))
# shellcheck disable=SC2016
timeout 120 mpirun.openmpi -n 1 "$accelerate" launch --cpu --num_processes 2 sh -c 'export ACCEL_BACKEND=mpi; exec ./train 6' >out.txt 2>err.txt </dev/null && complain "a launch in a job: passes"
grep -q "accelerator_create: $alone" err.txt || complain "a launch in a job: not said: $alone"
if command -v mpirun.mpich >/dev/null; then
    ACCEL_BACKEND=mpi says "MPICH's mpirun" "$alone" timeout 120 mpirun.mpich -n 2
fi
expect "accelerate launch --backend gloo" 0 "" --cpu --num_processes 2 --backend gloo ./train 6
finish
