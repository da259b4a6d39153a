#!/bin/bash
# Nobody is left after a launch, whatever the processes started and wherever that went.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"

# Each leaves its number in left.KIND.
cat >start_all <<'SCRIPT'
#!/bin/bash
stay='trap "" TERM HUP INT; echo $BASHPID >left.$kind.$RANK; while :; do sleep 1; done'
kind=plain bash -c 'sleep 1000 & echo $! >left.plain.$RANK'
kind=stubborn bash -c "$stay" &
kind=session setsid bash -c "$stay" &
kind=daemon bash -c "setsid bash -c '$stay' & exit 0" &
kind=line setsid bash -c "echo \$BASHPID >left.line.\$RANK; kind=end setsid bash -c '$stay' & while :; do sleep 1; done" &
for kind in plain stubborn session daemon line end; do
    until [ -s left.$kind.$RANK ]; do sleep 0.01; done
done
touch started.$RANK
SCRIPT
chmod +x start_all

none_left() { # WHAT
    local file count=0
    for file in left.*; do
        count=$((count + 1))
        is_gone "$(cat "$file")" || complain "$1: ${file#left.} is left"
    done
    [ $count = "$2" ] || complain "$1: $count processes were started, expected $2"
    rm -f left.* started.*
}

expect "all end well" 0 "" --num_processes 2 ./start_all
none_left "all end well" 12
expect "one fails" 7 "accelerate: process 1 .* code 7" --num_processes 2 --shutdown_timeout 0.2 bash -c '
    ./start_all; [ $RANK = 0 ] || { until [ -e started.0 ]; do sleep 0.01; done; exit 7; }; sleep 1000'
none_left "one fails" 12
"$accelerate" launch --num_processes 2 --shutdown_timeout 0.2 bash -c './start_all; sleep 1000' 2>err.txt &
await test -e started.0
await test -e started.1
kill -INT $!
wait $!
[ $? = 130 ] || complain "SIGINT: exit status"
none_left "SIGINT" 12

# A process that was there before the launch is not its business.
bash -c 'sleep 1000 & echo $! >other; exec "$0" launch true' "$accelerate"
is_alive "$(cat other)" || complain "somebody else's process was killed"
kill "$(cat other)"

# Orphans that end meanwhile do not stay as zombies.
is_reaped() { [ ! -e "/proc/$1" ]; }
"$accelerate" launch bash -c 'for i in {1..20}; do bash -c "sleep 0 & echo \$!"; done >orphans; touch adopted; until [ -e go ]; do sleep 0.01; done' &
await test -e adopted
[ "$(wc -l <orphans)" = 20 ] || complain "orphans: $(wc -l <orphans) were made, expected 20"
while read -r orphan; do
    await is_reaped "$orphan" || break
done <orphans
touch go
wait $! || complain "orphans: exit status"

# Nobody outlives a launcher that is killed, and its folder for temporary files does not either.
is_empty() { [ -z "$(ls tmp)" ]; }
for attempt in 1 2 3; do
    rm -f ready.*
    "$accelerate" launch --num_processes 4 bash -c 'trap "" TERM; echo $$ >ready.$RANK; while :; do sleep 1; done' &
    await exist ready.0 ready.1 ready.2 ready.3
    [ "$(ls tmp | wc -l)" = 1 ] || complain "no folder for temporary files"
    [ $attempt = 1 ] || echo '{"message": "' >"$(echo tmp/accelerate-*)/0.json"
    kill -KILL $!
    wait $! 2>/dev/null
    for file in ready.*; do
        await is_gone "$(cat "$file")"
    done
    await is_empty
done

# Neither does what they had started.
rm -f ready.* left.* started.*
"$accelerate" launch --num_processes 2 bash -c './start_all; sleep 1000' &
await test -e started.0
await test -e started.1
kill -KILL $!
wait $! 2>/dev/null
for file in left.*; do
    await is_gone "$(cat "$file")"
done
none_left "SIGKILL" 12
await is_empty

# The same while it still starts them: the first process kills it, most often before the last is there. This bash has a name of its own.
cp "$(command -v bash)" stay
caught=0
for attempt in {1..10}; do
    rm -f ready.*
    "$accelerate" launch --num_processes 32 ./stay -c 'trap "" TERM; echo $$ >ready.$RANK; [ $RANK != 0 ] || kill -KILL $ACCEL_LAUNCHER
        while :; do sleep 1; done' &
    wait $! 2>/dev/null
    await is_empty
    await runs_no_more stay
    exist ready.{0..31} || caught=$((caught + 1))
done
[ $caught -gt 0 ] || complain "while it starts them: it had started all of them each time"

# However often it starts processes anew, the launcher has as many descriptors and children as at first, and a process has none of the
# launcher's. Process 1 of each attempt writes what it sees.
cat >look <<'SCRIPT'
#!/bin/bash
ls /proc/self/fd >own.$RANK
[ $RANK = 1 ] || exec sleep 1000
until [ -s own.0 ]; do sleep 0.01; done
children=$(cat /proc/$ACCEL_LAUNCHER/task/*/children | wc -w)
echo "$(ls /proc/$ACCEL_LAUNCHER/fd | wc -l) descriptors, $children children" >seen.$TORCHELASTIC_RESTART_COUNT
rm own.0
exit 9
SCRIPT
chmod +x look
ls /proc/self/fd >own </dev/null 2>/dev/null
# look_at WHAT OPTION...
look_at() {
    local what=$1
    shift
    rm -f seen.* own.?
    expect "$what" 9 "accelerate: process 1 .* code 9" --num_processes 2 --max_restarts 20 --shutdown_timeout 0.1 "$@" ./look
    [ "$(ls seen.* | wc -l)" = 21 ] || complain "$what: $(ls seen.* | wc -l) attempts, expected 21"
    [ "$(sort -u seen.* | wc -l)" = 1 ] || complain "$what: $(sort seen.* | uniq -c | tr '\n' ';')"
    diff own own.1 >difference || complain "$what: process 1 has other descriptors than this shell's: $(tr '\n' ' ' <difference)"
}
look_at "descriptors and children"
look_at "descriptors and children with --tee" --tee 3
look_at "descriptors and children with logs" --redirects 3 --log_dir logs
rm -rf logs
finish
