#!/bin/bash
# With --tee every line has its rank before it and stays whole.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
"$CC" -std=gnu11 -O1 "$ACCEL_SOURCE/tests/launch/probe.c" -o probe || exit 1

# Every line of rank $1 on $2, as a process writes it: 'out' or 'err'.
lines_of() { sed -n "s/^\[$1\] \($2 $1\.\)/\1/p" "$3"; }

expect "two that write much" 0 '\[[01]\] err [01].99999' --num_processes 2 --tee ./probe chat 100000
for rank in 0 1; do
    RANK=$rank ./probe chat 100000 >alone.out 2>alone.err
    cmp -s alone.out <(lines_of $rank out out.txt) || complain "rank $rank: standard output differs"
    cmp -s alone.err <(lines_of $rank err err.txt) || complain "rank $rank: standard error differs"
done
[ "$(wc -l <out.txt) $(wc -l <err.txt)" = "200000 200000" ] || complain "other lines were written"

both='echo out; echo err >&2'
shown() { # WHAT OUT ERR WORD...
    expect "$1" 0 "${3//[/\\[}" "${@:4}"
    [ "$(cat out.txt)" = "$2" ] || complain "$1: wrote \"$(cat out.txt)\", expected \"$2\""
}
shown "neither" out err sh -c "$both"
shown "neither, by number" out err --tee 0 sh -c "$both"
shown "joined to the letter" "[0] out" err -t1 sh -c "$both"
shown "standard output" "[0] out" err --tee 1 sh -c "$both"
shown "standard error" out "[0] err" --tee=2 sh -c "$both"
shown "both" "[0] out" "[0] err" --tee 3 sh -c "$both"
shown "both, without a number" "[0] out" "[0] err" --tee sh -c "$both"
shown "a line without an end" "[0] a
[0] b" "" --tee printf 'a\nb'
shown "empty lines" "[0] 
[0] " "" --tee printf '\n\n'
expect "the reason comes last" 3 'accelerate: process 0 .* exited with code 3' --tee sh -c 'printf unfinished >&2; exit 3'
[ "$(head -1 err.txt)" = "[0] unfinished" ] || complain "what it wrote last is lost"

# A process that stays behind holds the pipe open; a stranger would, too.
shown "a process stays behind" "[0] done" "" --tee sh -c 'sleep 1000 & echo done'
shown "a session stays behind" "[0] done" "" --tee sh -c 'setsid sleep 1000 & echo done'

# Nobody reads.
cases=$((cases + 5))
"$accelerate" launch --num_processes 2 --tee=1 ./probe chat 20000 2>err.txt | head -n 1 >out.txt
[ "${PIPESTATUS[0]}" = 0 ] || complain "a reader that goes away"
grep -q 'nobody reads standard output any more; the processes go on' err.txt || complain "a reader that goes away: says nothing of it"
"$accelerate" launch --tee ./probe chat 1000 >&- 2>err.txt || complain "standard output is closed"
"$accelerate" launch --tee ./probe chat 1000 >out.txt 2>&- || complain "standard error is closed"
"$accelerate" launch --tee sh -c 'echo a; exit 7' >&- 2>&-
[ $? = 7 ] || complain "both are closed"

# What cannot be written is a failure, but none of the processes': they go on to their end.
if [ ! -c /dev/full ]; then
    complain "a full disk: there is no /dev/full"
else
    cases=$((cases + 3))
    lost='No space left on device; lines of the processes are lost'
    "$accelerate" launch --tee=1 sh -c './probe chat 1000; echo x >ended' >/dev/full 2>err.txt
    [ $? = 1 ] || complain "a full disk: exit status"
    [ -s ended ] || complain "a full disk: the process was ended"
    [ "$(tail -n 1 err.txt)" = "accelerate: standard output: $lost" ] || complain "a full disk: says nothing of it"
    (ulimit -f 8 && exec "$accelerate" launch --tee=1 sh -c 'head -c 100000 /dev/zero; echo x >ended') >out.txt 2>err.txt
    [ $? = 1 ] || complain "a file that may not grow: exit status"
    [ "$(tail -n 1 err.txt)" = "accelerate: standard output: File too large; lines of the processes are lost" ] ||
        complain "a file that may not grow: says $(cat err.txt)"
    "$accelerate" launch --tee sh -c 'echo a >&2' 2>/dev/full && complain "a full disk: standard error"
    "$accelerate" launch --tee sh -c 'echo a; exit 7' >/dev/full 2>err.txt
    [ $? = 7 ] || complain "a full disk: hides the status of a process"
fi

# A line as long as one likes comes whole.
expect "a long line" 0 "" --num_processes 2 --tee=1 sh -c 'head -c 5000000 /dev/zero | tr "\0" $RANK; echo; echo end $RANK'
for rank in 0 1; do
    [ "$(grep -c "^\[$rank\] " out.txt)" -ge 2 ] || complain "a long line: rank $rank is missing"
    [ "$(grep "^\[$rank\] $rank" out.txt | tr -cd $rank | wc -c)" -ge 5000000 ] || complain "a long line: rank $rank lost some"
done
expect "a long line alone" 0 "" --tee=1 sh -c 'head -c 5000000 /dev/zero | tr "\0" x; echo; echo end'
[ "$(wc -lc <out.txt | xargs)" = "2 5000013" ] || complain "a long line alone: $(wc -lc <out.txt)"
"$accelerate" launch --num_processes 2 sh -c 'exit 7' >&- 2>&- <&-
[ $? = 7 ] || complain "all are closed, without --tee"

# A reader that has stopped reading does not hold up who wants to end it.
mkfifo pipe
exec 7<>pipe
"$accelerate" launch --tee --shutdown_timeout 0.3 sh -c 'echo $$ >writer; exec ./probe chat 100000000' >pipe 2>err.txt &
await exist writer
is_full() { ! timeout 1 dd if=/dev/zero of=pipe bs=4096 count=1 oflag=nonblock status=none 2>/dev/null; }
await is_full
kill -TERM $!
wait $!
[ $? = 143 ] || complain "a reader that has stopped: exit status"
is_gone "$(cat writer)" || complain "a reader that has stopped: the process is left"
exec 7>&-
finish
