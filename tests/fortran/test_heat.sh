#!/bin/bash
# The example learns, on one process and on two, from the solver's own arrays; where it cannot print it says so.
set -u
. "$ACCEL_SOURCE/tests/fortran/compiler.sh"
heat=$ACCEL_BUILD/examples/fortran/train_heat
launch=$ACCEL_BUILD/bin/accelerate
status=0

learns() { # FILE
    awk '/^the tensors are the solver.s arrays$/ { same++ }
         /^epoch/ { epochs++; last = $4; if (epochs == 1) first = $4 }
         /^new rods/ { off = $5; given = $7 }
         END { exit !(same == 1 && epochs == 20 && last < first / 10 && off > 0 && off < given / 3) }' "$1" && return
    echo "$1: does not learn" && cat "$1" && status=1
}

"$heat" >one.txt 2>&1 || { echo "alone: exit status $?" && status=1; }
learns one.txt
timeout 120 "$launch" launch --cpu --num_processes 2 "$heat" >two.txt 2>&1 || { echo "two: exit status $?" && status=1; }
learns two.txt
ACCEL_KEEP_MEMORY=maybe "$heat" >refused.txt 2>&1 && echo "what is refused passes" && status=1
grep -q '^accel: error: ' refused.txt || { echo "no error line" && cat refused.txt && status=1; }
exit $status
