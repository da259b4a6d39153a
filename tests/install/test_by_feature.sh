#!/bin/bash
# The programs of examples/by_feature, in one process and on two ranks: what each prints is what it shows, and wherever it differs
# from base.c it is marked.
set -u
features=$ACCEL_SOURCE/examples/by_feature
program=$ACCEL_BUILD/examples/by_feature
status=0
complain() { echo "$1" && status=1; }

# shows NAME LINE...: each a line of the program's output, in one process and on two ranks; "1: " or "2: " before it for one of these.
shows() {
    local name=$1 processes line
    shift
    seen="$seen $name.c"
    for processes in 1 2; do
        if ! timeout 120 "$ACCEL_BUILD/bin/accelerate" launch --cpu --num_processes $processes "$program/$name" >$name.$processes 2>&1; then
            complain "$name on $processes: failed" && cat $name.$processes
            continue
        fi
        for line; do
            case $line in [12]:*) [ "${line%%:*}" = $processes ] || continue ;; esac
            grep -qE -- "^${line#[12]: }$" $name.$processes || complain "$name on $processes: does not say \"${line#[12]: }\""
        done
    done
}

# Every run of lines that base.c has not holds the mark; indentation does not count.
is_marked() {
    diff -w <(sed -n '/^#include/,$p' "$features/base.c") <(sed -n '/^#include/,$p' "$features/$1") |
        awk '/^[0-9]/ { if (added && !mark) bad = 1; added = mark = 0 }
             /^> *[^ ]/ { added = 1 }
             /^>.*\/\* \+ \*\// { mark = 1 }
             END { exit bad || (added && !mark) }'
}

seen=
high='accuracy (0\.[89]|1\.0)[0-9]*'
shows base "epoch 3: $high"
shows gradient_accumulation "epoch 3: $high" "1: 64 steps of 252 batches" "2: 32 steps of 128 batches"
shows gradient_accumulation_for_autoregressive_models "epoch 3: $high"
shows gradient_clipping "epoch 3: $high" "the longest gradient was [0-9.]*, and became 0\.50"
shows mixed_precision "epoch 3: $high" "bf16: products are bfloat16, 0 steps were skipped"
shows multi_process_metrics "first moon: [0-9]* of 125, second moon: [0-9]* of 125"
shows process_control "1: main process, 0 of 1" "2: main process, 0 of 2" "last process" "2: process 1" "seven things are shared out: 7"
shows early_stopping "a loss was below 0\.3"
shows schedulers "epoch 1: $high, then a rate of 0\.00[0-9]*"
shows progress "epochs: *100%.*4/4.*"
shows logging ".*training begins" "1: .*63 batches are mine" "2: .*RANK 1\] 32 batches are mine" ".*this is said once"
rm -rf tracking
shows tracking "epoch 3: $high"
shows ddp_comm_hook "epoch 3: $high" "gradients travelled as fp16"
shows local_sgd "epoch 3: $high"
shows several_optimizers "epoch 3: $high" "narrow model: $high"
shows moving_average "average of the last steps: $high"
shows iterable_dataset "epoch 3: $high"
shows record_dataset "epoch 3: $high" "990 points, and 10 bad rows"
shows batch_sampler "epoch 3: $high" "1: 50 batches are mine" "2: 25 batches are mine"
shows skip_first_batches "epoch 3: accuracy 0\.[5-9].*" "1: 116 batches were made" "2: 54 batches were made"
shows join_uneven_inputs "epoch 3: $high" "epoch 0: 1000 samples" "epoch 3: 1000 samples"
shows profiler "epoch 3: $high" "name  *own %.*" "backward .* 10"
shows gpu "epoch 3: $high" "on cpu: trained there, a bias of -?[0-9.]*"
shows saving "epoch 3: $high" "loaded: 0\.[89][0-9]*" "from torch.s file: 0\.[89][0-9]*"
shows checkpointing "goes on in epoch [12] after 80 batches" "epoch 3: $high" "1: 252 batches in all" "2: 128 batches in all"
shows memory "trying batches of 334" "trying batches of 300" "epoch 3: accuracy 0\.[5-9].*"

grep -q USDT profiler.2 && complain "profiler: the engine writes to standard error"
# Both of its runs, each of one process alone.
[ "$(head -n 1 tracking/moons/metrics.csv)" = step,train_loss,accuracy ] && [ "$(wc -l <tracking/moons/metrics.csv)" = 9 ] &&
    [ "$(wc -l <tracking/moons/metrics.jsonl)" = 8 ] && [ "$(cat tracking/moons/hparams.csv)" = "$(printf 'lr,schedule\n0.02,"linear"\n0.02,"linear"')" ] &&
    [ "$(ls tracking/moons/events* tracking/moons/*/events* | wc -l)" = 4 ] || complain "tracking: writes something else"
[ "$(grep -c 'is said once' logging.2)" = 1 ] || complain "logging: says it more than once"
grep -q "epoch 3" early_stopping.2 && complain "early_stopping: does not stop"
"$ACCEL_PYTHON" -c 'from safetensors.torch import load_file; assert sorted(load_file("process_control.safetensors")) == ["hidden.bias", "hidden.weight", "output.bias", "output.weight"]' ||
    complain "process_control: what it saved is not its model"
for precision in no fp16; do
    "$ACCEL_BUILD/bin/accelerate" launch --cpu --num_processes 2 --mixed_precision $precision "$program/mixed_precision" >$precision 2>&1
    grep -q "^$precision: products are float" $precision || complain "mixed_precision: $precision"
done
for hook in no bf16 power_sgd batched_power_sgd; do
    "$ACCEL_BUILD/bin/accelerate" launch --cpu --num_processes 2 "$program/ddp_comm_hook" $hook >$hook 2>&1
    grep -qE "^epoch 3: $high$" $hook && grep -q "^gradients travelled as $hook$" $hook || complain "ddp_comm_hook: $hook"
done
"$ACCEL_BUILD/bin/accelerate" launch --cpu --num_processes 2 --mixed_precision bf16 --gradient_accumulation_steps 2 "$program/base" >both 2>&1 ||
    complain "base: with accumulation and bf16 from the launcher"

for source in "$features"/*.c; do
    name=$(basename "$source")
    case " $seen " in *" $name "*) ;; *) complain "$name: nobody looks at it" ;; esac
    is_marked "$name" || complain "$name: differs from base.c where it is not marked"
done
exit $status
