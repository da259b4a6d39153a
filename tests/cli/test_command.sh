#!/bin/bash
# The command line of accelerate: help, version, what is refused; and what the program is made of.
set -u
accelerate=$ACCEL_BUILD/bin/accelerate
failures=0
complain() { echo "$*" && failures=$((failures + 1)); }

# says STATUS OUT ERR [WORD...]: a part of what is written to each, "" for nothing.
says() {
    local expected=$1 out=$2 err=$3 code=0
    shift 3
    "$accelerate" "$@" >out.txt 2>err.txt || code=$?
    [ $code = "$expected" ] || complain "accelerate $*: exit status $code, expected $expected"
    if [ -n "$out" ]; then grep -qF -e "$out" out.txt || complain "accelerate $*: no \"$out\""; else [ ! -s out.txt ] || complain "accelerate $*: writes $(cat out.txt)"; fi
    if [ -n "$err" ]; then grep -qF -e "$err" err.txt || complain "accelerate $*: no \"$err\""; else [ ! -s err.txt ] || complain "accelerate $*: says $(cat err.txt)"; fi
}

version=$(sed -n 's/^project(accel VERSION \([0-9.]*\).*/\1/p' "$ACCEL_SOURCE/CMakeLists.txt")
says 0 "accelerate $version" "" --version
says 0 "usage: accelerate COMMAND" "" --help
says 0 "Starts a program in several processes" "" -h
says 2 "" "usage: accelerate COMMAND"
says 2 "" "usage: accelerate COMMAND" ""
says 2 "" "accelerate: unknown command GPU; --help lists them" GPU
says 2 "" "accelerate: unknown command lunch; did you mean launch?" lunch
says 2 "" "accelerate: unknown command fly; --help lists them" fly
says 2 "" "accelerate: unknown option --verison; did you mean --version?" --verison
says 2 "" "accelerate: unknown command merge_weights; did you mean merge-weights?" merge_weights a b
says 2 "" "accelerate: --num-processes is an option of launch: accelerate launch --num-processes …" --num-processes 2 true
says 2 "" "accelerate: unknown command ./train; to start a program: accelerate launch ./train" ./train
says 2 "" "accelerate: unknown command train.py; to start a program: accelerate launch train.py" train.py
says 0 "usage: accelerate launch [options] program" "" launch -h
says 0 "usage: accelerate launch [options] program" "" launch --help=all
says 0 "usage: accelerate launch [options] program" "" help launch
says 0 "usage: accelerate help [command] [options]" "" help -h
says 0 "usage: accelerate COMMAND" "" help
says 2 "" "accelerate: unknown command lunch; did you mean launch?" help lunch
says 2 "" 'accelerate help: there is no use for "x"; --help shows how' help launch x
says 0 "accelerate $version" "" -V
says 0 "usage: accelerate config [default|update|show] [options]" "" config -h
says 0 "usage: accelerate config show --effective [options]" "" config show --effective -h
says 0 "--num_processes N" "" launch --help
says 0 "--main_process_port PORT" "" launch --cpu -h true
says 2 "" "accelerate launch: unknown option --num_proceses; did you mean --num_processes?" launch --num_proceses 2 true
says 2 "" "accelerate launch: no program to start" launch
says 2 "" "accelerate launch: no program to start" launch --cpu
says 2 "" "accelerate launch: no program to start" launch ""
says 2 "" 'accelerate launch: --num_processes must be a whole number from 1 to 1000000, got "0"' launch --num_processes 0 true
says 2 "" 'accelerate launch: --num_processes must be a whole number from 1 to 1000000, got "/bin/true"' launch --num_processes /bin/true
says 2 "" 'accelerate launch: --tee must be 0, 1, 2 or 3, or RANK:WHICH with commas between them, got "9"' launch --tee 9 true
says 2 "" 'got "5:1"; the only rank of this machine is 0' launch --tee 5:1 true
says 2 "" 'accelerate launch: --num_processes needs a value: N, a whole number from 1 to 1000000' launch --num_processes
says 2 "" 'accelerate launch: --mixed_precision needs a value: no, fp16, bf16 or fp8' launch --mixed_precision
says 2 "" 'accelerate launch: --config_file needs a value: FILE' launch --config_file
says 2 "" "accelerate launch: --backend mpi needs --mpirun_hostfile: mpirun has to start the processes" launch --num_processes 2 --backend mpi true
ACCEL_BACKEND=mpi says 2 "" "accelerate launch: ACCEL_BACKEND=mpi needs --mpirun_hostfile" launch --num_processes 2 true
ACCEL_BACKEND=mpi says 0 "" "" launch true
says 2 "" "accelerate completion: no shell given: bash or zsh" completion
says 2 "" 'got "5:1"; the ranks of this machine are 0 to 1' launch --num_processes 2 --tee 5:1 true
says 2 "" "accelerate launch: unknown option --CPU; did you mean --cpu?" launch --CPU true
says 2 "" "accelerate launch: --python is empty" launch --python "" x.py
says 2 "" "accelerate launch: --machine_rank must be below --num_machines, which is 1, got 2" launch --machine_rank 2 true
says 2 "" "accelerate launch: --num_processes 4 cannot be shared out among --num_machines 3" launch --num_machines 3 --num_processes 4 true
for words in launch "config default" "config show" "config update" config env test; do
    # shellcheck disable=SC2086
    says 2 "" "accelerate ${words%% *}: --config_file is empty" $words --config_file=
done
says 2 "" 'accelerate config: what to do must be default, update or show, got "defalt"' config defalt
says 2 "" "accelerate config: --mixed_precision needs a value: no, fp16 or bf16" config default --mixed_precision
says 2 "" 'accelerate test: --num_processes must be a whole number from 1 to 1000000, got "0"' test --num_processes 0
says 2 "" "accelerate launch: no program to start" launch --
says 0 "" "" launch -- true

