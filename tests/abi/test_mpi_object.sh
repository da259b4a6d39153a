#!/bin/bash
# libaccel_mpi.so has its one symbol, and neither this library nor the command needs anything of MPI's.
set -eu
. "$ACCEL_SOURCE/tests/abi/object.sh"
object libaccel_mpi.so accel_transport "MPI was not found; scripts/setup --tests installs it"

for other in "$ACCEL_BUILD/lib/libaccel.so" "$ACCEL_BUILD/bin/accelerate"; do
    ! ldd "$other" | grep -E 'lib(mpi|mpich)\.' || { echo "$other needs MPI" && exit 1; }
done
