#!/bin/bash
# Scripts of Python that use Hugging Face Accelerate run as they are: its own self-tests, in one process and in two.
set -u
. "$ACCEL_SOURCE/tests/launch/launch.sh"
unset OMP_NUM_THREADS
python=$ACCEL_PYTHON
export VIRTUAL_ENV=${ACCEL_PYTHON%/bin/python} HF_HOME=$PWD/home
scripts=$("$python" -c 'import accelerate, os; print(os.path.dirname(accelerate.__file__))')/test_utils/scripts
for script in test_ops test_sync test_script; do
    for processes in 1 2; do
        expect "$script in $processes" 0 ".*" --cpu --num_processes $processes "$scripts/$script.py"
    done
done
expect "a failure in Python" 1 "accelerate: process [01] .* exited with code 1.*" --num_processes 2 -m no_such_module
rm -rf tmp/torchinductor_* # of PyTorch's own
finish
