#!/bin/bash
# Scripts of Python that use Hugging Face Accelerate run as they are: its own self-tests, in one process and in two.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
unset OMP_NUM_THREADS
python=$ACCEL_PYTHON
export VIRTUAL_ENV=${ACCEL_PYTHON%/bin/python} HF_HOME=$PWD/home
scripts=$("$python" -c 'import accelerate, os; print(os.path.dirname(accelerate.__file__))')/test_utils/scripts

# While an interpreter ends, threads of PyTorch's Gloo may still hold tensors of its, and then abort it, whoever launched it.
aborted_by_pytorch() { [ $failures -gt "$1" ] && grep -q '^terminate called without an active exception' err.txt; }
run() {
    local before=$failures attempt
    for attempt in 1 2 3; do
        failures=$before
        expect "$@"
        if ! aborted_by_pytorch "$before"; then return; fi
    done
}

for script in test_ops test_sync test_script; do
    for processes in 1 2; do
        run "$script in $processes" 0 ".*" --cpu --num_processes $processes "$scripts/$script.py"
    done
done
expect "a failure in Python" 1 "accelerate: process [01] .* exited with code 1.*" --num_processes 2 -m no_such_module
rm -rf tmp/torchinductor_* # of PyTorch's own
finish
