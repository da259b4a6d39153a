#!/bin/bash
# libaccel_cuda.so, which no machine without a GPU can load, is at least what it should be: it has its one symbol, and what it
# wants that this libtorch does not have belongs to the transport that only a libtorch with CUDA brings.
set -eu
. "$ACCEL_SOURCE/tests/abi/object.sh"
object libaccel_cuda.so accel_cuda_part "the headers of CUDA or NCCL were not found; scripts/setup --tests takes them"

missing=$(ldd -r "$object" 2>&1 | awk '/undefined symbol:/ { print $3 }' | c++filt)
foreign=$(echo "$missing" | grep -vE '^$|^(typeinfo for |vtable for )?c10d::(ProcessGroupNCCL|getNcclVersionTuple)' || true)
[ -z "$foreign" ] || { echo "wants what no libtorch is known to have:" && echo "$foreign" && exit 1; }
