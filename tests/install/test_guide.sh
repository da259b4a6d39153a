#!/bin/bash
# The C lines of docs/guide compile, functions by themselves; what they take for granted stands in guide.h.
set -u
status=0 found=0
rm -f guide_*.c
for page in "$ACCEL_SOURCE"/docs/guide/*.md; do
    awk -v name="guide_$(basename "$page" .md)" '
        /^```c$/ { file = name "_" ++blocks ".c"
                   print "#include \"guide.h\"" > file
                   inside = first = 1; next }
        /^```$/ && inside { if (!whole) print "return 0;\n}" > file; close(file); inside = 0 }
        inside && first { whole = /^static /; if (!whole) print "int lines(void);\nint lines(void)\n{" > file; first = 0 }
        inside { print > file }' "$page"
done
for source in guide_*.c; do
    found=$((found + 1))
    "$CC" -fsyntax-only -Wall -Wextra -Wno-unused-variable -Wno-unused-but-set-variable -Wno-unused-function -Werror \
        -I"$ACCEL_SOURCE/tests/install" -I"$ACCEL_SOURCE/include" "$source" || status=1
done
[ $found -ge 10 ] || { echo "only $found pieces found" && status=1; }
exit $status
