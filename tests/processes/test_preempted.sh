#!/bin/bash
# A launch that is asked to end saves its state and ends with the status that says so; started again, it goes on.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
. "$ACCEL_SOURCE/tests/processes/training.sh"
compile preempted
for processes in 1 2; do
    last=ready.$((processes - 1))
    for who in launcher system systemd one; do
        rm -rf run ready.*
        cases=$((cases + 1))
        "$accelerate" launch --cpu --num_processes $processes --max_restarts 1 ./preempted 1000000 >out.txt 2>err.txt &
        await exist ready.0 "$last"
        case $who in
        launcher) kill -TERM $! ;;
        system) kill -HUP $! && kill -TERM $! ;; # which shuts down
        systemd) kill -TERM $! && kill -HUP $! ;;
        one) kill -USR1 "$(cat "$last")" ;; # a batch system that asks one of the processes
        esac
        wait $!
        [ $? = 75 ] || complain "$who of $processes: exit status, $(cat err.txt)"
        grep -q "^accelerate: stopped.*, to go on when started again" err.txt || complain "$who of $processes: says $(cat err.txt)"
        expect "$who of $processes, again" 0 "" --cpu --num_processes $processes ./preempted 5
        grep -q "begins at a later step" out.txt || complain "$who of $processes: begins anew: $(cat out.txt)"
    done
done
finish
