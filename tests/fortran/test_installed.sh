#!/bin/bash
# A stranger's program builds against an installed copy with gfortran and pkg-config alone, and with CMake, and runs under the
# installed command. The folder may be moved.
set -eu
. "$ACCEL_SOURCE/tests/fortran/compiler.sh"
. "$ACCEL_SOURCE/tests/install/launched.sh"
prefix=$PWD/prefix
rm -rf "$prefix" moved project && mkdir project
cmake --install "$ACCEL_BUILD" --prefix "$prefix" >install.log

cat >project/stranger.f90 <<'END'
program stranger
  use accel
  implicit none
  type(accelerator) :: acc
  integer :: rank, size

  acc = accelerator_create()
  rank = accelerator_process_index(acc)
  size = accelerator_num_processes(acc)
  if (accelerator_finish(acc) == 0) print "(a, i0, a, i0)", "process ", rank, " of ", size
end program
END
cat >project/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.22)
project(user LANGUAGES Fortran)
find_package(accel 0.1 REQUIRED)
add_executable(by_cmake stranger.f90)
target_link_libraries(by_cmake PRIVATE accel::fortran)
END
sanitize=${ACCEL_SANITIZE:+-fsanitize=$ACCEL_SANITIZE}

by_pkgconfig() { # PREFIX PROGRAM
    PKG_CONFIG_PATH=$(dirname "$(find "$1" -name accel-fortran.pc)")
    export PKG_CONFIG_PATH
    # shellcheck disable=SC2046,SC2086
    "$FC" $sanitize -std=f2018 -Wall -Werror project/stranger.f90 $(pkg-config --cflags --libs accel-fortran) -o "$2"
}
by_pkgconfig "$prefix" project/by_pkgconfig
expect_two project/by_pkgconfig
# shellcheck disable=SC2046,SC2086
"$FC" $sanitize "$ACCEL_SOURCE/examples/fortran/train_heat.f90" $(pkg-config --cflags --libs accel-fortran) -J project -o project/heat

cmake -S project -B project/build -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_Fortran_COMPILER="$FC" \
    ${sanitize:+-DCMAKE_Fortran_FLAGS=$sanitize} >project/log
cmake --build project/build >>project/log || { cat project/log && exit 1; }
expect_two project/build/by_cmake

mv "$prefix" moved
prefix=$PWD/moved
by_pkgconfig "$prefix" project/moved
expect_two project/moved
