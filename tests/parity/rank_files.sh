#!/bin/sh
# usage: rank_files.sh NAME ARGUMENTS...
# Fine-tunes on one of several ranks with files of this rank's own, NAME.RANK.jsonl and NAME.RANK for the model: what a
# rank other than the main process writes comes to light.
set -eu
name=$1
shift
exec "$ACCEL_BUILD/examples/text_classification" "$@" --metrics "$name.$RANK.jsonl" --output_dir "$name.$RANK"
