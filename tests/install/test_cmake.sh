#!/bin/bash
# A CMake project finds an installed copy with find_package(accel), builds with it as C and as C++, and runs under the
# installed command.
set -eu
prefix=$PWD/prefix
. "$ACCEL_SOURCE/tests/install/launched.sh"
rm -rf "$prefix" project && mkdir project
cmake --install "$ACCEL_BUILD" --prefix "$prefix" >install.log

cat >project/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.22)
project(user LANGUAGES C CXX)
find_package(accel 0.1 REQUIRED)
foreach(language c cpp)
    add_executable(stranger_${language} stranger.${language})
    target_link_libraries(stranger_${language} PRIVATE accel::accel)
    set_target_properties(stranger_${language} PROPERTIES
        C_STANDARD 11 C_EXTENSIONS OFF CXX_STANDARD 17 CXX_EXTENSIONS OFF)
endforeach()
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
for language in c cpp; do cp "$ACCEL_SOURCE/tests/install/stranger.c" project/stranger.$language; done
cmake -S project -B project/build -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
    ${ACCEL_SANITIZE:+-DCMAKE_C_FLAGS=-fsanitize=$ACCEL_SANITIZE -DCMAKE_CXX_FLAGS=-fsanitize=$ACCEL_SANITIZE} \
    >project/log
cmake --build project/build >>project/log || { cat project/log && exit 1; }
[ "$(project/build/user)" = "live handles: 0" ]
expect_two project/build/stranger_c
expect_two project/build/stranger_cpp