# What only this installation can tell: versions and devices, and whether programs train together.
rm -rf home bin tmp && mkdir tmp
export HF_HOME=$PWD/home TMPDIR=$PWD/tmp
unset OMP_NUM_THREADS
says 0 "PyTorch version: 2." "" env
says 0 "Not found" "" env
says 0 "Test is a success!" "" test
[ "$(grep -c ' works$' out.txt)" = 6 ] || complain "accelerate test: $(cat out.txt)"
says 0 "3 processes" "" test --num_processes 3
says 0 "saved at" "" config default --mixed_precision bf16
says 0 "1 processes, mixed_precision bf16, on cpu" "" test
says 0 "	- mixed_precision: bf16" "" env
mkdir -p bin && cp "$accelerate" bin/ && cases=0
bin/accelerate test >out.txt 2>err.txt
[ $? = 1 ] && grep -q 'self_test: is not there: install the whole of accel' err.txt || complain "half an installation: $(cat err.txt)"

# Shells complete its words.
completes() { # LINE...: the words so far; what is expected is the last one
    local words=("${@:1:$#-1}")
    bash -c 'source <("$1" completion bash); shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _accelerate; echo "${COMPREPLY[*]}"' - \
        "$accelerate" "${words[@]}" >out.txt 2>err.txt
    [ "$(cat out.txt)" = "${*: -1}" ] || complain "completion of ${words[*]}: $(cat out.txt err.txt)"
}
completes accelerate la launch
completes accelerate launch --num_m --num_machines
completes accelerate launch --mixed_precision b bf16
completes accelerate config default --conf --config_file
completes accelerate config u update
completes accelerate completion z zsh
completes accelerate help la launch
completes accelerate estimate-memory --dt --dtypes
says 0 "bashcompinit" "" completion zsh
says 2 "" "accelerate completion: the shell must be bash or zsh, got \"fish\"" completion fish

# Where files or memory are scarce it says so: no signal, no silence. A sanitizer needs more memory than there is then.
scarce() { # LIMIT WORD...
    local code=0
    timeout 60 prlimit "$1" "$accelerate" "${@:2}" >out.txt 2>err.txt </dev/null || code=$?
    if [ $code = 0 ] || grep -q 'error while loading' err.txt; then return; fi
    [ $code -le 2 ] && [ -s err.txt ] || complain "prlimit $1 accelerate ${*:2}: exit status $code, says $(cat err.txt)"
}
if command -v prlimit >/dev/null; then
    limits=()
    for files in {4..16}; do limits+=(--nofile=$files); done
    if [ -z "${ACCEL_SANITIZE:-}" ]; then for kilobytes in {3800..5000..50}; do limits+=(--as=${kilobytes}000); done; fi
    for limit in "${limits[@]}"; do
        for words in --version "config default --config_file scarce.yaml" "config show --effective" "launch true" "launch --num_processes 8 --tee true" "launch --dry_run true"; do
            # shellcheck disable=SC2086
            scarce $limit $words
        done
    done
    prlimit --nofile=5 "$accelerate" launch true 2>err.txt
    [ $? = 1 ] && grep -q 'process 0 cannot be started: Too many open files' err.txt || complain "few files: $(cat err.txt)"
fi

# It starts without libtorch.
if ldd "$accelerate" | grep -E 'lib(torch|c10|accel)'; then complain "it links what it does not need"; fi

# Help fits on some pages: what is said of other engines is behind --help=all, where each title is there once.
for words in "-h" "--help=all"; do "$accelerate" launch $words >"launch$words.txt"; done
[ "$(wc -l <launch-h.txt)" -le 120 ] || complain "launch -h has $(wc -l <launch-h.txt) lines"
grep -qF "accelerate launch --help=all, or man accelerate, has more options:" launch-h.txt || complain "launch -h does not tell of the rest"
! grep -q -- --zero_stage launch-h.txt && grep -q -- --zero_stage launch--help=all.txt || complain "launch: --help=all is -h"
[ -z "$(grep -E '^[^ ].*:$' launch--help=all.txt | sort | uniq -d)" ] || complain "a title comes twice"
! grep -n ' $' launch-h.txt launch--help=all.txt || complain "blanks at the end"

# Help and the manual page are made of the same table, and troff has no complaint about the page.
"$accelerate" --manual_page >accelerate.1
cmp -s accelerate.1 "$ACCEL_BUILD/accelerate.1" || complain "the manual page of the build is another one"
for command in $("$accelerate" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'); do
    [ "$(awk 'length > 80' <("$accelerate" "$command" --help=all) | wc -l)" = 0 ] || complain "help on $command is wider than a terminal"
    grep -qF "\"ACCELERATE $command\"" accelerate.1 || complain "$command is not in the manual page"
    for flag in $("$accelerate" "$command" --help=all | sed -n 's/^  --\([a-z_]*\).*/\1/p'); do
        grep -qF "\\-\\-$flag" accelerate.1 || complain "--$flag is not in the manual page"
    done
done
for name in $(sed -n 's/.*\.source = "\([A-Z_]*\)".*/\1/p' "$ACCEL_SOURCE/src/launch/own_settings.c"); do
    grep -qxF ".B $name" accelerate.1 || complain "$name is not in the manual page"
done
if command -v groff >/dev/null; then
    groff -man -Tutf8 -ww accelerate.1 >page.txt 2>groff.txt
    [ ! -s groff.txt ] || complain "troff: $(cat groff.txt)"
    grep -q 'start training programs' page.txt || complain "the page is empty"
fi
[ $failures = 0 ]
