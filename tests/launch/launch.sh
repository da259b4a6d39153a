# Sourced by the tests of this folder: runs the command accelerate, and looks at what it leaves.
accelerate=$ACCEL_BUILD/bin/accelerate
failures=0
cases=0
rm -rf ./* && mkdir tmp
export TMPDIR=$PWD/tmp # where each launch makes a folder, and removes it

complain() {
    echo "$*"
    for file in out.txt err.txt; do
        [ ! -s $file ] || head -5 $file | cut -c1-200 | sed "s/^/    $file: /"
    done
    failures=$((failures + 1))
}

# lacks WORD...: says what is not there; the test is skipped, or fails where nothing that scripts/setup installs may be absent.
lacks() {
    echo "$*; scripts/setup --tests installs it"
    [ -z "${CI:-}" ] && exit 77
    exit 1
}
need() { # TOOL...
    local tool
    for tool; do
        command -v "$tool" >/dev/null || lacks "no $tool"
    done
}

# expect WHAT STATUS LINE [WORD...]: `accelerate launch WORD...` ends with that status, and the last line on standard error
# is LINE, a regular expression; "" for none at all.
expect() {
    local what=$1 expected=$2 line=$3 code=0 last
    shift 3
    cases=$((cases + 1))
    timeout 120 "$accelerate" launch "$@" >out.txt 2>err.txt </dev/null || code=$?
    last=$(tail -n 1 err.txt)
    [ $code = "$expected" ] || complain "$what: exit status $code, expected $expected"
    if ! [[ $last =~ ^$line$ ]]; then complain "$what: says \"$last\", expected \"$line\""; fi
}

# await CONDITION...: the command succeeds, sooner or later.
await() {
    local attempt
    for attempt in {1..3000}; do
        if "$@"; then return 0; fi
        sleep 0.01
    done
    complain "never: $*"
    return 1
}

# Whether a process is there; a zombie is not.
is_alive() {
    local state
    state=$(sed -n 's/.*) \([A-Z]\) .*/\1/p' "/proc/$1/stat" 2>/dev/null) || true
    [ -n "$state" ] && [ "$state" != Z ] && [ "$state" != X ]
}
is_gone() { ! is_alive "$1"; }
# Whether a program of this folder runs, here or on a pretended machine; not one of its name elsewhere, and no zombie.
runs() { # FILE
    local program
    for program in /proc/[0-9]*/exe; do
        [ "$program" -ef "$1" ] && return
    done
    return 1
}
runs_no_more() { ! runs "$1"; }
exist() {
    local file
    for file; do [ -s "$file" ] || return 1; done
}

finish() {
    [ -z "$(ls tmp)" ] || complain "left in its folder for temporary files: $(ls tmp)"
    echo "$cases cases"
    [ $failures = 0 ]
    exit
}
