#!/bin/bash
# A CMake project finds an installed copy with find_package(accel), builds with it and runs.
set -eu
prefix=$PWD/prefix
rm -rf "$prefix" project && mkdir project
cmake --install "$ACCEL_BUILD" --prefix "$prefix" >install.log

cat >project/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.22)
project(user LANGUAGES C)
find_package(accel 0.1 REQUIRED)
add_executable(user user.c)
target_link_libraries(user PRIVATE accel::accel)
END
cat >project/user.c <<'END'
#include <stdio.h>
#include <accel/scope.h>

int main(void)
{
    accel_scoped() {
        printf("live handles: %zu\n", accel_live_handles());
    }
    return 0;
}
END
cmake -S project -B project/build -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
    ${ACCEL_SANITIZE:+-DCMAKE_C_FLAGS=-fsanitize=$ACCEL_SANITIZE} >project/log
cmake --build project/build >>project/log || { cat project/log && exit 1; }
[ "$(project/build/user)" = "live handles: 0" ]
