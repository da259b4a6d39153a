# Sourced by the tests of launchers that say who is in a job, and not where its processes meet.
export ACCEL_TIMEOUT=60 ACCELERATE_USE_CPU=true
unset MASTER_ADDR MASTER_PORT "${!OMPI_@}" "${!PMI@}" "${!SLURM_@}"

# trains WHAT LAUNCHER...: two processes of ./train come to its end.
trains() {
    local what=$1
    shift
    cases=$((cases + 1))
    "$@" ./train 6 >out.txt 2>err.txt </dev/null || complain "$what: exit status $?"
    [ "$(cat out.txt)" = "9 samples" ] || complain "$what: printed $(cat out.txt)"
    none_left "$what"
}

# learns WHAT LAUNCHER...: two processes have the losses that they have under accelerate launch.
learns() {
    local what=$1 program=("$ACCEL_BUILD/examples/mlp" "$ACCEL_TEST_DATA/digits.tsv" 2)
    shift
    cases=$((cases + 1))
    [ -s launched ] || "$accelerate" launch --cpu --num_processes 2 "${program[@]}" >launched ||
        complain "accelerate launch: exit status $?"
    "$@" "${program[@]}" >out.txt 2>err.txt </dev/null || complain "$what: exit status $?"
    cmp -s launched out.txt || complain "$what: losses differ from $(cat launched)"
}

# says WHAT TEXT LAUNCHER...: two processes cannot meet, and say why.
says() {
    local what=$1 text=$2
    shift 2
    cases=$((cases + 1))
    "$@" ./train 6 >out.txt 2>err.txt </dev/null && complain "$what: passes"
    grep -qE "accel: error: (process [01]: )?accelerator_create: $text" err.txt || complain "$what: not said: $text"
    none_left "$what"
}

# refuses WHAT VARIABLE LAUNCHER...: the same, without this variable.
refuses() { says "$1" "[A-Z_]* is 2 and $2 is not set: " "${@:3}"; }

# train_at_once WHAT LAUNCHER...: three jobs, none of which meets another.
train_at_once() {
    local what=$1 job jobs=()
    shift
    cases=$((cases + 1))
    for job in 0 1 2; do
        SAMPLES=$((20 + job)) "$@" ./train 40 >"out.$job" 2>"err.$job" </dev/null &
        jobs+=($!)
    done
    for job in 0 1 2; do
        wait "${jobs[job]}" || complain "$what: job $job: exit status $?: $(cat "err.$job")"
        [ "$(cat "out.$job")" = "$((20 + job)) samples" ] || complain "$what: job $job: printed $(cat "out.$job")"
    done
    none_left "$what"
}

# launcher WHAT LAUNCHER...: all that holds for every one of them, with two processes.
launcher() {
    local what=$1 port
    learns "$@"
    trains "$@"
    train_at_once "$what, three at once" "${@:2}"

    cases=$((cases + 2))
    "${@:2}" ./train 1000 1 5 fail >out.txt 2>err.txt </dev/null && complain "$what: a failure passes"
    grep -q "error: process 1: no/such/file.tsv: cannot be opened" err.txt || complain "$what: a failure: its own words"
    none_left "$what: a failure"

    port=$(free_port)
    listen_on "$port"
    MASTER_PORT=$port ACCEL_TIMEOUT=2 "${@:2}" ./train 6 >out.txt 2>err.txt </dev/null && complain "$what: MASTER_PORT is not used"
    grep -q "port $port, which MASTER_PORT names, is taken" err.txt || complain "$what: MASTER_PORT is not named"
    stop_listening
    none_left "$what: MASTER_PORT"
}
