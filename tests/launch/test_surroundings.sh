#!/bin/bash
# What each process finds: its environment, the port, its standard input.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
unset OMP_NUM_THREADS
"$CC" -std=gnu11 -O1 "$ACCEL_SOURCE/tests/launch/probe.c" -o probe || exit 1

export TORCHELASTIC_USE_AGENT_STORE=True ACCEL_MASTER_LISTEN_FD=1 RANK=9 WORLD_SIZE=10 SLURM_PROCID=3
expect "an environment" 0 "" --num_processes 2 --cpu sh -c 'env >env.$RANK'
has() { grep -qxE "$2" "env.$1" || complain "rank $1 has no $2"; }
has_no() { ! grep -q "^$2=" "env.$1" || complain "rank $1 has $2"; }
for rank in 0 1; do
    for line in RANK=$rank LOCAL_RANK=$rank WORLD_SIZE=2 LOCAL_WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 'MASTER_PORT=[0-9]+' \
        GROUP_RANK=0 GROUP_WORLD_SIZE=1 ROLE_RANK=$rank ROLE_WORLD_SIZE=2 ROLE_NAME=default TORCHELASTIC_RESTART_COUNT=0 \
        TORCHELASTIC_MAX_RESTARTS=0 TORCHELASTIC_RUN_ID=none TORCH_NCCL_ASYNC_ERROR_HANDLING=1 \
        'ACCEL_LAUNCHER=[0-9]+' ACCELERATE_USE_CPU=True "TORCHELASTIC_ERROR_FILE=$TMPDIR/.*/$rank.json" SLURM_PROCID=3; do
        has $rank "$line"
    done
    has_no $rank TORCHELASTIC_USE_AGENT_STORE
done
has 0 'ACCEL_MASTER_LISTEN_FD=[0-9]+'
has_no 1 ACCEL_MASTER_LISTEN_FD
expect "one process, which stays the one it is" 0 "" sh -c '[ $RANK = 9 ] && [ $WORLD_SIZE = 10 ] && [ -z "${MASTER_PORT-}" ]'
unset TORCHELASTIC_USE_AGENT_STORE ACCEL_MASTER_LISTEN_FD RANK WORLD_SIZE
expect "no wish for the CPU" 0 "" --num_processes 2 sh -c '[ -z "${ACCELERATE_USE_CPU-}${ACCELERATE_MIXED_PRECISION-}" ] && [ -z "${OMP_NUM_THREADS-}" ]'
printf 'import os; open("env." + os.environ.get("RANK", "0"), "w").writelines(f"{k}={v}\\n" for k, v in os.environ.items())\n' >env.py
expect "several of Python, without a GPU" 0 "" --num_processes 2 env.py
has 1 ACCELERATE_USE_CPU=True
has_no 0 ACCEL_MASTER_LISTEN_FD

expect "settings of a training" 0 "" --num_processes 2 --mixed_precision bf16 --gradient_accumulation_steps 4 sh -c 'env >env.$RANK'
for rank in 0 1; do
    has $rank ACCELERATE_MIXED_PRECISION=bf16
    has $rank ACCELERATE_GRADIENT_ACCUMULATION_STEPS=4
done
export ACCELERATE_MIXED_PRECISION=fp16
expect "settings of one's own" 0 "" --num_processes 2 sh -c 'env >env.$RANK'
has 0 ACCELERATE_MIXED_PRECISION=fp16
has_no 0 ACCELERATE_GRADIENT_ACCUMULATION_STEPS
unset ACCELERATE_MIXED_PRECISION
expect "a time to meet" 0 "" --num_processes 2 --rdzv_conf timeout=60,join_timeout=60 sh -c '[ "$ACCEL_MEETING_TIMEOUT" = 60 ] && [ -z "${ACCEL_TIMEOUT-}" ]'
expect "two times to meet" 2 'accelerate launch: --rdzv_conf has two timeouts: "timeout=60,join_timeout=5"' --num_processes 2 \
    --rdzv_conf timeout=60,join_timeout=5 true
expect "another time" 2 'accelerate launch: --rdzv_conf takes timeout=SECONDS or join_timeout=SECONDS, got "read_timeout=5"' --num_processes 2 \
    --rdzv_conf read_timeout=5 true
expect "no such precision" 2 "accelerate launch: --mixed_precision must be no, fp16, bf16 or fp8, got \"fp4\"" --mixed_precision fp4 true
expect "a precision of Python" 2 "accelerate launch: fp8 is for programs of Python, which true is not" --mixed_precision fp8 true
expect "an engine of Python" 2 "accelerate launch: FSDP is for programs of Python, which true is not" --use_fsdp true
expect "TPUs" 2 "accelerate launch: TPUs are not supported" --tpu train.py
expect "no micro-batches" 2 "accelerate launch: --gradient_accumulation_steps must be .*, got \"0\"" --gradient_accumulation_steps 0 true

