#!/bin/bash
# The gradients that two ranks average, on each of them, against those of the joined batch: with matrix products as the
# reference does them, and with oneDNN's.
set -u
status=0
for fast in 0 1; do
    echo "fast products: $fast"
    ACCEL_FAST_MATMUL=$fast "$ACCEL_BUILD/bin/accelerate" launch --cpu --num_processes 2 "$ACCEL_BUILD/tests/parity/test_joined" ||
        status=1
done
exit $status
