#!/bin/bash
# Examples on GPUs: that of the guide's page, in one process and, where there are two, on two; and those with a solver, whose arrays are
# on the CPU.
set -u
pretended=$ACCEL_BUILD/tests/pretend_gpu/libpretend_gpu.so
run=$ACCEL_SOURCE/tests/gpu/run.sh
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 # the sanitizer comes after what is loaded first
gpus=${ACCEL_REAL_GPU:-2}
status=0
complain() { echo "$1" && cat "$2" && status=1; }

for processes in 1 2; do
    [ $processes -le "$gpus" ] || continue
    out=gpu.$processes
    "$ACCEL_BUILD/bin/accelerate" launch --num_processes $processes "$run" "$pretended" "$ACCEL_BUILD/examples/by_feature/gpu" >$out 2>&1 ||
        complain "gpu on $processes: failed" $out
    grep -qE '^epoch 3: accuracy (0\.[89]|1\.0)[0-9]*$' $out || complain "gpu on $processes: does not learn" $out
    grep -qE '^on cuda:0: trained there, a bias of -?[0-9.]*$' $out || complain "gpu on $processes: is elsewhere" $out
done

"$run" "$pretended" "$ACCEL_BUILD/examples/in_situ" >in_situ.1 2>&1 || complain "in_situ: failed" in_situ.1
grep -q '^step  400: off by' in_situ.1 || complain "in_situ: no result" in_situ.1

heat=$ACCEL_BUILD/examples/fortran/train_heat
if [ -x "$heat" ]; then
    "$run" "$pretended" "$heat" >heat.1 2>&1 || complain "train_heat: failed" heat.1
    grep -q '^new rods: off by' heat.1 || complain "train_heat: no result" heat.1
fi
exit $status
