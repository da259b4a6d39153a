#!/bin/bash
# What happens at a terminal.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
cases=$(grep -c '^def [a-z]*_[a-z_]*():$' "$ACCEL_SOURCE/tests/launch/terminal.py")
"$ACCEL_PYTHON" "$ACCEL_SOURCE/tests/launch/terminal.py" "$accelerate" "$ACCEL_PYTHON" || complain "at a terminal"
finish
