#!/bin/bash
# Fifty steps of training agree with the reference's, loss by loss: from a start checkpoint without and with dropout, and from the
# pretrained model whose head each side draws itself. In one process, and on two ranks.
set -eu
here=$ACCEL_SOURCE/tests/parity
model=$ACCEL_TEST_DATA/minilm
data=$ACCEL_TEST_DATA/reviews.tsv
steps=50

ask() { # ORACLE SCRIPT OPTIONS
    oracle=$ACCEL_TEST_ORACLE/$1
    script=$here/$2
    shift 2
    [ -e "$oracle/oracle.json" ] ||
        "$ACCEL_PYTHON" "$script" --model "$model" --data "$data" --out "$oracle" --steps $steps "$@"
}

compare() { # METRICS LAUNCHER
    metrics=$1
    shift
    for run in start_dropout0 start_dropout01 plain; do
        start=$oracle/$run
        [ $run != plain ] || start=$model
        "$@" "$ACCEL_BUILD/examples/text_classification" --cpu --model "$start" --data "$data" --max_steps $steps \
            --metrics "$metrics.$run.jsonl"
        echo "$metrics, $run:"
        "$ACCEL_PYTHON" "$here/compare_metrics.py" "$oracle/losses_$run.jsonl" "$metrics.$run.jsonl" --tolerance 1e-4 --steps $steps
    done
}

ask parity50 oracle_parity.py
compare one_process env
ask two_ranks50 oracle_two_ranks.py --runs start_dropout0 start_dropout01 plain
compare two_ranks "$ACCEL_BUILD/bin/accelerate" launch --cpu --num_processes 2

. "$here/compare_loop.sh"
ask loop50 oracle_loop.py --runs accumulated bf16
for run in accumulated bf16; do
    compare_loop "$oracle" $run 1 $steps
    compare_loop "$oracle" $run 2 $steps
done
