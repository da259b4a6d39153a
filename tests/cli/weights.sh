# Sourced by the tests of this folder that look at files of weights: `says` and `refuses` run the command, and $oracle is what
# oracle_merged.py wrote. Without it the test is skipped by name.
accelerate=$ACCEL_BUILD/bin/accelerate
oracle=$ACCEL_TEST_ORACLE/merged
failures=0

if [ ! -d "$oracle" ]; then
    echo "skipped, there is no $oracle"
    exit 77
fi

complain() { echo "$*" && failures=$((failures + 1)); }

# says WORD...: it ends well, with what it writes in out.txt and nothing on standard error.
says() {
    local code=0
    "$accelerate" "$@" >out.txt 2>err.txt || code=$?
    [ $code = 0 ] || complain "accelerate $*: exit status $code"
    [ ! -s err.txt ] || complain "accelerate $*: says $(cat err.txt)"
}

# refuses STATUS TEXT WORD...: it says why in one line that has the text in it, and writes nothing else.
refuses() {
    local expected=$1 text=$2 code=0
    shift 2
    "$accelerate" "$@" >out.txt 2>err.txt || code=$?
    [ $code = "$expected" ] || complain "accelerate $*: exit status $code, expected $expected"
    [ ! -s out.txt ] || complain "accelerate $*: writes $(cat out.txt)"
    [ "$(wc -l <err.txt)" = 1 ] || complain "accelerate $*: says $(cat err.txt)"
    grep -qF -e "accelerate $1: $text" err.txt || complain "accelerate $*: no \"$text\" in: $(cat err.txt)"
}

# same WHAT FILE FILE
same() { cmp -s "$2" "$3" || complain "$1: $3 is another file than $2"; }

# write_safetensors FILE HEADER [BYTES]: a file with that header, and that many bytes of data, 0 by default.
write_safetensors() {
    local LC_ALL=C hex length
    length=${#2}
    printf -v hex '\\x%02x\\x%02x\\x%02x\\x%02x\\0\\0\\0\\0' $((length & 255)) $((length >> 8 & 255)) $((length >> 16 & 255)) $((length >> 24))
    { printf '%b' "$hex" && printf '%s' "$2" && head -c "${3:-0}" /dev/zero; } >"$1"
}

finish() { [ $failures = 0 ]; }
rm -rf ./*
