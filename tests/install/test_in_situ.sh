#!/bin/bash
# examples/in_situ.c learns from the solver's memory, alone, under the launcher and under the variables of an MPI launcher; processes
# end with the same weights; an error that stays is a failure.
set -u
program=$ACCEL_BUILD/examples/in_situ
launch="$ACCEL_BUILD/bin/accelerate launch --cpu"
status=0
complain() { echo "$1" && status=1; }

# learns PROCESSES FILE: the error of the last step is a fifth of the first at most, said once; every process has the same weights.
learns() {
    awk -v processes="$1" '/^step/ { if (steps++ == 0) first = $5; last = $5; at = $2 + 0 }
         /^process/ { ended[$2]; sums[$NF] }
         END { exit !(steps == 4 && at == 300 && last > 0 && last <= first / 5 && length(ended) == processes && length(sums) == 1) }' \
        "$2" && return
    complain "$2: does not learn" && cat "$2"
}

"$program" --steps 300 >alone 2>&1 || complain "alone: exit status $?"
learns 1 alone
for processes in 1 2; do
    timeout 120 $launch --num_processes $processes "$program" --steps 300 >launched.$processes 2>&1 ||
        complain "launched.$processes: exit status $?"
    learns $processes launched.$processes
done
cmp alone launched.1 || complain "the launcher makes a difference"

MASTER_PORT=$("$ACCEL_PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export MASTER_PORT MASTER_ADDR=127.0.0.1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_SIZE=2
for rank in 0 1; do
    OMPI_COMM_WORLD_RANK=$rank OMPI_COMM_WORLD_LOCAL_RANK=$rank timeout 120 "$program" --steps 300 >mpi.$rank 2>&1 &
    pids[rank]=$!
done
for rank in 0 1; do wait "${pids[rank]}" || complain "mpi.$rank: exit status $?"; done
cat mpi.0 mpi.1 >mpi
learns 2 mpi
unset MASTER_PORT MASTER_ADDR OMPI_COMM_WORLD_SIZE OMPI_COMM_WORLD_LOCAL_SIZE
[ "$(grep ^step mpi)" = "$(grep ^step launched.2)" ] || complain "another launcher makes a difference"

for processes in 1 2; do
    timeout 120 $launch --num_processes $processes "$program" --size 24 --steps 2 --factor 1000 >stays.$processes 2>&1 &&
        complain "an error that stays passes on $processes"
    grep -q 'in_situ: off by .*: --factor is 1000$' stays.$processes || { complain "stays.$processes: no error line" && cat stays.$processes; }
    grep -q '^process' stays.$processes && complain "stays.$processes: goes on"
done
refused() {
    "$program" "$@" >refused 2>&1
    [ $? = 2 ] && grep -q "^in_situ: ${1} must be in \[.*\], got ${2}$" refused || { complain "$*: is not refused" && cat refused; }
}
refused --size 23
refused --steps 1x
refused --ahead 0
exit $status
