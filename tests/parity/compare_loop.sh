# Sourced: compare_loop ORACLE RUN PROCESSES STEPS trains as the oracle's run of that name did, and compares losses, norms and learning
# rates with its own.
compare_loop() {
    local oracle=$1 run=$2 processes=$3 steps=$4 tolerance=1e-4 name=$2_$3
    [ "$run" = accumulated ] || tolerance=1e-2
    local start=("$ACCEL_BUILD/bin/accelerate" launch --cpu --num_processes "$processes")
    [ "$processes" != 1 ] || start=()
    echo "$run, $processes processes:"
    # shellcheck disable=SC2046
    "${start[@]}" "$ACCEL_BUILD/examples/text_classification" --cpu --model "$oracle/start" --data "$ACCEL_TEST_DATA/reviews.tsv" \
        $(cat "$oracle/options_$run") --metrics "$name.jsonl" >"$name.log" 2>&1 || { cat "$name.log" && return 1; }
    "$ACCEL_PYTHON" "$ACCEL_SOURCE/tests/parity/compare_metrics.py" "$oracle/losses_$name.jsonl" "$name.jsonl" --steps "$steps" \
        --tolerance $tolerance
}
