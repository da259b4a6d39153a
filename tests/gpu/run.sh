#!/bin/bash
# usage: run.sh [--pretended] LIBRARY PROGRAM
# Runs a test on pretended GPUs, by LIBRARY; on those of the machine where ACCEL_REAL_GPU is set, which says how many there are.
# --pretended: only on pretended ones.
set -eu
only=no
if [ "$1" = --pretended ]; then
    only=yes
    shift
fi
if [ -z "${ACCEL_REAL_GPU:-}" ]; then
    export LD_PRELOAD="$1" ACCEL_CUDA_LIBRARY="$1"
elif [ $only = yes ]; then
    echo "it is about pretended GPUs, and ACCEL_REAL_GPU is set"
    exit 77
fi
exec "$2"
