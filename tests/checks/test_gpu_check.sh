#!/bin/bash
# scripts/gpu_check gives CMake what it is given, up to the build; of a machine with a GPU only what it asks is there.
set -u
rm -rf house && mkdir -p house/{scripts,bin} && cd house || exit 1
cp "$ACCEL_SOURCE/scripts/gpu_check" scripts
printf '#!/bin/sh\necho "a GPU"\n' >bin/nvidia-smi
printf '#!/bin/sh\necho "setup $* of ${Torch_DIR:-none}" >>said\n' >scripts/setup
printf '#!/bin/sh\necho "cmake $*" >>said\n[ "$1" = --preset ]\n' >bin/cmake
chmod +x bin/* scripts/*
status=0

# says ARGUMENTS EXPECTED: what setup and the first cmake are told.
says() {
    rm -f said
    # shellcheck disable=SC2086
    PATH=$PWD/bin:$PATH scripts/gpu_check $1 >out 2>&1
    [ "$(head -n 2 said)" = "$2" ] && return
    echo "gpu_check $1:" && cat said out && status=1
}

unset Torch_DIR
says "" $'setup --tests of none\ncmake --preset release --log-level=WARNING'
says "-DTorch_DIR=elsewhere/torch --quick -DACCEL_WERROR=ON" \
    $'setup --tests of elsewhere/torch\ncmake --preset release --log-level=WARNING -DTorch_DIR=elsewhere/torch -DACCEL_WERROR=ON'
rm -f said
scripts/gpu_check --fast >out 2>&1 && echo "takes --fast" && status=1
[ ! -e said ] && grep -q -- --quick out || { echo "does not say what it takes" && status=1; }
exit $status
