#!/bin/bash
# The Fortran lines of docs/fortran.md compile; what they take for granted stands in guide.f90.
set -u
. "$ACCEL_SOURCE/tests/fortran/compiler.sh"
awk '
    /^```fortran$/ { inside = 1; whole = 0; first = 1; next }
    /^```$/ && inside { if (!whole) print "  end subroutine" > "lines.f90"; inside = 0; next }
    inside && first { whole = /^module /; if (!whole) print "  subroutine lines_" ++count "()" > "lines.f90" }
    inside { first = 0; print > (whole ? "modules.f90" : "lines.f90") }
    END { print count > "count" }' "$ACCEL_SOURCE/docs/fortran.md"
{ cat modules.f90 "$ACCEL_SOURCE/tests/fortran/guide.f90" lines.f90 && echo "end module"; } >all.f90
"$FC" -std=f2018 -Wall -Wno-unused-variable -Werror -I"$ACCEL_BUILD/fortran" -fsyntax-only all.f90 || exit 1
[ "$(cat count)" -ge 4 ] || { echo "only $(cat count) pieces found" && exit 1; }
