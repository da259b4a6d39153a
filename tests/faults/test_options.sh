#!/bin/bash
# Options that mean nothing, and places that cannot be written to.
set -u
# Disks are mounted where nobody else sees them, and gone with this script.
if [ -z "${OWN_MOUNTS:-}" ] && unshare --mount true 2>/dev/null; then
    OWN_MOUNTS=yes exec unshare --mount "$0"
fi
. "$ACCEL_SOURCE/tests/faults/refuse.sh"

# ---- values ----
outside() { # OPTION RANGE VALUE...
    local option=$1 range=$2 value
    shift 2
    for value in "$@"; do
        refuse "--$option $value" "--$option must be in $range, got $value" "--$option" "$value"
    done
}
no_number() { # OPTION VALUE...
    local option=$1 value
    shift
    for value in "$@"; do
        refuse "--$option '$value'" "--$option must be a number, got \"$value\"" "--$option" "$value"
    done
}
for option in text_column label_column epochs seed num_warmup_steps max_train_samples max_steps holdout_every num_workers; do
    outside $option '[0, 2147483647]' -1
done
outside batch_size '[1, 2147483647]' 0 2147483648 99999999999999999999
outside num_labels '[2, 2147483647]' 1
outside max_length '[2, 2147483647]' 1
no_number batch_size x 1x '' 1.5
no_number lr x 1e-5x '' nan inf
no_number label_threshold nan
refuse "too many labels" 'num_labels must be in [2, 1048576], got 100000000' --num_labels 100000000
refuse "too many threads" 'num_workers must be in [-1, 64], got 65' --num_workers 65
refuse "a negative rate" 'lr must not be negative, got -1' --lr -1
refuse "an unknown option" "unrecognized option '--learning_rate'" --learning_rate 1
refuse "an option without its value" "option '--lr' requires an argument" --lr
refuse "an argument that is no option" 'are needed, and nothing else' extra

# ---- the environment ----
export WORLD_SIZE=2
refuse "two processes" 'WORLD_SIZE is 2 and RANK is not set'
export WORLD_SIZE=two
refuse "no number of processes" 'WORLD_SIZE must be a number from 0 to 1000000, got "two"'
unset WORLD_SIZE

# ---- places ----
mkdir -p made
accept "folders inside folders" --output_dir made/above/out --metrics made/metrics.jsonl
refuse "metrics in no folder" 'none/metrics.jsonl: cannot be written' --metrics none/metrics.jsonl
refuse "a folder for metrics" 'made: cannot be written' --metrics made
refuse "metrics on a full disk" '/dev/full: cannot be written' --metrics /dev/full
refuse "a file for a folder" 'rows.tsv: cannot be made a directory: File exists' --output_dir rows.tsv
refuse "a file above the folder" 'rows.tsv: cannot be made a directory: ' --output_dir rows.tsv/out
refuse "a folder that cannot be made" '/proc/accel: cannot be made a directory: ' --output_dir /proc/accel
accept "trackers" --with_tracking --project_dir made/logs
[ "$(head -n 1 made/logs/text_classification/metrics.csv)" = step,train_loss,epoch,accuracy ] && grep -q '^{"step": 0, ' made/logs/text_classification/metrics.jsonl ||
    complain "trackers" "write something else"
refuse "a tracker that there is not" 'log_with names "wandb"; there is tensorboard, jsonl, csv, or all of them' --with_tracking --report_to csv,wandb
refuse "a file for the trackers' folder" 'rows.tsv: cannot be made a directory: File exists' --with_tracking --project_dir rows.tsv

# A disk that is full in the middle of the weights, and the saved model that was there before.
expect_unharmed() { # WHAT FOLDER
    cmp -s "$2/model.safetensors" kept.safetensors || complain "$1" "$2/model.safetensors is not what it was"
}
cp made/above/out/model.safetensors kept.safetensors
trap '' XFSZ
(
    ulimit -f 8
    refuse "a file that may not grow" 'made/above/out/model.safetensors: cannot be written: File too large' --output_dir made/above/out
    exit $status
) || status=1
cases=$((cases + 1))
expect_unharmed "a file that may not grow" made/above/out

mkdir -p disk
if [ -n "${OWN_MOUNTS:-}" ] && mount -t tmpfs -o size=64k none disk 2>/dev/null; then
    cp -r made/above/out disk
    head -c 20000 /dev/zero >disk/ballast
    refuse "a full disk" 'disk/out/model.safetensors: cannot be written: No space left on device' --output_dir disk/out
    expect_unharmed "a full disk" disk/out
    mount -o remount,ro disk
    refuse "a disk for reading only" 'disk/out/model.safetensors: cannot be written: Read-only file system' --output_dir disk/out
    refuse "no folder on a disk for reading only" 'disk/new: cannot be made a directory: Read-only file system' --output_dir disk/new
elif [ "$(id -u)" != 0 ]; then
    chmod 555 disk
    refuse "a folder for reading only" 'disk/out: cannot be made a directory: Permission denied' --output_dir disk/out
else
    echo "a full disk: skipped, no small one can be mounted here"
fi
finish
