#!/bin/bash
# What happens when one of the processes that train together fails, dies, stops or never comes: under the launcher and
# without it. Each fault is one line and an exit code, and nobody and no socket is left.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
. "$ACCEL_SOURCE/tests/processes/training.sh"
export ACCEL_TIMEOUT=60

# ---- under the launcher ----

# fault WHAT STATUS LINE OPTION...: as expect, of a training loop; besides, nothing is left.
fault() {
    local what=$1
    rm -f ready.*
    expect "$@"
    none_left "$what"
}

fault "training" 0 "" --num_processes 2 ./train 6
[ "$(cat out.txt)" = "9 samples" ] || complain "training: printed $(cat out.txt)"
fault "one process" 0 "" ./train 6
fault "four processes" 0 "" --num_processes 4 ./train 6
[ "$(cat out.txt)" = "9 samples" ] || complain "four processes: printed $(cat out.txt)"
SAMPLES=1 fault "more processes than samples" 0 "" --num_processes 3 ./train 4
[ "$(cat out.txt)" = "1 samples" ] || complain "more processes than samples: printed $(cat out.txt)"
SAMPLES=0 fault "no samples" 0 "" --num_processes 2 timeout 20 ./train 0

gone='\(pid [0-9]+\)'
for rank in 0 1; do
    fault "exit of $rank" 7 "accelerate: process $rank $gone exited with code 7" --num_processes 2 ./train 1000 $rank 5 exit7
    fault "abort of $rank" 134 "accelerate: process $rank $gone was killed by signal 6 \(SIGABRT\)" --num_processes 3 ./train 1000 $rank 5 abort
    fault "failure of $rank" 1 "accelerate: process $rank $gone exited with code 1: no/such/file.tsv: .*" \
        --num_processes 3 ./train 1000 $rank 5 fail
    fault "leaving of $rank" 1 "accelerate: process [0-2] $gone exited with code 1: accel.*process $rank has called accelerator_finish already" \
        --num_processes 3 ./train 1000 $rank 5 leave
    for kind in "shape (3,) float32" "dtype (2,) int64" "barrier (0,) uint8"; do
        fault "other $kind on $rank" 1 "accelerate: process [01] $gone exited with code 1: accelerator_[a-z_]*: process 0 calls .*, process 1 calls .*" \
            --num_processes 2 ./train 1000 $rank 5 ${kind%% *}
    done
done
grep -q "process 0 calls accelerator_gather of float32 (2,), process 1 calls accelerator_wait_for_everyone$" err.txt ||
    complain "a mismatch does not show both calls"

# In the middle of a step of several micro-batches, where the others do not wait yet.
export ACCELERATE_GRADIENT_ACCUMULATION_STEPS=4 SAMPLES=64
fault "accumulation" 0 "" --num_processes 2 ./train 16
fault "abort in a step" 134 "accelerate: process 1 $gone was killed by signal 6 \(SIGABRT\)" --num_processes 2 ./train 1000 1 6 abort
fault "leaving in a step" 1 "accelerate: process 0 $gone exited with code 1: accel.*process 1 has called accelerator_finish already" \
    --num_processes 2 ./train 1000 1 6 leave
ACCEL_TIMEOUT=6 fault "stop in a step" 1 "accelerate: process 0 $gone exited with code 1: accelerator_backward: waited 6 s for other processes: process 1 .*" \
    --num_processes 2 --shutdown_timeout 1 ./train 1000 1 6 stop
unset ACCELERATE_GRADIENT_ACCUMULATION_STEPS SAMPLES

FAIL_EARLY=1 fault "failure before all are there" 1 "accelerate: process 1 $gone exited with code 1: no/such/file.tsv: .*" \
    --num_processes 3 --shutdown_timeout 1 ./train 5
fault "no way to one of them" 1 "accelerate: process 1 $gone exited with code 1: accelerator_create: .*nowhere.*" --num_processes 3 \
    bash -c 'if [ $RANK = 1 ]; then export GLOO_SOCKET_IFNAME=nowhere; fi; exec timeout 30 ./train 5'

# killed RANK: a process that is killed in the middle of training.
killed() {
    local code=0
    rm -f ready.*
    timeout 120 "$accelerate" launch --num_processes 3 ./train 100000 >out.txt 2>err.txt </dev/null &
    await exist ready.0 ready.1 ready.2
    kill -KILL "$(cat ready.$1)"
    wait $! || code=$?
    cases=$((cases + 1))
    [ $code = 137 ] || complain "SIGKILL to $1: exit status $code"
    grep -qx "accelerate: process $1 (pid $(cat ready.$1)) was killed by signal 9 (SIGKILL)" err.txt || complain "SIGKILL to $1: line"
    [ "$(wc -l <err.txt)" = 1 ] || complain "SIGKILL to $1: more than one line"
    none_left "SIGKILL to $1"
}
killed 0
killed 1

