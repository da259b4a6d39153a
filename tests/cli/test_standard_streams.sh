#!/bin/bash
# What the command printed and nobody got is a failure, whichever sub-command it is; and no file is taken for a stream that is closed.
set -u
accelerate=$ACCEL_BUILD/bin/accelerate
failures=0
complain() { echo "$*: $(head -3 err.txt)" && failures=$((failures + 1)); }
rm -rf ./* && mkdir tmp weights
export HF_HOME=$PWD/home TMPDIR=$PWD/tmp
unset OMP_NUM_THREADS
"$accelerate" config default >/dev/null || complain "no configuration"
header='{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
printf "\\x$(printf %x ${#header})\0\0\0\0\0\0\0%s1234" "$header" >weights/model.safetensors
echo '{}' >weights/config.json

# loses STATUS LINE WORD...: one line, on standard error.
loses() {
    local line=$1 code=$2
    shift 2
    [ "$code" = 1 ] || complain "accelerate $*: exit status $code"
    [ "$(cat err.txt)" = "accelerate: standard output$line" ] || complain "accelerate $*"
}
while read -r words; do
    # shellcheck disable=SC2086
    {
        "$accelerate" $words >&- 2>err.txt
        loses " is closed" $? "$words"
        if [ ! -c /dev/full ]; then
            complain "there is no /dev/full"
        else
            "$accelerate" $words >/dev/full 2>err.txt
            loses ": No space left on device" $? "$words"
        fi
        { sleep 0.2 && "$accelerate" $words 2>err.txt; echo $? >code; } | true
        [ "$(cat code)" = 141 ] && [ ! -s err.txt ] || complain "accelerate $words: a reader that went away: $(cat code)"
    }
done <<'END'
--version
--help
--manual_page
completion bash
config default
config show
config show --effective
config update
config --help
env
env --help
estimate-memory weights
inspect weights
inspect --json weights/model.safetensors
launch --help
launch --dry_run true
merge-weights weights merged
END

# The processes of a launch go on without it; what the command itself has to say of them is lost.
"$accelerate" launch sh -c 'echo a && echo b >ended' >&- 2>err.txt || complain "launch: standard output is closed"
[ "$(cat ended)$(cat err.txt)" = b ] || complain "launch: does not go on"
"$accelerate" test >&- 2>err.txt
loses " is closed" $? test

# More than fits into a buffer, of which the last write alone may succeed.
"$accelerate" completion bash >whole.txt
(ulimit -f 4 && trap '' XFSZ && "$accelerate" completion bash >part.txt 2>err.txt)
loses ": File too large" $? "completion bash, into a limited file"

# With all three closed, files are read and written as ever.
"$accelerate" merge-weights weights closed <&- >&- 2>&-
[ -s closed/model.safetensors ] || complain "nothing is merged"
cmp -s merged/model.safetensors closed/model.safetensors || complain "the merged file differs"
[ -z "$(ls tmp)" ] || complain "left in its folder for temporary files: $(ls tmp)"
[ $failures = 0 ]
