#!/bin/bash
# libaccel_mpi.so has its one symbol, and neither this library nor the command needs anything of MPI's.
set -eu
object=$ACCEL_BUILD/lib/libaccel_mpi.so
if [ ! -e "$object" ]; then
    echo "no libaccel_mpi.so: MPI was not found; scripts/setup --tests installs it"
    [ -n "${CI:-}" ] && exit 1
    exit 77
fi

defined=$(nm -D --defined-only "$object" | awk '$2 ~ /[TDBR]/ && $3 !~ /^_/ { print $3 }')
[ "$defined" = accel_transport ] || { echo "defines $defined, expected accel_transport alone" && exit 1; }

for other in "$ACCEL_BUILD/lib/libaccel.so" "$ACCEL_BUILD/bin/accelerate"; do
    ! ldd "$other" | grep -E 'lib(mpi|mpich)\.' || { echo "$other needs MPI" && exit 1; }
done
