#!/bin/sh
# Fifty steps of training agree with the reference's, loss by loss: from a start checkpoint without and with dropout, and from the
# pretrained model whose head each side draws itself.
set -eu
oracle=$ACCEL_TEST_ORACLE/parity50
model=$ACCEL_TEST_DATA/minilm
data=$ACCEL_TEST_DATA/reviews.tsv
steps=50

[ -e "$oracle/oracle.json" ] ||
    "$ACCEL_PYTHON" "$ACCEL_SOURCE/tests/parity/oracle_parity.py" --model "$model" --data "$data" --out "$oracle" --steps $steps

compare() { # NAME MODEL
    "$ACCEL_BUILD/examples/text_classification" --cpu --model "$2" --data "$data" --max_steps $steps --metrics "$1.jsonl"
    echo "$1:"
    "$ACCEL_PYTHON" "$ACCEL_SOURCE/tests/parity/compare_metrics.py" "$oracle/losses_$1.jsonl" "$1.jsonl" --tolerance 1e-4 \
        --steps $steps
}
compare start_dropout0 "$oracle/start_dropout0"
compare start_dropout01 "$oracle/start_dropout01"
compare plain "$model"
