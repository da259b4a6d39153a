#!/bin/bash
# Structs have the same layout in Fortran as in C; what a call is not given are C's defaults, and what it is given arrives.
set -eu
tests=$ACCEL_SOURCE/tests/fortran
. "$tests/compiler.sh"
"$ACCEL_PYTHON" "$tests/options.py" write
fortran() { "$FC" ${ACCEL_SANITIZE:+-fsanitize=address} -ffree-line-length-none -I"$ACCEL_BUILD/fortran" "$@"; }
link=("$ACCEL_BUILD/lib/libaccel_fortran.a" -L"$ACCEL_BUILD/lib" -laccel "-Wl,-rpath,$ACCEL_BUILD/lib")

"$CC" -I"$ACCEL_SOURCE/include" layout.c -o layout_c
fortran layout.f90 -o layout_fortran
./layout_c >layout.c.txt
./layout_fortran >layout.f90.txt
diff layout.c.txt layout.f90.txt
[ "$(grep -vc % layout.c.txt)" -ge 30 ] || { echo "only $(grep -vc % layout.c.txt) structs" && exit 1; }

"$CC" -I"$ACCEL_SOURCE/include" -I"$tests" -c keywords.c
fortran keywords.f90 keywords.o "${link[@]}" -o keywords
./keywords >keywords.txt
"$ACCEL_PYTHON" "$tests/options.py" check keywords.txt
