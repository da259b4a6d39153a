#!/bin/bash
# accelerate test leaves nothing behind, whatever ends it.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
export HF_HOME=$PWD/home
unset OMP_NUM_THREADS

# In the place of the program that it launches, one that never comes to its end.
mkdir -p bin libexec/accel && cp "$accelerate" bin/
printf '#!/bin/sh\nmktemp -d "$TMPDIR/saving_XXXXXX" >>saving\nexec sleep 1000\n' >libexec/accel/self_test
chmod +x libexec/accel/self_test

is_tidy() { [ -z "$(ls tmp)" ]; }
for signal in INT TERM HUP KILL; do
    cases=$((cases + 1))
    rm -f saving
    # A shell has what runs behind it ignore SIGINT, which is not what a terminal does.
    "$ACCEL_PYTHON" -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' bin/accelerate test --num_processes 1 >out.txt 2>err.txt &
    await exist saving
    kill -$signal $!
    { wait $!; } 2>killed.txt
    code=$?
    [ $code = $((128 + $(kill -l $signal))) ] || complain "accelerate test, SIG$signal: exit status $code"
    [ $signal = KILL ] || is_tidy || complain "accelerate test, SIG$signal: leaves $(find tmp)"
    await is_tidy
done
finish
