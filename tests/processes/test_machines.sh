#!/bin/bash
# Several machines, which are network namespaces here: they meet at the address that --main_process_ip says, and what is wrong there is
# told in one line each.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
. "$ACCEL_SOURCE/tests/processes/training.sh"
need ip
tag=accel$$
trap 'ip netns del $tag.0 2>/dev/null; ip netns del $tag.1 2>/dev/null' EXIT
# What the system does not allow is nothing that could be installed.
if ! { ip netns add $tag.0 && ip netns add $tag.1 && ip link add v0 netns $tag.0 type veth peer name v1 netns $tag.1; } 2>err.txt; then
    echo "this system lets nobody, or root alone, make network namespaces: $(tail -n 1 err.txt)"
    exit 77
fi
for machine in 0 1; do
    ip -n $tag.$machine address add 10.77.0.$((machine + 1))/24 dev v$machine
    ip -n $tag.$machine link set v$machine up
    ip -n $tag.$machine link set lo up
done
on() { # MACHINE WORD...: a command there
    ip netns exec $tag.$1 "${@:2}"
}
launch() { # MACHINE WORD...: what is launched there, with the addresses of both
    on "$1" timeout 120 "$accelerate" launch --num_machines 2 --machine_rank "$1" --main_process_ip 10.77.0.1 "${@:2}" >out.$1 2>err.$1
}
both() { # WHAT STATUS0 STATUS1 WORD...: at the same time
    local what=$1 expected=("$2" "$3") codes=()
    shift 3
    cases=$((cases + 1))
    launch 0 "$@" &
    launch 1 "$@"
    codes[1]=$?
    wait $!
    codes[0]=$?
    for machine in 0 1; do
        [[ ${codes[machine]} =~ ^${expected[machine]}$ ]] || complain "$what: machine $machine: exit status ${codes[machine]}: $(cat err.$machine)"
    done
    none_left "$what"
}
says() { # WHAT MACHINE LINE: its last line
    [[ $(tail -n 1 err.$2) =~ $3 ]] || complain "$1: machine $2 says \"$(tail -n 1 err.$2)\", expected \"$3\""
}
export ACCEL_TIMEOUT=60

# One process on each, then two on each; the port by default, and another one.
both "two machines" 0 0 --num_processes 2 ./train 6
[ "$(cat out.0)" = "9 samples" ] && [ ! -s out.1 ] || complain "two machines: $(cat out.0 out.1)"
both "two machines, two processes each" 0 0 --num_processes 4 --main_process_port 29611 ./train 6
[ "$(cat out.0)" = "9 samples" ] || complain "two processes each: $(cat out.0)"
both "their numbers" 0 0 --num_processes 4 sh -c 'echo $RANK/$WORLD_SIZE $LOCAL_RANK/$LOCAL_WORLD_SIZE $GROUP_RANK $MASTER_ADDR'
[ "$(sort out.1)" = "2/4 0/2 1 10.77.0.1
3/4 1/2 1 10.77.0.1" ] || complain "their numbers: $(cat out.1)"

# A process of one machine that fails ends those of the other, which say so.
both "a failure" '134' '(1|134)' --num_processes 2 ./train 1000 0 5 abort
says "a failure" 0 'process 0 .* was killed by signal 6'
says "a failure" 1 'process 1 .*: .*process 0'
both "a failure on the other" '1' '134' --num_processes 2 ./train 1000 1 5 abort
says "a failure on the other" 0 'process 0 .*: .*process 1'

# What failed is started anew on both machines, and meets once more.
both "a restart" 0 0 --num_processes 2 --max_restarts 3 bash -c \
    'if [ $TORCHELASTIC_RESTART_COUNT = 0 ]; then exec ./train 1000 1 5 abort; else exec ./train 6; fi'
[ "$(cat out.0)" = "9 samples" ] || complain "a restart: $(cat out.0 err.0 err.1)"

# Machines that never come, wrong addresses, and packets that vanish: one line within the time.
export ACCEL_TIMEOUT=4
alone() { # WHAT MACHINE LINE WORD...
    cases=$((cases + 1))
    launch "$2" "${@:4}" && complain "$1: passes"
    says "$1" "$2" "^accelerate: process $2 .* exited with code 1: accelerator_create: $3$"
    none_left "$1"
}
not_at() { echo "process 0 was not at ${1//./\\.} port 29500 within 4 s: $2"; } # ADDRESS WHY
alone "the other never comes" 0 "process 1 of 2 did not arrive within 4 s" --num_processes 2 ./train 6
alone "the first never comes" 1 "$(not_at 10.77.0.1 "Connection refused")" --num_processes 2 ./train 6
alone "nobody there" 1 "$(not_at 10.77.0.9 ".*")" --num_processes 2 --main_process_ip 10.77.0.9 ./train 6
alone "no such name" 1 "$(not_at no.such.name.invalid ".*")" --num_processes 2 --main_process_ip no.such.name.invalid ./train 6
# What is sent to an address of the link layer that nobody has is dropped without a word, as firewalls do.
ip -n $tag.1 neighbour replace 10.77.0.1 lladdr 02:00:00:00:00:02 dev v1 nud permanent
alone "packets vanish" 1 "$(not_at 10.77.0.1 "Connection timed out")" --num_processes 2 ./train 6
finish
