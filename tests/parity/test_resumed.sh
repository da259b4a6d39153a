#!/bin/bash
# The example, killed at three moments and gone on with: its metrics file is, but for the times, that of a run that nobody stopped; in
# one process and on two, in the middle of epochs and of steps, saving in between and meanwhile.
set -u
example=$ACCEL_BUILD/examples/text_classification
common="--model $ACCEL_TEST_DATA/minilm --data $ACCEL_TEST_DATA/reviews.tsv --max_train_samples 40 --batch_size 4 --epochs 2 --max_length 16
    --gradient_accumulation_steps 3 --holdout_every 2000 --max_grad_norm 1"
status=0

start() { # PROCESSES OPTION...
    local processes=$1
    shift
    if [ "$processes" = 1 ]; then
        exec "$example" $common "$@"
    fi
    exec "$ACCEL_BUILD/bin/accelerate" launch --num_processes "$processes" "$example" $common "$@"
}

lines() { cat "$1" 2>/dev/null | wc -l; }

is_running() {
    local process
    for process in /proc/[0-9]*; do
        [ "$process/exe" -ef "$example" ] && [ "$process/cwd" -ef . ] && return
    done
    return 1
}

# Kills a run when its file has so many lines, or lets it end: 1 when it was killed.
until_line() { # LINES PROCESSES OPTION...
    local wanted=$1
    shift
    (start "$@") >>run.log 2>&1 &
    local pid=$!
    while kill -0 $pid 2>/dev/null; do
        if [ "$(lines killed.jsonl)" -ge "$wanted" ]; then
            sleep 0.$((RANDOM % 5))
            kill -9 $pid 2>/dev/null && wait $pid 2>/dev/null
            for i in $(seq 100); do # the processes of a launcher that is gone
                is_running || break
                sleep 0.1
            done
            return 1
        fi
        sleep 0.02
    done
    wait $pid || { echo "a run failed:"; tail -5 run.log; status=1; }
}

compare() { # PROCESSES SAVING-OPTION...
    local processes=$1 resume="" killed=0
    shift
    rm -rf states whole.jsonl killed.jsonl run.log
    (start "$processes" --metrics whole.jsonl) >run.log 2>&1 || { tail -5 run.log; status=1; return; }
    for wanted in 2 4 7 1000; do
        until_line $wanted "$processes" --metrics killed.jsonl --project_dir states --checkpoints_total_limit 2 "$@" $resume ||
            killed=$((killed + 1))
        resume=--resume_from_checkpoint
        ls -d states/checkpoints/checkpoint_* >/dev/null 2>&1 || resume=""
    done
    if [ $killed -lt 2 ]; then
        echo "$processes processes $*: killed $killed times only"
        status=1
    fi
    if ! diff <(sed 's/"seconds": [0-9.]*//' whole.jsonl) <(sed 's/"seconds": [0-9.]*//' killed.jsonl) >differences; then
        echo "$processes processes $*: differs:"
        head -6 differences
        status=1
    fi
    if [ "$(ls states/checkpoints | wc -l)" -gt 2 ] || ls -d states/.[a-z]* 2>/dev/null; then
        echo "$processes processes $*: left more than two states"
        status=1
    fi
    echo "$processes processes $*: killed $killed times, $(lines whole.jsonl) lines"
}

compare 1 --checkpointing_steps 1
compare 1 --checkpointing_steps 2 --async_save --no_safe_serialization
compare 2 --checkpointing_steps 1 --async_save
compare 2 --checkpointing_steps epoch
exit $status