# signalled NAME STATUS LINE: a signal to the launcher itself, in the middle of training.
signalled() {
    local code=0
    rm -f ready.*
    "$accelerate" launch --num_processes 2 ./train 100000 >out.txt 2>err.txt </dev/null &
    await exist ready.0 ready.1
    kill -"$1" $!
    wait $! 2>/dev/null || code=$?
    cases=$((cases + 1))
    [ $code = "$2" ] || complain "SIG$1 to the launcher: exit status $code"
    [[ $(cat err.txt) =~ ^$3$ ]] || complain "SIG$1 to the launcher: line"
    none_left "SIG$1 to the launcher"
}
signalled TERM 143 'accelerate: stopped by signal 15 \(SIGTERM\)'
signalled INT 130 'accelerate: stopped by signal 2 \(SIGINT\)'
signalled KILL 137 ''
rm -rf tmp/*

ACCEL_TIMEOUT=6 fault "a stopped process" 1 "accelerate: process 0 $gone exited with code 1: accel.*: waited 6 s for other processes: process 1 does not answer" \
    --num_processes 2 --shutdown_timeout 0.5 --rdzv_conf timeout=50 ./train 1000 1 5 stop
ACCEL_TIMEOUT=6 fault "a sleeping process" 1 "accelerate: process [01] $gone exited with code 1: accel.*: waited 6 s for other processes: process 2 is in no call of the group since accel[a-z_]*, after [0-9]* operations" \
    --num_processes 3 --shutdown_timeout 0.5 ./train 1000 2 5 sleep

# ---- without it ----

# by_hand WHAT RANKS LINE STATUS...: a training loop in processes that nobody watches, whose environment is set by hand. Each
# ends with its STATUS; the one line of process 0, or of the first that says something, is LINE.
by_hand() {
    local what=$1 size=$2 line=$3 rank code started=()
    shift 3
    rm -f ready.*
    for ((rank = 0; rank < size; rank++)); do
        RANK=$rank WORLD_SIZE=$size LOCAL_RANK=$rank LOCAL_WORLD_SIZE=$size MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \
            ./train "${training[@]}" >out.$rank 2>err.$rank </dev/null &
        started[rank]=$!
    done
    for ((rank = 0; rank < size; rank++)); do
        code=0
        wait "${started[rank]}" 2>/dev/null || code=$?
        [ $code = "$1" ] || complain "$what: process $rank ended with $code, expected $1"
        shift
    done
    cases=$((cases + 1))
    cat err.? >err.txt
    if [ -z "$line" ]; then
        [ ! -s err.txt ] || complain "$what: says something"
    else
        grep -q -E -- "$line" err.txt || complain "$what: expected $line"
    fi
    for ((rank = 0; rank < size; rank++)); do
        [ "$(wc -l <err.$rank)" -le 1 ] || complain "$what: process $rank says more than one line"
    done
    none_left "$what"
    listens "$port" && complain "$what: something still listens on port $port"
}

port=$(free_port)
training=(6) && by_hand "by hand" 3 "" 0 0 0
training=(1000 1 5 abort) && by_hand "death of 1" 3 "^accel: error: process 0: accel.*: process 1 is gone: it ended without accelerator_finish$" 1 134 1
training=(1000 0 5 abort) && by_hand "death of 0" 3 "^accel: error: process 1: accel.*: process 0 is gone: it ended without accelerator_finish$" 134 1 1
training=(1000 2 5 fail) && by_hand "failure of 2" 3 "^accel: error: process 0: accel.*: process 2 failed: no/such/file.tsv: " 1 1 1
training=(1000 0 5 fail) && by_hand "failure of 0" 3 "^accel: error: process 2: accel.*: process 0 failed: no/such/file.tsv: " 1 1 1
training=(1000 1 5 leave) && by_hand "leaving of 1" 2 "^accel: error: process 0: accel.*: process 1 has called accelerator_finish already" 1 1

# One that never comes.
RANK=0 WORLD_SIZE=3 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port ACCEL_TIMEOUT=1 ./train 5 2>err.txt && complain "a lone process 0 passes"
grep -qx "accel: error: accelerator_create: processes 1, 2 of 3 did not arrive within 1 s" err.txt || complain "lone process 0"
RANK=1 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port ACCEL_TIMEOUT=1 ./train 5 2>err.txt && complain "a lone process 1 passes"
grep -qx "accel: error: accelerator_create: process 0 was not at 127.0.0.1 port $port within 1 s: Connection refused" err.txt || complain "lone process 1"

# How long they wait for each other to come is not how long they wait in a call.
RANK=0 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port ACCEL_MEETING_TIMEOUT=1 ./train 5 2>err.txt && complain "a lone process 0 passes"
grep -qx "accel: error: accelerator_create: process 1 of 2 did not arrive within 1 s" err.txt || complain "lone process 0 of two: $(cat err.txt)"
RANK=0 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port ACCEL_MEETING_TIMEOUT=0 ./train 5 2>err.txt && complain "no time to meet passes"
grep -qx "accel: error: accelerator_create: ACCEL_MEETING_TIMEOUT must be seconds in .*, got \"0\"" err.txt || complain "no time to meet: $(cat err.txt)"

# A port that is taken, and a process that takes part twice.
listen_on "$port" && RANK=0 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port ./train 5 2>err.txt && complain "a taken port passes"
grep -qx "accel: error: accelerator_create: port $port, which MASTER_PORT names, is taken" err.txt || complain "taken port: $(cat err.txt)"
expect "a taken port" 1 "accelerate: port $port on 127.0.0.1 is taken \(--main_process_port\)" --num_processes 2 --main_process_port "$port" ./train 5
stop_listening
expect "a port of one's own" 0 "" --num_processes 2 --main_process_port "$port" ./train 5
RANK=2 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port ./train 5 2>err.txt && complain "rank 2 of 2 passes"
grep -qx "accel: error: accelerator_create: RANK is 2, which does not fit WORLD_SIZE 2" err.txt || complain "rank 2 of 2"
finish
