#!/bin/bash
# Under Slurm's srun, in a cluster of two machines that are both this one; its daemons live in this test's folder.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
. "$ACCEL_SOURCE/tests/processes/training.sh"
. "$ACCEL_SOURCE/tests/processes/jobs.sh"
PATH=$PATH:/usr/sbin
need srun salloc slurmctld slurmd munged

# ---- the cluster ----

export SLURM_CONF=$PWD/slurm.conf
daemons=()

# A test that is killed takes them with it.
start_daemon() {
    setpriv --pdeathsig TERM "$@" >>daemons.txt 2>&1 </dev/null &
    daemons=($! "${daemons[@]}")
}

has_no_job() { [ -z "$(squeue --noheader)" ]; }

# What a job has running does not end with the daemons.
stop_cluster() {
    local daemon
    if is_alive "${daemons[0]:-0}"; then
        scancel --user "$(id -un)"
        await has_no_job
    fi
    for daemon in "${daemons[@]}"; do
        kill "$daemon" 2>/dev/null
        wait "$daemon" 2>/dev/null
    done
}
trap stop_cluster EXIT
trap 'exit 1' INT TERM HUP

# Names that are addresses need nobody who knows them, and Slurm shortens lists of them like any other: 127.0.0.[1-2].
write_configuration() {
    local host machine
    host=$(hostname -s)
    cat <<CONFIGURATION
ClusterName=accel
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthInfo=socket=$PWD/cluster/munge
StateSaveLocation=$PWD/cluster
SlurmdSpoolDir=$PWD/cluster/%n
SlurmdParameters=config_overrides
SlurmctldPidFile=$PWD/cluster/slurmctld.pid
SlurmdPidFile=$PWD/cluster/%n.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
PartitionName=all Nodes=ALL Default=YES OverSubscribe=FORCE:4
CONFIGURATION
    for machine in 127.0.0.1 127.0.0.2; do
        echo "NodeName=$machine NodeHostname=$host NodeAddr=127.0.0.1 Port=$(free_port) CPUs=2"
    done
}

is_idle() { [ "$(sinfo --noheader --format '%T %D' 2>/dev/null)" = "idle 2" ]; }

start_cluster() {
    mkdir cluster
    (umask 077 && head -c 128 /dev/urandom >cluster/key)
    write_configuration >slurm.conf
    start_daemon munged --foreground --force --key-file "$PWD/cluster/key" --socket "$PWD/cluster/munge" \
        --pid-file "$PWD/cluster/munge.pid" --log-file "$PWD/cluster/munge.log" --seed-file "$PWD/cluster/munge.seed"
    await test -S cluster/munge
    start_daemon slurmctld -D -c
    start_daemon slurmd -D -N 127.0.0.1
    start_daemon slurmd -D -N 127.0.0.2
    await is_idle || { tail -n 20 daemons.txt && exit 1; }
}
start_cluster

# ---- one machine ----

launcher "srun" srun -N 1 -n 2
for interface in $(srun --mpi=list 2>&1 | sed -n 's/^[[:space:]]*\(pmi2\|pmix\)$/\1/p'); do
    trains "srun --mpi=$interface" srun "--mpi=$interface" -N 1 -n 2
done

cases=$((cases + 1))
SAMPLES=20 salloc -N 1 -n 2 bash -c 'for step in 0 1; do srun --overlap -n 2 ./train 40 >"out.$step" & done; wait' 2>err.txt </dev/null
for step in 0 1; do
    [ "$(cat "out.$step")" = "20 samples" ] || complain "two steps of a job at once: step $step printed $(cat "out.$step")"
done
none_left "two steps of a job"

# The port that the next job's number gives is others', of whom one is not there yet: none of the job takes its place.
cases=$((cases + 1))
next=$(scontrol show config | sed -n 's/^NEXT_JOB_ID *= *//p')
port=$((20000 + next * 31 % 12000))
others=(env WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT="$port")
"${others[@]}" RANK=0 ./train 6 >others.txt 2>&1 &
first=$!
await listens "$port"
ACCEL_TIMEOUT=2 srun -N 1 -n 2 ./train 6 >out.txt 2>err.txt </dev/null && complain "a taken port passes"
grep -q "port $port, which the job's number gives, is taken; MASTER_PORT names another" err.txt || complain "a taken port"
"${others[@]}" RANK=1 ./train 6 >out.txt 2>err.txt || complain "who has the port: exit status $?"
wait "$first" || complain "who has the port: exit status $?: $(cat others.txt)"
[ "$(cat others.txt)" = "9 samples" ] || complain "who has the port: printed $(cat others.txt)"

# ---- several ----

trains "two machines" srun -N 2 -n 2
trains "two machines, three processes" srun -N 2 -n 3
MASTER_ADDR=localhost trains "two machines and MASTER_ADDR" srun -N 2 -n 2
finish
