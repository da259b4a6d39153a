#!/bin/bash
# Fine-tuning on two ranks: losses and learning rates of the main process are the reference's, over five steps with
# dropout and over two short epochs with their evaluations; the main process alone writes, and transformers loads
# what it saved.
set -u
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 TOKENIZERS_PARALLELISM=false
oracle=$ACCEL_TEST_ORACLE/two_ranks
here=$ACCEL_SOURCE/tests/parity
data=$ACCEL_TEST_DATA/reviews.tsv
status=0
refuse() { echo "$1" && status=1; }

train() { # NAME STEPS OPTIONS
    local name=$1 steps=$2
    shift 2
    echo "$name:"
    rm -rf "$name".*
    "$ACCEL_BUILD/bin/accelerate" launch --cpu --num_processes 2 /bin/sh "$here/rank_files.sh" "$name" --cpu --data "$data" "$@" \
        >"$name.log" 2>&1 || { cat "$name.log" && refuse "$name: ended with a failure" && return; }
    "$ACCEL_PYTHON" "$here/compare_metrics.py" "$oracle/losses_$name.jsonl" "$name.0.jsonl" --steps "$steps" || status=1
    for file in "$name.1" "$name.1.jsonl"; do
        [ ! -e "$file" ] || refuse "$file: written by a process that is not the main one"
    done
}

train start_dropout01 5 --model "$oracle/start_dropout01" --max_steps 5
train epochs 6 --model "$ACCEL_TEST_DATA/minilm" --epochs 2 --max_train_samples 170 --holdout_every 120

expected=$(printf 'config.json\nmodel.safetensors\nspecial_tokens_map.json\ntokenizer.json\ntokenizer_config.json\nvocab.txt')
[ "$(ls epochs.0)" = "$expected" ] || refuse "epochs.0: holds $(ls epochs.0)"
"$ACCEL_BUILD/tests/parity/test_logits" epochs.0 logits.safetensors &&
    "$ACCEL_PYTHON" "$here/check_interchange.py" --saved epochs.0 --tokenizer "$ACCEL_TEST_DATA/minilm" --data "$data" \
        --logits logits.safetensors || status=1
exit $status
