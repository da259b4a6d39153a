#!/bin/bash
# accelerate config: files of every version are read, and what is written is what the reference writes.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
export HF_HOME=$PWD/home
oracle=$ACCEL_TEST_ORACLE/configuration
run() { # STATUS WORD...: `accelerate WORD...` ends so
    local expected=$1 code=0
    shift
    cases=$((cases + 1))
    "$accelerate" "$@" >out.txt 2>err.txt || code=$?
    [ $code = "$expected" ] || complain "accelerate $*: exit status $code, expected $expected"
}
says() { grep -qxE "$1" err.txt || complain "says \"$(cat err.txt)\", expected \"$1\""; }
same() { diff "$1" "$2" >diff.txt || complain "$3: is not the reference's: $(cat diff.txt)"; }

# ---- files of every version ----
for file in "$oracle"/*.updated.yaml; do
    name=$(basename "${file%.updated.yaml}")
    cp "$oracle/$name.yaml" one.yaml
    run 0 config update --config_file one.yaml </dev/null
    same "$file" one.yaml "$name"
    run 0 config update --config_file one.yaml </dev/null
    same "$file" one.yaml "$name, twice"
    cp "$oracle/$name.json" one.json
    run 0 config update --config_file one.json </dev/null
    same "$oracle/$name.updated.json" one.json "$name as JSON"
    run 0 config show --config_file "$oracle/$name.updated.json" </dev/null
done
# What the newest version knows no more is renamed, or goes.
sed 's/: XLA/: TPU/' "$oracle/xla.yaml" >old.yaml
run 0 config update --config_file old.yaml
same "$oracle/xla.updated.yaml" old.yaml "TPU"
sed 's/^mpirun_config:/&\n  mpirun_ccl: "1"/; $a ipex_config:\n  ipex: true\n  use_xpu: false' "$oracle/mpirun.yaml" >old.yaml
run 0 config update --config_file old.yaml
same "$oracle/mpirun.updated.yaml" old.yaml "ipex"
run 0 launch --config_file old.yaml --dry_run true
[ ! -s err.txt ] || complain "after an update: $(cat err.txt)"
for precision in no fp16 bf16; do
    rm -f default.yaml
    run 0 config default --mixed_precision $precision --config_file default.yaml </dev/null
    same "$oracle/$precision.default" default.yaml "default, $precision"
done
cp default.yaml before.yaml
run 0 config default --config_file default.yaml
same before.yaml default.yaml "a file that is there"

# ---- JSON is what Python's json takes ----
for file in "$oracle"/*.loaded.json; do
    name=$(basename "${file%.loaded.json}")
    cp "$oracle/$name.strict.json" strict.json
    for _ in once twice; do
        run 0 config update --config_file strict.json
        same "$file" strict.json "$name of JSON: $(cat err.txt)"
    done
done
for file in "$oracle"/*.refused.json; do
    run 1 config show --config_file "$file"
    [ "$(wc -l <err.txt)" = 1 ] && grep -qE '^accelerate config: .*\.json:1: .' err.txt || complain "$file: says \"$(cat err.txt)\""
done
refuses() { # TEXT LINE
    printf '%b' "$1" >wrong.json
    run 1 config show --config_file wrong.json
    says "accelerate config: wrong.json:$2"
}
refuses '{"distributed_type": "NO",\n "debug": true,\n "debug": false}' '3: debug is there twice'
refuses '{"distributed_type": "NO",\n "fsdp_config": {"fsdp_version": 1},\n\n "fsdp_config": {}}' '4: fsdp_config is there twice'
refuses '{"distributed_type": "NO",\n "deb\\u0000ug": true}' '2: a key has a zero byte'
refuses '{"distributed_type": "NO",\n "main_process_ip": "a\\u0000b"}' '2: main_process_ip: has a zero byte'
refuses '{"distributed_type": "NO",\n "fsdp_config":\n {"x":\n {}}}' '3: x is nested too deeply'
refuses '{"distributed_type": "NO",\n "tpu_env": ["a",\n null]}' '3: tpu_env has null in its list'
refuses '{"distributed_type": "NO",\n "tpu_env": [{"a": 1}]}' '2: tpu_env has more than values in its list'
refuses '{"distributed_type": "NO",\n\n "debgu": "\\"", "x": 1}' '3: there is no key debgu; did you mean debug\?'
refuses '{"distributed_type": "NO",\n "main_process_port": 99999999999999999999}' \
    '2: main_process_port must be a whole number from 0 to 65535, got "99999999999999999999"'
refuses '{"distributed_type": "NO",\n "main_process_ip": "\xf0"}' '2: .*'
refuses '{"distributed_type": "NO",\n "main_process_ip": "a"\n\0}' '3: there is a zero byte'
refuses '{"distributed_type": "NO",\n "fdsp_config": {}}' '2: there is no key fdsp_config; did you mean fsdp_config\?'
refuses '\n\n1' '3: keys with values are expected'

# ---- questions ----
asks() { # FILE: what was printed asks this, in this order, whatever the blanks
    "$ACCEL_PYTHON" - "$1" out.txt <<'PYTHON' >diff.txt 2>&1 || complain "$(basename "$1"): $(tail -1 diff.txt)"
import sys
prompts, printed = open(sys.argv[1]).read().splitlines(), "".join(open(sys.argv[2]).read().split())
at = 0
for prompt in prompts:
    found = printed.find("".join(prompt.split()), at)
    assert found >= 0, f"does not ask \"{prompt}\" behind \"{printed[max(at - 80, 0):at]}\""
    at = found + 1
PYTHON
}
for dialogue in "$oracle"/*.answers; do
    base=${dialogue%.answers} name=$(basename "${dialogue%.answers}")
    run 0 config --config_file asked.yaml <"$dialogue"
    same "$base.asked.yaml" asked.yaml "$name, asked"
    cp asked.yaml seen.yaml
    asks "$base.prompts"
    run 0 config --config_file folder/asked.json <"$dialogue"
    same "$base.asked.json" folder/asked.json "$name, asked"
    run 0 config update --config_file asked.yaml
    same seen.yaml asked.yaml "$name, updated"
    run 0 config show --config_file asked.yaml
    sed 1d out.txt >shown.yaml
    same seen.yaml shown.yaml "$name, shown"
    # Of every key, what holds is told; but where it is, and the variables of TPUs.
    run 0 config show --effective --config_file asked.yaml
    grep -cE ' # file asked.yaml$' out.txt >told.txt
    grep -vE '^(compute_environment|tpu_env|[a-z0-9_]+_config):|^  - ' asked.yaml | wc -l >said.txt
    same said.txt told.txt "$name, what holds: $(cat out.txt)"
    # Nothing that was asked is in vain.
    "$accelerate" launch --dry_run --config_file asked.yaml train.py >out.txt 2>err.txt
    ! grep -q warning err.txt || complain "$name, launched: $(cat err.txt)"
done
run 0 config </dev/stdin <"$oracle/cpus.answers"
[ -s home/accelerate/default_config.yaml ] || complain "no file in HF_HOME"
rm -f nonsense.yaml
# Nonsense is asked again; words are as good as numbers.
printf '%s\n' seven 1 0 tpu 10 '' maybe YES n no BF16 | run 0 config --config_file nonsense.yaml
grep -q "^mixed_precision: bf16" nonsense.yaml && grep -q "^use_cpu: true" nonsense.yaml || complain "nonsense: $(cat nonsense.yaml)"

# What could not be launched is asked again, and says why.
again() { # SENTENCE LINES LINE...: of these answers, one is refused with the sentence; the file has the lines
    local sentence=$1 line
    printf '%b' "$2" | run 0 config --config_file again.yaml
    shift 2
    printf '%b' "$sentence" >sentence.txt
    grep -qFf sentence.txt out.txt || complain "does not say \"$sentence\": $(cat out.txt)"
    for line; do
        grep -qxF -- "$line" again.yaml || complain "no \"$line\": $(cat again.yaml)"
    done
}
again "DeepSpeed does not train on CPUs alone." '0\n0\nyes\nno\nyes\nno\n0\n' "distributed_type: 'NO'" "use_cpu: true"
again "DeepSpeed is not supported on Neuron devices." '0\n9\n\n\n\nyes\nno\nno\n2\n\n\n' "distributed_type: MULTI_NEURON"
again "FSDP is not supported on Neuron devices." '0\n9\n\n\n\n\nyes\nno\n2\n\n\n' "distributed_type: MULTI_NEURON"
again "One GPU of one machine is no distributed training" '0\n4\n\n\n\n\n\n\n1\n2\n\n\n\n' "num_processes: 2"
again "Each machine has as many processes as the others" '0\n1\n2\n1\nhost\n29500\n\n\n\n\n3\n4\n\n' "num_processes: 4"
again "TPU is not supported." '0\n10\n1\n\n\n\n\n2\n\n' "distributed_type: MULTI_CPU"
again "Please enter a whole number from 1 to 9999." '0\n1\n-1\n0\n10000\n2.5\n1\n\n\n\n2\n\n' "num_machines: 1"
again "Please enter a whole number from 1 to 65535." '0\n1\n2\n0\nhost\n0\n70000\n29500\n\n\n\n\n4\n\n' "main_process_port: 29500"
again "Please enter a number from 0 to 1e+300." '0\n4\n\n\n\nyes\n\n1\n\nyes\n-1\nnan\ninf\n2\n\n\n2\n\n' "  gradient_clipping: 2.0"
long=$(printf 'x%.0s' {1..1100})
again "Please enter at most 1022 characters." "0\n1\n2\n0\n$long\nhost\n29500\n\n\n\n\n4\n\n" "main_process_ip: host"
# What no file could hold is asked again at once.
again "What was entered is not UTF-8." '0\n1\n2\n0\nh\xf0\ncaf\xe9\nhost\n29500\n\n\n\n\n4\n\n' "main_process_ip: host"
again "Please enter no control characters." '0\n1\n2\n0\na\033[A\na\x7f\na\0b\n\0\nho\tst \r\n29500\n\n\n\n\n4\n\n' 'main_process_ip: "ho\tst"'
[ "$(grep -o "Please enter no control" out.txt | wc -l)" = 4 ] || complain "control characters: $(cat out.txt)"
for name in home.yaml home.json; do
    printf '0\n0\n\n\nyes\nyes\n~/ds.json\n\n\n\n' | HOME=$'/h\xf6me' run 1 config --config_file $name
    says "accelerate config: deepspeed_config_file is not UTF-8"
    [ ! -e $name ] || complain "$name: is written"
done
# Nothing is no path, and no name of a class; 1e8 is a number, and ~ the home folder.
again "json DeepSpeed config file" '0\n0\n\n\nyes\nyes\n\n~/ds.json\n\n\n\n' "  deepspeed_config_file: $HOME/ds.json"
again "minimum number of parameters" '0\n4\n\n\n\n\nyes\n\n\n\n1\n1e8\n\n\n\n\n2\n\n' "  fsdp_min_num_params: 100000000"
again "layer class names" '0\n4\n\n\n\n\nyes\n\n\n\n\n\n\n\nBertLayer\n\n\n\n\n2\n\n' "  fsdp_transformer_layer_cls_to_wrap: BertLayer"
again "accelerate launch refuses it for others" '0\n0\n\nyes\ntorchxla_trace_once\n\n\n\n\n\n' "  dynamo_backend: TORCHXLA_TRACE_ONCE"
# Wherever the input ends, nothing is written.
rm -f short.yaml
for dialogue in deepspeed_nvme fsdp_1_cut parallelism megatron fp8_te; do
    lines=$(wc -l <"$oracle/$dialogue.answers")
    for ((line = 0; line < lines; line++)); do
        head -n $line "$oracle/$dialogue.answers" | run 1 config --config_file short.yaml
        [ ! -e short.yaml ] || complain "$dialogue: is written after $line answers"
    done
done
printf '0\n1\n' | run 1 config --config_file short.yaml
says "accelerate config: the input ended before the questions did; nothing was written"
[ ! -e short.yaml ] || complain "half of a file is written"

# On a terminal a list has a cursor.
"$ACCEL_PYTHON" - "$accelerate" <<'PYTHON' >out.txt 2>&1 || complain "with a cursor: $(tail -3 out.txt)"
import os, pty, sys, time
def answer(keys):
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.argv[1], ["accelerate", "config", "--config_file", "cursor.yaml"])
    seen = b""
    for text, key in keys:
        while text not in seen:
            seen += os.read(terminal, 4096)
        time.sleep(0.05)
        seen = b""
        os.write(terminal, key)
    while True:
        try:
            if not os.read(terminal, 4096):
                break
        except OSError:
            break
    return os.waitpid(child, 0)[1]
up, down = b"\x1b[A", b"\x1b[B"
def interrupted():
    child, terminal = pty.fork()
    if child == 0:
        os.execvp("sh", ["sh", "-c", 'trap : INT; "$0" config --config_file cut.yaml; stty -a', sys.argv[1]])
    seen = b""
    while b"1  AWS" not in seen:
        seen += os.read(terminal, 4096)
    time.sleep(0.05)
    os.write(terminal, b"\x03")
    while b"extproc" not in seen:
        seen += os.read(terminal, 4096)
    os.waitpid(child, 0)
    return b" icanon" in seen and b" echo " in seen
assert interrupted()
assert answer([(b"1  AWS", b"\r"), (b"10  TPU", down + b"\r"), (b"[1]: ", b"\r"), (b"slower", b"\r"), (b"mpirun", b"\r"),
               (b"dynamo", b"no\r"), (b"distributed training", b"2\r"), (b"3  fp8", down + down + up + b"\r")]) == 0
PYTHON
grep -q "^distributed_type: MULTI_CPU" cursor.yaml && grep -q "^mixed_precision: fp16" cursor.yaml || complain "with a cursor: $(cat cursor.yaml)"

# ---- what holds, and why ----
printf 'distributed_type: NO\nnum_processes: 1\nmixed_precision: no\nrole: trainer\n' >own.yaml
ACCELERATE_GRADIENT_ACCUMULATION_STEPS=4 run 0 config show --effective --config_file own.yaml --num_machines 2
for line in "num_processes: 1  # file own.yaml" "num_machines: 2  # flag" "gradient_accumulation_steps: 4  # environment ACCELERATE_GRADIENT_ACCUMULATION_STEPS" \
    "max_restarts: 0  # default" "mixed_precision: no  # file own.yaml"; do
    grep -qx "$line" out.txt || complain "what holds: no \"$line\""
done

OMP_NUM_THREADS='' run 0 config show --effective --cpu
for line in "distributed_type: NO  # flag" "cpu: True  # flag" "num_processes: 1  # default" "main_process_port: 29500  # default"; do
    grep -qx "$line" out.txt || complain "what holds with --cpu: no \"$line\": $(cat out.txt)"
done
grep -qE '^num_cpu_threads_per_process: [0-9]+  # default' out.txt && ! grep -q "file" out.txt || complain "what holds with --cpu: $(cat out.txt)"
printf 'distributed_type: FSDP\nnum_processes: 2\n' >fsdp.yaml
run 0 config show --effective --config_file fsdp.yaml --fsdp_version 2
grep -qx "distributed_type: FSDP  # file fsdp.yaml" out.txt || complain "what holds of FSDP: $(cat out.txt)"
run 0 config show --effective --config_file fsdp.yaml --multi_gpu
grep -qx "distributed_type: MULTI_GPU  # flag" out.txt || complain "what holds with --multi_gpu: $(cat out.txt)"
run 0 config show --effective --num_machines 2 --num_processes 4
grep -qx "# this is refused: --num_machines needs --main_process_ip, .*" out.txt || complain "what is refused: $(cat out.txt)"
HF_HOME=nowhere run 0 config show --effective
grep -qx "distributed_type: .*  # default" out.txt && grep -qx "cpu: .*  # default" out.txt || complain "what holds of nothing: $(cat out.txt)"
run 2 config show --effective --cpu nonsense extra
says 'accelerate config: there is no use for "nonsense"; --help shows how'
run 2 config show --effective --num_processes 0
says 'accelerate config: --num_processes must be a whole number from 1 to 1000000, got "0"'
run 2 config show --effective --num_proceses 2
says 'accelerate config: unknown option --num_proceses; did you mean --num_processes\?'
run 2 config default --effective
says 'accelerate config: --effective belongs to config show'
run 2 config --mixed_precision fp16
says 'accelerate config: --mixed_precision belongs to config default'

# What has the name of the file and is none.
rm -rf folder pipe && mkdir folder && mkfifo pipe
for place in folder pipe; do
    for what in "" default show update; do
        # shellcheck disable=SC2086
        run 1 config $what --config_file $place
        says "accelerate config: $place: is not a regular file"
    done
done

# ---- what is wrong is told, with its line ----
wrong() { # TEXT LINE
    printf '%b' "$1" >wrong.yaml
    run 1 launch --config_file wrong.yaml true
    says "accelerate launch: $2"
    [ "$(wc -l <err.txt)" = 1 ] || complain "more than one line: $(cat err.txt)"
}
base='distributed_type: NO\n'
wrong "${base}num_proceses: 2\n" 'wrong.yaml:2: there is no key num_proceses; did you mean num_processes\?'
wrong "${base}fsdp_config:\n  fsdp_shardin_strategy: x\n" 'wrong.yaml:3: there is no key fsdp_config.fsdp_shardin_strategy; did you mean fsdp_sharding_strategy\?'
wrong "${base}nonsense_config:\n  x: 1\n" 'wrong.yaml:3: there is no key nonsense_config.x'
wrong "num_processes: 2\n" 'wrong.yaml: has no distributed_type'
wrong "distributed_type: MULTI_GPUS\n" 'wrong.yaml:1: distributed_type is "MULTI_GPUS"; did you mean MULTI_GPU\?'
wrong "distributed_type: multi_gpu\n" 'wrong.yaml:1: distributed_type is "multi_gpu"; did you mean MULTI_GPU\?'
wrong "distributed_type: GPU\n" 'wrong.yaml:1: distributed_type must be NO, MULTI_CPU, .*, TPU or MEGATRON_LM, got "GPU"'
wrong "${base}num_processes: two\n" 'wrong.yaml:2: num_processes must be a whole number from 1 to 1000000, got "two"'
wrong "${base}mixed_precision: fp4\n" 'wrong.yaml:2: mixed_precision must be no, fp16, bf16 or fp8, got "fp4"'
wrong "${base}use_cpu: perhaps\n" 'wrong.yaml:2: use_cpu must be true or false, got "perhaps"'
wrong "compute_environment: AMAZON_SAGEMAKER\n$base" 'wrong.yaml:1: compute_environment is AMAZON_SAGEMAKER, and only LOCAL_MACHINE is supported'
wrong "${base}debug: true\ndebug: false\n" 'wrong.yaml:3: debug is there twice'
wrong '"distributed_type\\0zzz": MULTI_CPU\n"num_processes\\x00": 3\n' 'wrong.yaml:1: distributed_type: the key has a zero byte'
wrong "${base}fsdp_config:\n  \"fsdp_version\\\\0\": 2\n" 'wrong.yaml:3: fsdp_version: the key has a zero byte'
wrong "${base}main_process_ip: \"a\\\\0\"\n" 'wrong.yaml:2: main_process_ip: has a zero byte'
wrong "${base}debug: true\r\nmain_process_ip: caf\xe9\n" 'wrong.yaml:3: .*UTF-8.*'
wrong "\xef\xbb\xbf${base}\n\nmain_process_ip: \x01\n" 'wrong.yaml:4: .*control characters.*'
wrong "${base}# $(printf '%05000d\n' 0 0 0 | sed 's/^/# /')\n\xff" 'wrong.yaml:5: .*UTF-8.*'
wrong "\xff\xfed\0i\0\n\0\x00\xdc" 'wrong.yaml:2: .*surrogate.*'
wrong "${base}a:\n  b:\n    c: 1\n" 'wrong.yaml:4: b is nested too deeply'
wrong "${base}x: [1\n" 'wrong.yaml:[0-9]+: .*'
wrong "${base}tpu_env: [a, null]\n" 'wrong.yaml:2: tpu_env has null in its list'
wrong "${base}main_process_port: 99999999999999999999\n" 'wrong.yaml:2: main_process_port must be a whole number from 0 to 65535, got "99999999999999999999"'
wrong "${base}num_processes: 2\n---\nnum_processes: 3\n" 'wrong.yaml:3: there is a second document'
wrong "${base}num-processes: 3\n" 'wrong.yaml:2: there is no key num-processes; did you mean num_processes\?'
wrong "${base}fsdp_config: 3\n" 'wrong.yaml:2: fsdp_config must have keys of its own'
wrong "${base}fsdp_config:\n  fsdp_version: 1\nfsdp_config:\n  fsdp_version: 2\n" 'wrong.yaml:5: fsdp_config is there twice'
wrong "${base}fdsp_config: {}\n" 'wrong.yaml:2: there is no key fdsp_config; did you mean fsdp_config\?'
wrong "${base}fsdp_config: {}\nfsdp_config:\n  fsdp_version: 1\n" 'wrong.yaml:3: fsdp_config is there twice'
printf "${base}fsdp_config: null\ndeepspeed_config:\nmegatron_lm_config: {}\nipex_config: {}\n" >null.yaml
run 0 launch --config_file null.yaml true
# A file that a link leads to is written, and keeps its mode.
printf "$base" >real.yaml && chmod 600 real.yaml && ln -sf real.yaml link.yaml
run 0 config update --config_file link.yaml
[ -L link.yaml ] && [ "$(stat -c %a real.yaml)" = 600 ] && grep -q num_processes real.yaml || complain "a link: $(ls -l real.yaml link.yaml)"
# A link that leads to nothing has what it leads to made, one that leads to itself is an error before anybody is asked.
rm -rf links && mkdir links links/place && ln -s place/new.yaml links/one.yaml && ln -s "$PWD/links/one.yaml" links/two.yaml
run 0 config default --config_file links/two.yaml
[ -L links/one.yaml ] && [ -L links/two.yaml ] && grep -q num_processes links/place/new.yaml || complain "a link to nothing: $(ls -lR links)"
ln -s a.yaml links/b.yaml && ln -s b.yaml links/a.yaml
for what in "" default show update; do
    # shellcheck disable=SC2086
    run 1 config $what --config_file links/a.yaml
    says "accelerate config: links/a.yaml: cannot be opened: Too many levels of symbolic links"
    [ ! -s out.txt ] && [ -L links/a.yaml ] || complain "a link to itself: $(cat out.txt; ls -l links)"
done
wrong "- 1\n" 'wrong.yaml:1: keys with values are expected'
wrong "" 'wrong.yaml.*'
wrong "distributed_type: MULTI_GPU\nnum_processes: 2\nx: &a 1\ny: *a\n" 'wrong.yaml:[0-9]+: .*'
for type in MULTI_XPU FSDP; do
    printf 'distributed_type: %s\nnum_processes: 2\n' $type >other.yaml
    run 2 launch --config_file other.yaml true
    says "accelerate launch: $type is for programs of Python, which true is not"
done
printf 'distributed_type: DEEPSPEED\nnum_processes: 4\nnum_machines: 2\nmachine_rank: 0\nmain_process_ip: host\ndeepspeed_config:\n  deepspeed_hostfile: hosts\n' >other.yaml
run 2 launch --config_file other.yaml train.py
says "accelerate launch: deepspeed_hostfile is \"hosts\", and DeepSpeed's own launchers are not supported: .*"
run 1 launch --config_file nowhere.yaml true
says "accelerate launch: nowhere.yaml: .*No such file or directory"
printf "${base}ipex_config:\n  ipex: true\n" >old.yaml
run 0 launch --config_file old.yaml true
says "accel: warning: old.yaml:3: ipex has no effect any more"

# ---- what has no effect is told ----
warns() { # LINES WORD...: these are the warnings of the launch
    run 0 launch "${@:2}"
    printf '%b' "$1" | sed 's/^/accel: warning: /' | diff - err.txt >diff.txt || complain "launch ${*:2}: $(cat diff.txt)"
}
warns "--zero_stage has no effect without --use_deepspeed\n--fsdp_version has no effect without --use_fsdp\n" --zero_stage 3 --fsdp_version 2 true
warns "--zero_stage has no effect without --use_deepspeed\n" --cpu --zero_stage 3 true
warns "--use_megatron_lm has no effect on the CPU\n--megatron_lm_tp_degree has no effect on the CPU\n" --cpu --use_megatron_lm --megatron_lm_tp_degree 2 true
warns "--fp8_format has no effect without --mixed_precision fp8\n" --fp8_format E4M3 --dry_run train.py
warns "--dynamo_mode has no effect without --dynamo_backend\n" --dynamo_mode max-autotune --dry_run train.py
warns "--parallelism_config_tp_size has no effect without --use_parallelism_config\n" --parallelism_config_tp_size 2 true
warns "--deepspeed_hostfile has no effect on one machine\n" --use_deepspeed --deepspeed_hostfile hosts --zero_stage 2 --dry_run train.py
tpus=": TPUs are not supported\n"
warns "--same_network has no effect: it makes no difference\n--vm has no effect$tpus--env has no effect$tpus--main_training_function has no effect$tpus" \
    --vm x --env A=1 --main_training_function train --same_network true
warns "" --quiet --vm x --zero_stage 3 true
warns "" --fsdp_version 1 --main_training_function main --monitor_interval 0.1 true
printf "${base}tpu_name: one\ntpu_zone: null\ntpu_env: [A=1, B=2]\ntpu_use_sudo: true\ndowncast_bf16: 'no'\nmain_training_function: main\nfsdp_config:\n  fsdp_version: 2\n  fsdp_offload_params: true\nmonitor_interval: 5\n" >vain.yaml
warns "vain.yaml:2: tpu_name has no effect${tpus}vain.yaml:4: tpu_env has no effect${tpus}vain.yaml:11: monitor_interval has no effect: it makes no difference\nvain.yaml:9: fsdp_version has no effect without distributed_type FSDP\nvain.yaml:5: tpu_use_sudo has no effect$tpus" --config_file vain.yaml true
printf "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_version: 2\n" >fsdp.yaml
printf "distributed_type: FSDP\nnum_processes: 2\nuse_cpu: true\nfsdp_config:\n  fsdp_version: 2\n" >both.yaml
warns "both.yaml:3: use_cpu has no effect with distributed_type FSDP\n" --config_file both.yaml --dry_run train.py
grep -q "^FSDP_VERSION=2" out.txt || complain "both.yaml: FSDP_VERSION is lost"
run 2 launch --config_file both.yaml true
says "accelerate launch: FSDP is for programs of Python, which true is not"
printf "distributed_type: DEEPSPEED\nnum_processes: 2\ndeepspeed_config:\n  gradient_clipping: auto\n  gradient_accumulation_steps: auto\n  zero_stage: 2\n" >auto.yaml
warns "" --config_file auto.yaml --dry_run train.py
[ "$(grep -c "^ACCELERATE_GRADIENT_.*=auto$" out.txt)" = 2 ] || complain "auto.yaml: $(cat out.txt)"
run 2 launch --gradient_accumulation_steps auto true
says "accelerate launch: --gradient_accumulation_steps auto is for DeepSpeed \(--use_deepspeed\)"
printf "distributed_type: FSDP\nnum_processes: 2\nfsdp_config:\n  fsdp_cpu_ram_efficient_loading: true\n  fsdp_sync_module_states: false\n" >loading.yaml
run 2 launch --config_file loading.yaml train.py
says "accelerate launch: fsdp_cpu_ram_efficient_loading needs fsdp_sync_module_states, which is False"
warns "" --config_file fsdp.yaml --cpu true
ACCELERATE_USE_CPU=1 warns "fsdp.yaml:4: fsdp_version has no effect on the CPU\n" --config_file fsdp.yaml true
finish
