#!/bin/bash
# A launch that is asked to end saves its state and ends with the status that says so; started again, it goes on.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
. "$ACCEL_SOURCE/tests/processes/training.sh"
compile preempted
for processes in 1 2; do
    for who in launcher one; do
        rm -rf run ready
        cases=$((cases + 1))
        "$accelerate" launch --cpu --num_processes $processes ./preempted 1000000 >out.txt 2>err.txt &
        await test -e ready
        if [ $who = launcher ]; then
            kill -TERM $!
        else # a batch system that asks one of the processes
            kill -USR1 "$(pgrep -f '^\./preempted' | tail -n 1)"
        fi
        wait $!
        [ $? = 75 ] || complain "$who of $processes: exit status, $(cat err.txt)"
        [ $who = one ] || grep -q "accelerate: stopped by signal 15 (SIGTERM), to go on when started again" err.txt ||
            complain "$who of $processes: says $(cat err.txt)"
        expect "$who of $processes, again" 0 "" --cpu --num_processes $processes ./preempted 5
        grep -q "begins at a later step" out.txt || complain "$who of $processes: begins anew: $(cat out.txt)"
    done
done
finish
