#!/bin/bash
# Each public header compiles by itself, as pedantic C11 and as C++17 and C++20, without a warning.
set -u
cd "$ACCEL_SOURCE" || exit 1
status=0
for header in include/accel/*.h; do
    # A header may have nothing but macros, and a file may not.
    printf '#include "%s"\nint main(void) { return 0; }\n' "$header" >"$OLDPWD/alone.txt"
    "$CC" -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror \
        -I. -Iinclude -fsyntax-only -x c "$OLDPWD/alone.txt" || { echo "$header: not as C11" && status=1; }
    for standard in c++17 c++20; do
        "$CXX" -std=$standard -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
            -I. -Iinclude -fsyntax-only -x c++ "$OLDPWD/alone.txt" || { echo "$header: not as $standard" && status=1; }
    done
done
exit $status
