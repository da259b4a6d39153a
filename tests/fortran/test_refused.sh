#!/bin/bash
# Mistakes that the compiler finds: each line is refused, and the line beside it, which has none, is not.
set -u
. "$ACCEL_SOURCE/tests/fortran/compiler.sh"
status=0

compiles() { # LINE
    { cat "$ACCEL_SOURCE/tests/fortran/refused.f90" && printf '  %s\nend program\n' "$1"; } >line.f90
    "$FC" -std=f2018 -I"$ACCEL_BUILD/fortran" -fsyntax-only line.f90 >log 2>&1
}

# refused GOOD BAD EXPECTED
refused() {
    compiles "$1" || { echo "does not compile: $1" && cat log && status=1; }
    compiles "$2" && { echo "compiles: $2" && status=1; }
    grep -qiE -- "$3" log || { echo "$2: does not say $3" && cat log && status=1; }
}

refused 'optimizer = accel_adamw(model, lr=1d-3)' 'optimizer = accel_adamw(model, lr=1e-3)' "in argument .lr."
refused 'optimizer = accel_adamw(model, lr=1d-3)' 'optimizer = accel_adamw(model, rate=1d-3)' "rate"
refused 'optimizer = accel_adamw(model)' 'optimizer = accel_adamw(optimizer)' "in argument .model."
refused 'call accelerator_prepare(acc, model, optimizer)' 'call accelerator_prepare(acc, model, dataset)' "in argument .a2."
refused 'call accel_free(model)' 'call accel_free(acc)' "in argument .handle."
refused 'tensor = accel_tensor_wrap(field)' 'tensor = accel_tensor_wrap(field + 1)' "wrap"
refused 'tensor = accel_tensor_wrap(field(::2, 3))' 'tensor = accel_tensor_wrap(switches)' "wrap"
refused 'tensor = accel_forward(model, tensor)' 'tensor = accel_forward(model, field)' "accel_forward"
refused 'call accel_optimizer_step(optimizer)' 'status = accel_optimizer_step(optimizer)' "accel_optimizer_step"
refused 'layer = accel_linear(2, 3, bias=.true.)' 'layer = accel_linear(2, 3, bias=1)' "in argument .bias."
exit $status
