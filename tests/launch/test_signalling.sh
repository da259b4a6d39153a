#!/bin/bash
# Signals to the launcher reach the processes, and end them when they are meant to.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"

# launch [WORD...] and then a script for two processes, in the background; returns when both have written ready.RANK.
launch() {
    rm -f ready.* got.* go
    "$accelerate" launch --num_processes 2 "${@:1:$#-1}" bash -c "${@: -1}" >out.txt 2>err.txt &
    launcher=$!
    cases=$((cases + 1))
    await exist ready.0 ready.1
}

launcher_waits() { grep -q ') S ' /proc/$launcher/stat; }

# heard RANK: the launcher has dealt with what it was sent before, and that process, which marks, with what it was sent for it. Of
# signals that are there at once the launcher may pass on this one first: then the second comes behind them.
marks='trap "echo x >mark.\$RANK" USR1;'
heard() {
    local time
    for time in 1 2; do
        rm -f mark.$1
        kill -USR1 $launcher
        await exist mark.$1 && await launcher_waits || return
    done
}

# ends WHAT STATUS LINE: as expect. Shells talk about signals, too.
ends() {
    local code=0 said
    wait $launcher || code=$?
    said=$(grep '^accelerate: ' err.txt)
    [ $code = "$2" ] || complain "$1: exit status $code, expected $2"
    [[ $said =~ ^$3$ ]] || complain "$1: says \"$said\", expected \"$3\""
    for rank in 0 1; do is_gone "$(cat ready.$rank)" || complain "$1: rank $rank is left"; done
}

wait_here='echo $$ >ready.$RANK; while :; do sleep 0.05; done'
for signal in INT TERM HUP QUIT; do
    number=$(kill -l $signal)
    launch 'echo $$ >ready.$RANK; exec sleep 1000' # bash ignores SIGQUIT
    kill -$signal $launcher
    ends "SIG$signal" $((128 + number)) "accelerate: stopped by signal $number \(SIG$signal\)"
    launch "trap 'echo x >got.\$RANK; exit 0' $signal; $wait_here"
    kill -$signal $launcher
    ends "SIG$signal, and they end well" 0 ""
    exist got.0 got.1 || complain "SIG$signal did not reach everybody"
    launch "trap '[ \$RANK = 0 ] || exit 0; exit 3' $signal; $wait_here"
    kill -$signal $launcher
    ends "SIG$signal, and one does not end well" $((128 + number)) "accelerate: stopped by signal $number .*"
done
for signal in USR1 USR2; do
    launch "trap 'echo x >got.\$RANK' $signal; trap 'exit 0' TERM; $wait_here"
    kill -$signal $launcher
    await exist got.0 got.1
    is_alive $launcher || complain "SIG$signal ended the launch"
    kill -TERM $launcher
    ends "SIG$signal" 0 ""
done

launch --shutdown_timeout 0.2 "trap '' TERM; $wait_here"
kill -TERM $launcher
ends "SIGTERM that is ignored" 143 "accelerate: stopped by signal 15 \(SIGTERM\)"
launch --shutdown_timeout 1000 "$marks trap 'echo x >got.\$RANK' INT TERM HUP; $wait_here"
kill -INT $launcher
await exist got.0 got.1
rm got.*
kill -HUP $launcher # a terminal that goes away is not impatient, and who saves a state may not know that signal
heard 0
[ ! -e got.0 ] && is_alive "$(cat ready.0)" || complain "SIGHUP after SIGINT was passed on"
kill -INT $launcher
ends "a second SIGINT" 130 "accelerate: stopped by signal 2 \(SIGINT\)"
launch --shutdown_timeout 1000 "$marks"'trap "echo x >got.\$RANK" TERM
    echo $$ >ready.$RANK; while :; do sleep 0.05; [ $RANK = 0 ] || [ ! -e go ] || exit 5; done'
touch go # rank 1 fails, and rank 0 is asked to end
await exist got.0
kill -TERM $launcher
heard 0
is_alive "$(cat ready.0)" || complain "a first SIGTERM was taken for a second"
kill -INT $launcher
ends "impatience after a failure" 5 "accelerate: process 1 \(pid [0-9]+\) exited with code 5"

# As nohup does it.
rm -f ready.* go
(trap '' HUP; exec "$accelerate" launch --num_processes 2 bash -c "$marks echo \$\$ >ready.\$RANK
    while :; do sleep 0.05; [ \$RANK = 0 ] || [ ! -e go ] || exit 5; done") >out.txt 2>err.txt &
launcher=$!
await exist ready.0 ready.1
kill -HUP $launcher "$(cat ready.0)"
heard 0
is_alive "$(cat ready.0)" || complain "SIGHUP was not ignored"
touch go # rank 1 fails, which is not for the signal
ends "SIGHUP under nohup" 5 "accelerate: process 1 \(pid [0-9]+\) exited with code 5"
finish