expect "a socket that listens" 0 "" --num_processes 2 ./probe meet
expect "a socket that listens, for four" 0 "" --num_processes 4 ./probe meet
[ ! -s err.txt ] || complain "the processes did not meet"
expect "sixty-four processes" 0 "" --num-processes=64 ./probe meet
expect "as many lines" 0 "" --num_processes 64 --tee=1 sh -c 'echo $RANK'
diff <(sort -k2n out.txt) <(for i in {0..63}; do echo "[$i] $i"; done) || complain "a rank is missing"

# Two launches at once, and one that wants a port that is taken.
for name in a b; do
    "$accelerate" launch --num_processes 2 sh -c "echo \$MASTER_PORT >$name.\$RANK; until [ -e end ]; do sleep 0.01; done" &
done
await exist a.0 a.1 b.0 b.1
[ "$(cat a.0)" = "$(cat a.1)" ] && [ "$(cat b.0)" = "$(cat b.1)" ] || complain "ranks of one launch have different ports"
[ "$(cat a.0)" != "$(cat b.0)" ] || complain "two launches share port $(cat a.0)"
expect "a taken port" 1 "accelerate: port $(cat a.0) on 127.0.0.1 is taken \(--main_process_port\)" \
    --num_processes 2 --main_process_port "$(cat a.0)" sh -c 'touch started'
[ ! -e started ] || complain "a taken port: something was started"
touch end
wait
expect "a port of one's own" 0 "" --num_processes 2 --main_process_port "$(cat a.0)" ./probe meet
expect "machines without an address" 2 "accelerate launch: --num_machines needs --main_process_ip, by which the machine of rank 0 is reached" \
    --num_machines 2 --num_processes 2 true
expect "no such machine" 2 "accelerate launch: --machine_rank must be below --num_machines, which is 2, got 2" --num_machines 2 \
    --machine_rank 2 --num_processes 2 --main_process_ip 10.77.0.1 true
expect "no even shares" 2 "accelerate launch: --num_processes 3 cannot be shared out among --num_machines 2" --num_machines 2 \
    --num_processes 3 --main_process_ip 10.77.0.1 true

# Standard input is rank 0's.
echo hello | "$accelerate" launch --num_processes 2 sh -c 'cat >input.$RANK'
[ "$(cat input.0)" = hello ] && [ ! -s input.1 ] || complain "standard input went elsewhere"
"$accelerate" launch --num_processes 2 sh -c 'cat >input.$RANK' <&- || complain "without standard input"
# What --dry_run shows of a process is what it finds.
outer=$(env | sort)
for words in "--num_processes 3" "--cpu --num_machines 2 --machine_rank 1 --main_process_ip 10.0.0.1 --num_processes 4" "--num_processes 2 --max_restarts 3 --main_process_port 0 --role it's"; do
    cases=$((cases + 1))
    # shellcheck disable=SC2086
    "$accelerate" launch --dry_run $words env | sed -n 's/^env /env /p' >lines.txt
    # shellcheck disable=SC2086
    [[ $words = *num_machines* ]] || "$accelerate" launch $words sh -c 'env | sort >seen.$LOCAL_RANK'
    local_rank=0
    while read -r line; do
        eval "$line" | sort | comm -13 <(echo "$outer") - >shown.txt
        [ "$(grep -c = shown.txt)" -ge 13 ] || complain "$words: --dry_run shows $(cat shown.txt)"
        if [[ $words != *num_machines* ]]; then
            comm -23 <(grep -v '^MASTER_PORT=' shown.txt) seen.$local_rank >missing.txt
            [ ! -s missing.txt ] || complain "$words: --dry_run shows $(cat missing.txt)"
            comm -13 <(echo "$outer") seen.$local_rank | sed 's/=.*//' | comm -23 - <(sed 's/=.*//' shown.txt) |
                grep -vxE 'ACCEL_LAUNCHER|ACCEL_MASTER_LISTEN_FD|TORCHELASTIC_ERROR_FILE|_|PWD|OLDPWD|SHLVL' >missing.txt
            [ ! -s missing.txt ] || complain "$words: --dry_run does not show $(cat missing.txt)"
        fi
        local_rank=$((local_rank + 1))
    done <lines.txt
    [ $local_rank -gt 1 ] || complain "$words: $local_rank lines"
done
finish
