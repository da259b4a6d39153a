#!/bin/bash
# Under torchrun, whose agent has the store: processes train together, and its report shows what the library says.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
. "$ACCEL_SOURCE/tests/processes/training.sh"
torchrun=$(dirname "$ACCEL_PYTHON")/torchrun
[ -x "$torchrun" ] || lacks "no torchrun beside $ACCEL_PYTHON"
export ACCEL_TIMEOUT=60

"$torchrun" --no-python --nproc_per_node 2 ./train 6 >out.txt 2>err.txt || complain "training: exit status $?"
[ "$(cat out.txt)" = "9 samples" ] || complain "training: printed $(cat out.txt)"
none_left "training"

"$torchrun" --no-python --nproc_per_node 3 ./train 1000 2 5 fail >out.txt 2>err.txt && complain "a failure passes"
grep -q "traceback : no/such/file.tsv: cannot be opened" err.txt || complain "a failure: its own words"
grep -q "traceback : .*process 2 failed: no/such/file.tsv: cannot be opened" err.txt || complain "a failure: the others'"
none_left "a failure"

# Attempt after attempt meets under another name in the same store.
"$torchrun" --no-python --nproc_per_node 2 --max_restarts 1 bash -c \
    'if [ $TORCHELASTIC_RESTART_COUNT = 0 ]; then exec ./train 1000 1 5 abort; else exec ./train 6; fi' >out.txt 2>err.txt ||
    complain "a restart: exit status $?"
[ "$(cat out.txt)" = "9 samples" ] || complain "a restart: printed $(cat out.txt)"
none_left "a restart"
rm -rf tmp/torchelastic_* # its own
cases=3
finish
