#!/bin/bash
# Five steps of fine-tuning from each of the reference's start checkpoints, without and with dropout, and from the plain
# encoder, whose head the run draws: losses and learning rates as the reference's.
set -u
oracle=$ACCEL_TEST_ORACLE/parity
steps=5
status=0
for run in start_dropout0 start_dropout01 plain; do
    model=$oracle/$run
    [ $run != plain ] || model=$ACCEL_TEST_DATA/minilm
    echo "$run:"
    "$ACCEL_BUILD/examples/text_classification" --cpu --model "$model" --data "$ACCEL_TEST_DATA/reviews.tsv" \
        --max_steps $steps --metrics $run.jsonl >$run.log 2>&1 || { cat $run.log && status=1 && continue; }
    "$ACCEL_PYTHON" "$ACCEL_SOURCE/tests/parity/compare_metrics.py" "$oracle/losses_$run.jsonl" $run.jsonl --steps $steps ||
        status=1
done
exit $status
