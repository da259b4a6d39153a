#!/bin/bash
# A header that changes makes the binding stale, and what no rule knows is named. No compiler for Fortran is needed.
set -u
rm -rf house && mkdir -p house/bindings && cd house || exit 1
cp -r "$ACCEL_SOURCE/scripts" "$ACCEL_SOURCE/include" .
cp -r "$ACCEL_SOURCE/bindings/fortran" bindings
status=0

# change FILE SED EXPECTED: the check fails and says EXPECTED.
change() {
    local output
    cp "$1" before
    sed -i "$2" "$1"
    cmp -s "$1" before && echo "nothing changes: $2" && status=1
    if output=$(scripts/generate_fortran --check 2>&1); then
        echo "passes: $2" && status=1
    elif ! grep -qF -- "$3" <<<"$output"; then
        echo "$2: expected: $3" && echo "got: $output" && status=1
    fi
    mv before "$1"
}

scripts/generate_fortran --check || { echo "stale before anything changes" && status=1; }
options=include/accel/loader.h
change $options 's/^    bool shuffle;/    bool shuffle, reversed;/' 'bindings/fortran/accel_c.f90:1: stale'
change $options 's/^    int64_t batch_size;/    int batch_size;/' 'bindings/fortran/accel_c.f90:1: stale'
change include/accel/tensor.h 's/ACCEL_FLOAT32 = 6/ACCEL_FLOAT32 = 9/' 'bindings/fortran/accel_c.f90:1: stale'
change include/accel/random.h '/accel_generator_draw(/i ACCEL_API double accel_generator_real(accel_generator *generator);' \
    'bindings/fortran/accel_c.f90:1: stale'
change include/accel/random.h '/accel_generator_draw(/i ACCEL_API double accel_generator_lend(void **memory);' \
    'accel_generator_lend: no rule for `void * * memory`: name it in BY_HAND or LEFT_OUT'
change include/accel/random.h '/accel_generator_draw(/i ACCEL_API void *accel_generator_lend(void);' \
    'accel_generator_lend: no rule for its result'
change $options 's/^    bool shuffle;/    bool shuffle; long double chance;/' 'no rule for the option `long double chance`'
change include/accel/accelerator.h 's/accelerator_prepare_items(/accelerator_prepare_list(/' \
    'accelerator_prepare_items is in a table here, and in no header'
change include/accel/random.h '/accel_generator_draw(/i garbage;' 'random.h: cannot read `garbage`'
change bindings/fortran/accel_calls.f90 's/present(lr)/present(eps)/' 'bindings/fortran/accel_calls.f90:1: stale'
change bindings/fortran/text.c 's/"%s"/text/' 'bindings/fortran/text.c:1: stale'
exit $status
