#!/bin/bash
# What a launch hands to a script of Python is what the reference's hands to it, key by key.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
here=$PWD
cd "$ACCEL_TEST_ORACLE/environment" || exit 1

for file in *.env; do
    name=${file%.env}
    mapfile -t words <"$name.args"
    mapfile -t outside <"$name.outside"
    cases=$((cases + 1))
    code=0
    env -i PATH="$PATH" HOME="$here" HF_HOME="$here" TMPDIR="$TMPDIR" "${outside[@]}" \
        "$accelerate" launch --dry_run "${words[@]}" train.py >"$here/out.txt" 2>"$here/err.txt" || code=$?
    if [ "$(cat "$file")" = refused ]; then
        [ $code != 0 ] || complain "$name: is not refused"
        [ "$(wc -l <"$here/err.txt")" = 1 ] || complain "$name: is refused in other than one line: $(cat "$here/err.txt")"
    else
        [ $code = 0 ] || complain "$name: $(cat "$here/err.txt")"
        grep -E '^[A-Z_0-9]+=' "$here/out.txt" | grep -vE '^RANK=|^MASTER_' | grep -vxFf "$name.outside" | sort |
            diff "$file" - >"$here/diff.txt" || complain "$name: $(cat "$here/diff.txt")"
    fi
done
cd "$here" || exit 1
[ $cases -gt 50 ] || complain "only $cases cases"
finish
