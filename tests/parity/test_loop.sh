#!/bin/bash
# Accumulation with clipping and a cosine schedule, and bf16 with clipping by value, in one process and on two ranks; fp16 in one:
# losses, gradient norms and learning rates as the reference's.
set -u
. "$ACCEL_SOURCE/tests/parity/compare_loop.sh"
oracle=$ACCEL_TEST_ORACLE/loop
status=0
for run in accumulated bf16; do
    for processes in 1 2; do
        compare_loop "$oracle" $run $processes 4 || status=1
    done
done
compare_loop "$oracle" half 1 4 || status=1
exit $status
