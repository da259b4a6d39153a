# Sourced by the tests of this folder: small models, and `refuse`, which runs examples/text_classification on something
# that is wrong. The work folder holds a sound model, good, and sound data, rows.tsv.
program=$ACCEL_BUILD/examples/text_classification
status=0
cases=0

# model DIR [FAULT...]: a small model with those faults, options of tiny_model.py
model() {
    rm -rf "$1"
    python3 "$ACCEL_SOURCE/tests/faults/tiny_model.py" "$@"
}

complain() {
    echo "$1: $2"
    [ ! -s err.txt ] || sed 's/^/    /' err.txt
    status=1
}

files() { find . -type f ! -name err.txt ! -name out.txt | sort; }

# What it says besides warnings and progress.
complaints() { grep -av -e '^accel: warning: ' -e '^train: ' err.txt; }

run() { timeout 60 "$program" --model good --data rows.tsv --batch_size 4 --max_steps 2 "$@" >out.txt 2>err.txt; }

# refuse WHAT EXPECTED [OPTION...]: the program fails with one line that has EXPECTED in it, and leaves no file.
refuse() {
    local what=$1 expected=$2 before code=0
    shift 2
    before=$(files)
    cases=$((cases + 1))
    run "$@" || code=$?
    if [ $code = 0 ]; then
        complain "$what" "passes"
    elif [ $code -ge 124 ]; then
        complain "$what" "ended by exit status $code"
    elif [ "$(complaints | wc -l)" != 1 ] || ! complaints | grep -aqF -- "$expected"; then
        complain "$what" "expected one line with: $expected"
    elif [ "$(files)" != "$before" ]; then
        complain "$what" "left $(comm -13 <(echo "$before") <(files) | tr '\n' ' ')"
    fi
}

# accept WHAT [OPTION...]: the program takes it without a word, so that what is refused is refused for its fault.
accept() {
    local what=$1
    shift
    cases=$((cases + 1))
    run "$@" || complain "$what" "ended by exit status $?"
    [ "$(complaints | wc -l)" = 0 ] || complain "$what" "says something"
}

finish() {
    echo "$cases cases"
    exit $status
}

rm -rf ./* && model good
for i in {1..40}; do printf '%d\t%d\t%s\r\n' "$i" $((i % 3 - 1)) "the film is not bad $i"; done >rows.tsv
