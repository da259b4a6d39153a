#!/bin/bash
# The exit status of a launch, and the line that says why.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
process='accelerate: process'

expect "ends well" 0 "" true
expect "several end well" 0 "" --num_processes 3 true
expect "fails" 1 "$process 0 \(pid [0-9]+\) exited with code 1" false
expect "one of three fails" 7 "$process 1 \(pid [0-9]+\) exited with code 7" \
    --num_processes 3 --shutdown_timeout 0.1 sh -c '[ $RANK != 1 ] || exit 7; sleep 1000'
expect "the largest code" 255 "$process 0 .* exited with code 255" sh -c 'exit 255'
expect "killed" 137 "$process 1 \(pid [0-9]+\) was killed by signal 9 \(SIGKILL\)" \
    --num_processes 2 --shutdown_timeout 0.1 sh -c '[ $RANK != 1 ] || kill -KILL $$; sleep 1000'
expect "crashes" 139 "$process 0 .* was killed by signal 11 \(SIGSEGV\)" sh -c 'ulimit -c 0; kill -SEGV $$'
expect "ends after another has ended well" 5 "$process 0 .* code 5" \
    --num_processes 2 sh -c '[ $RANK = 0 ] || exit 0; sleep 0.1; exit 5'
expect "a peer ignores SIGTERM" 7 "$process 1 .* code 7" --num_processes 2 --shutdown_timeout 0.2 \
    sh -c '[ $RANK != 1 ] || { sleep 0.1; exit 7; }; trap "" TERM; while :; do sleep 1; done'
expect "a peer is stopped" 3 "$process 1 .* code 3" --num_processes 2 --shutdown_timeout 1000 sh -c '
    [ $RANK = 1 ] || { echo $$ >stopped; kill -STOP $$; }
    until grep -q ") T " /proc/$(cat stopped 2>/dev/null)/stat 2>/dev/null; do sleep 0.01; done
    exit 3'

expect "not there" 127 "accelerate: ./nothing: no such file" ./nothing
expect "not in PATH" 127 "accelerate: no-such-program: not found in PATH" --num_processes 2 no-such-program
printf '#!/bin/sh\n' >here && chmod +x here
expect "in this folder" 127 "accelerate: here: not found in PATH; for the one in this folder write ./here" here
expect "in this folder, by its path" 0 "" ./here
expect "a directory" 126 "accelerate: ./tmp: is a directory" ./tmp
printf 'exit 4\n' >text
expect "not executable" 126 "accelerate: ./text: not executable" ./text
chmod +x text
expect "a script without a first line for it" 4 "$process 0 .* code 4" ./text
printf 'print(1)\n' >script.py
expect "a script of Python" 0 "" script.py
[ "$(cat out.txt)" = 1 ] || complain "a script of Python: wrote $(cat out.txt)"
printf 'import sys; sys.exit(len(sys.argv))\n' >exits.py
expect "a script of Python with arguments" 3 "$process 0 .* code 3" exits.py --cpu x
expect "a module of Python" 2 "$process 0 .* code 2" -m exits x
mkdir -p venv/bin && printf '#!/bin/sh\nexit 9\n' >venv/bin/python && chmod +x venv/bin/python
VIRTUAL_ENV=$PWD/venv expect "the active environment's Python" 9 "$process 0 .* code 9" script.py
VIRTUAL_ENV=$PWD/venv expect "another Python" 0 "" --python python3 script.py
expect "a Python that is not there" 127 "accelerate: ./nopython: .*" --python ./nopython script.py
expect "a script of Python as a program" 127 "accelerate: script.py: .*; for the script in this folder write python3 script.py" --no_python script.py
expect "a script of Python by its path" 126 "accelerate: ./script.py: not executable; write python3 ./script.py" --no_python ./script.py
chmod +x script.py
expect "a script of Python without a first line for it" 126 \
    "accelerate: ./script.py: its first line names no interpreter; write python3 ./script.py" --no_python ./script.py
printf '#!/no/interpreter\n' >stray && printf '\177ELF\2\0\0other' >foreign && chmod +x stray foreign
expect "an interpreter that is not there" 126 "accelerate: ./stray: the interpreter .* is not there" ./stray
expect "a program of another machine" 126 "accelerate: ./foreign: no program for this machine" ./foreign
[ "$(wc -l <err.txt)" = 1 ] || complain "a program of another machine: more than one line"
expect "a directory by its name" 126 "accelerate: tmp: is a directory" tmp
expect "this directory" 126 "accelerate: \.: is a directory" .
expect "an option behind --" 127 "accelerate: --cpu: .*; options stand before the program, and before --" -- --cpu true

message='{"message": {"message": "%s", "extraInfo": {"py_callstack": "", "timestamp": "1.5", "rank": "%s"}}}'
expect "leaves a message" 1 "$process 0 .* exited with code 1: no data" sh -c \
    "printf '$message' 'no data' 0 >\$TORCHELASTIC_ERROR_FILE; exit 1"
expect "stops because of a peer" 1 "$process 1 \(pid [0-9]+\) failed: rank 1: no data" --num_processes 2 --shutdown_timeout 0.1 sh -c \
    "[ \$RANK = 0 ] || exec sleep 1000; printf '$message' 'rank 1: no data' 1 >\$TORCHELASTIC_ERROR_FILE; exit 1"
expect "leaves a folder" 1 "$process 0 .* exited with code 1" sh -c \
    'mkdir -p $TORCHELASTIC_ERROR_FILE/a/b; touch $TORCHELASTIC_ERROR_FILE/a/b/c; exit 1'
expect "leaves very much" 1 "$process 0 .* exited with code 1" sh -c \
    'head -c 3000000 /dev/zero >$TORCHELASTIC_ERROR_FILE; exit 1'

# What a program asks of its own failures is not asked of the launcher's.
export ACCEL_ERRORS=abort
expect "no report, with ACCEL_ERRORS=abort" 7 "$process 1 .* code 7" --num_processes 2 sh -c 'exit $((RANK * 7))'
unset ACCEL_ERRORS

# What the launcher was given by its own parent.
cases=$((cases + 2))
env --ignore-signal=CHLD "$accelerate" launch sh -c 'exit 5' 2>err.txt
[ $? = 5 ] || complain "with SIGCHLD ignored"
env --block-signal=TERM --block-signal=CHLD "$accelerate" launch --num_processes 2 --shutdown_timeout 0.1 \
    sh -c '[ $RANK = 0 ] || exit 6; sleep 1000' 2>err.txt
[ $? = 6 ] || complain "with signals blocked"

# Nothing is printed before a program that does not start, and its line is the only one.
expect "quiet" 127 "accelerate: ./nothing: no such file" --num_processes 4 --tee ./nothing
[ ! -s out.txt ] && [ "$(wc -l <err.txt)" = 1 ] || complain "more than one line"
finish
