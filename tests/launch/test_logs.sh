#!/bin/bash
# Output of single processes: into files, and which of them is shown.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
both='echo out $RANK; echo err $RANK >&2'
file_of() { echo logs/none_*/attempt_"${3:-0}/$1/$2.log"; }
holds() { [ "$(cat $(file_of "$1" "$2" "${4:-0}") 2>/dev/null)" = "$3" ] || complain "$what: $2 of $1 is \"$(cat $(file_of "$1" "$2" "${4:-0}"))\""; }
shows() { # WHAT OUT ERR WORD...: standard output and error, in any order of lines
    what=$1
    rm -rf logs
    expect "$what" 0 "$(tail -n 1 <<<"${3//[/\\[}" | sed 's/[01]/./g')" "${@:4}"
    [ "$(sort out.txt)" = "$2" ] || complain "$what: wrote \"$(sort out.txt)\", expected \"$2\""
    [ "$(sort err.txt)" = "$3" ] || complain "$what: wrote \"$(sort err.txt)\" to standard error, expected \"$3\""
}

shows "into files alone" "" "" --num_processes 2 --redirects --log_dir logs sh -c "$both"
holds 0 stdout "out 0" && holds 1 stderr "err 1"
shows "standard error into files" "out 0
out 1" "" --num_processes 2 -r 2 --log_dir logs sh -c "$both"
holds 1 stderr "err 1"
[ ! -e "$(file_of 1 stdout)" ] || complain "$what: standard output is there, too"
shows "into files and here" "[0] out 0
[1] out 1" "[0] err 0
[1] err 1" --num_processes 2 --tee --log_dir logs sh -c "$both"
holds 0 stdout "out 0" && holds 0 stderr "err 0" && holds 1 stdout "out 1"
shows "of one process" "out 0" "err 0
err 1" --num_processes 2 --redirects 1:1 --log_dir logs sh -c "$both"
holds 1 stdout "out 1"
shows "some are shown" "out 1" "err 1" --num_processes 2 --local_ranks_filter 1 sh -c "$both"
shows "some are shown, all are kept" "[1] out 1" "[1] err 1" --num_processes 2 --local_ranks_filter=1 --tee --log_dir logs sh -c "$both"
holds 0 stdout "out 0" && holds 1 stderr "err 1"

# A failure says what the process wrote last.
rm -rf logs
expect "what it wrote last" 3 "accelerate: process 1 .* exited with code 3" --num_processes 2 --redirects --log_dir logs \
    sh -c 'seq 20 >&2; [ $RANK = 0 ] && sleep 60; echo the end >&2; exit 3'
[ "$(head -n 1 err.txt)" = "accelerate: it wrote last:" ] || complain "what it wrote last: $(cat err.txt)"
[ "$(sed -n '2,11p' err.txt | xargs)" = "12 13 14 15 16 17 18 19 20 the end" ] || complain "what it wrote last: $(cat err.txt)"
expect "quiet" 3 "accelerate: process 0 .* exited with code 3" --quiet --redirects --log_dir logs sh -c 'echo no >&2; exit 3'
[ "$(wc -l <err.txt)" = 1 ] || complain "quiet: $(cat err.txt)"

# Processes are started anew, with files of their own and another try to meet.
rm -rf logs
expect "started anew" 0 ".*all processes are started anew \(1 of 3\)" --num_processes 2 --max_restarts 3 --redirects --log_dir logs \
    sh -c 'echo $TORCHELASTIC_RESTART_COUNT $TORCHELASTIC_MAX_RESTARTS; [ $TORCHELASTIC_RESTART_COUNT = 1 ] || exit $RANK'
what="started anew"
holds 0 stdout "0 3" && holds 1 stdout "0 3" && holds 0 stdout "1 3" 1 && holds 1 stdout "1 3" 1
expect "started anew in vain" 5 "accelerate: process 0 .* exited with code 5" --max_restarts 2 sh -c 'echo x >>times; exit 5'
[ "$(wc -l <times)" = 3 ] || complain "started anew in vain: $(wc -l <times) times"
expect "nothing to start anew" 127 "accelerate: nowhere: .*" --max_restarts 2 nowhere

expect "no files" 2 "accelerate launch: --redirects needs --log_dir" --redirects true
expect "no such streams" 2 "accelerate launch: --redirects must be 0, 1, 2 or 3, .*, got \"2:1\"; the ranks of this machine are 0 to 1" --num_processes 2 --redirects 2:1 --log_dir logs true
expect "no such ranks" 2 "accelerate launch: --local_ranks_filter must be ranks of this machine .*, got \"2\"; the ranks of this machine are 0 to 1" --num_processes 2 --local_ranks_filter 2 true
echo >taken
expect "no folder in /proc" 1 "accelerate: /proc/x.*: cannot be made a directory: .*" --redirects --log_dir /proc/x/y true
expect "no folder" 1 "accelerate: taken.*: cannot be made a directory: .*" --redirects --log_dir taken true
finish
