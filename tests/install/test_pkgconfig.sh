#!/bin/bash
# The examples, and a program as C and as C++, build against an installed copy, found by pkg-config, and run with it.
set -eu
prefix=$PWD/prefix
. "$ACCEL_SOURCE/tests/install/launched.sh"
rm -rf "$prefix" programs && mkdir programs
cmake --install "$ACCEL_BUILD" --prefix "$prefix" >install.log

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name accel.pc)")
export PKG_CONFIG_PATH
library_dir=$(pkg-config --variable=libdir accel)
# One step up from where the file is, and no detour.
case $(pkg-config --libs accel) in *//* | */../..*) echo "accel.pc: $(pkg-config --libs accel)" && exit 1 ;; esac
[ -e "$library_dir/libaccel.so" ]
sanitize=${ACCEL_SANITIZE:+-fsanitize=$ACCEL_SANITIZE}

found=0
for source in "$ACCEL_SOURCE"/examples/*.c "$ACCEL_SOURCE"/examples/by_feature/*.c; do
    [ -e "$source" ] || continue
    program=programs/$(basename "$source" .c)
    # shellcheck disable=SC2046,SC2086
    "$CC" $sanitize "$source" $(pkg-config --cflags --libs accel) -Wl,-rpath,"$library_dir" -lm -o "$program"
    case $program in
    programs/mlp) arguments="$ACCEL_TEST_DATA/digits.tsv 1" ;; # one epoch
    programs/text_classification) arguments=--help ;;
    *) arguments= ;;
    esac
    # shellcheck disable=SC2086
    if ! "$program" $arguments >"$program.txt" 2>&1 || [ ! -s "$program.txt" ]; then
        echo "$program $arguments: failed" && cat "$program.txt" && exit 1
    fi
    found=$((found + 1))
done
[ "$found" -gt 0 ]

stranger=$ACCEL_SOURCE/tests/install/stranger.c
# shellcheck disable=SC2046,SC2086
{
    "$CC" $sanitize -std=c11 -Wall -Wextra -Wpedantic -Werror "$stranger" $(pkg-config --cflags --libs accel) -o programs/stranger_c
    "$CXX" $sanitize -std=c++17 -Wall -Wextra -Wpedantic -Werror -x c++ "$stranger" -x none $(pkg-config --cflags --libs accel) \
        -o programs/stranger_cpp
}
expect_two programs/stranger_c
expect_two programs/stranger_cpp
[ -s "$prefix/share/man/man1/accelerate.1" ]

# The folder may be moved.
rm -rf moved && mv "$prefix" moved
PKG_CONFIG_PATH=$PWD/moved${PKG_CONFIG_PATH#"$prefix"}
prefix=$PWD/moved
[ -e "$(pkg-config --variable=libdir accel)/libaccel.so" ] && [ -e "$(pkg-config --variable=includedir accel)/accel/accel.h" ]
# shellcheck disable=SC2046,SC2086
"$CC" $sanitize "$stranger" $(pkg-config --cflags --libs accel) -o programs/stranger_moved
expect_two programs/stranger_moved
echo "$found examples built against $prefix"
