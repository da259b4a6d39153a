# Sourced by the tests of this folder: what is installed starts what was built with it.

# expect_two PROGRAM: two processes of it, under the installed command, know each other.
expect_two() {
    "$prefix/bin/accelerate" launch --num_processes 2 "$1" >"$1.txt" || { echo "$1: exit status $?" && exit 1; }
    if [ "$(sort "$1.txt")" != $'process 0 of 2\nprocess 1 of 2' ]; then
        echo "$1: writes" && cat "$1.txt" && exit 1
    fi
}
