#!/bin/bash
# What C fine-tuned and saved, transformers loads with every key in its place, and computes the same logits.
set -eu
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 TOKENIZERS_PARALLELISM=false
rm -rf saved logits.safetensors
"$ACCEL_BUILD/examples/text_classification" --cpu --model "$ACCEL_TEST_DATA/minilm" --data "$ACCEL_TEST_DATA/reviews.tsv" \
    --max_steps 3 --output_dir saved >log 2>&1 || { cat log && exit 1; }
"$ACCEL_BUILD/tests/parity/test_logits" saved logits.safetensors
"$ACCEL_PYTHON" "$ACCEL_SOURCE/tests/parity/check_interchange.py" --saved saved --tokenizer "$ACCEL_TEST_DATA/minilm" \
    --data "$ACCEL_TEST_DATA/reviews.tsv" --logits logits.safetensors
