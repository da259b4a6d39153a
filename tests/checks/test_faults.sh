#!/bin/bash
# Each check of the sources finds a fault that is planted in a small house, and nothing before it is planted.
set -u
rm -rf house && mkdir -p house/{include/accel,src/{base,engine,tensor},tests/base,cli,examples,bindings/fortran,benchmarks,fuzz,cmake} && cd house || exit 1
cp -r "$ACCEL_SOURCE/scripts" .
cp "$ACCEL_SOURCE/cmake/rooms.txt" cmake
status=0

# fault CHECK EXPECTED FILE TEXT: the check passes, TEXT is added to FILE, the check fails and says EXPECTED.
fault() {
    local before output
    scripts/"$1" >before.log 2>&1 || { echo "$1 finds something in a good house:" && cat before.log && status=1; }
    before=$([ -e "$3" ] && cat "$3" && echo x)
    printf '%b' "$4" >>"$3"
    if output=$(scripts/"$1" 2>&1); then
        echo "$1 passes over: $4" && status=1
    elif ! grep -q -F -- "$2" <<<"$output"; then
        echo "$1 on: $4" && echo "expected: $2" && echo "got: $output" && status=1
    fi
    if [ -n "$before" ]; then printf '%s' "${before%x}" >"$3"; else rm "$3"; fi
    rm -f before.log
}

printf '#include <stdio.h>\n' >include/accel/log.h
printf '#include "base/log.h"\n\nint log_count(void)\n{\n    return 1;\n}\n' >src/base/log.c
printf '#include <accel/log.h>\n' >src/base/log.h
printf '#include "base/log.h"\n' >src/tensor/tensor.c
printf '#include <ATen/ATen.h>\n\nextern "C" int engine_one(int a,\n                          int b)\n{\n    return guard(__func__, 0, [&] { return a; });\n}\n' >src/engine/op.cpp

fault check_includes 'src/base/log.c:7: "tensor/tensor.h": base may not use tensor' src/base/log.c '#include "tensor/tensor.h"\n'
fault check_includes 'only public headers' include/accel/log.h '#include "base/log.h"\n'
fault check_includes 'only public headers' examples/train.c '#include "base/log.h"\n'
fault check_includes 'only public headers' bindings/fortran/array.c '#include "base/log.h"\n'
fault check_includes 'only public headers' benchmarks/bench.c '#include "base/log.h"\n'
fault check_includes 'C++ of the engine alone' src/tensor/tensor.c '#include <ATen/ATen.h>\n'
fault check_includes 'C++ of the engine alone' src/engine/engine.h '#include <c10/core/Device.h>\n'
fault check_includes 'tensor has no jansson' src/tensor/tensor.c '#include <jansson.h>\n'
fault check_includes 'tensor has no libxxhash' src/tensor/tensor.c '#include <xxhash.h>\n'
fault check_includes 'no such public header' src/tensor/tensor.c '#include <accel/nothing.h>\n'
fault check_includes '"room/noun.h"' src/tensor/tensor.c '#include "tensor.h"\n'
fault check_includes 'base may not use tensor' tests/base/test_log.c '#include "tensor/tensor.h"\n'
fault check_includes 'cli may not use tensor' cli/launch.c '#include "tensor/tensor.h"\n'
fault check_includes 'cli has no libutf8proc' cli/launch.c '#include <utf8proc.h>\n'
fault check_guards 'src/engine/op.cpp:8: no guard' src/engine/op.cpp 'extern "C" int engine_two(void)\n{\n    return 2;\n}\n'
fault check_guards 'no guard' src/engine/op.cpp 'extern "C" void engine_two(void)\n{\n    int a = 1;\n    guard_status(__func__, [&] { a = 2; });\n}\n'
fault check_guards 'no guard' src/engine/op.cpp 'extern "C" {\nint engine_two(void)\n{\n    return 2;\n}\n}\n'
fault check_sizes 'log_sum has 81 lines' src/base/log.c "int log_sum(void)\n{\n$(printf '    log_line();\\n%.0s' {1..81})}\n"
fault check_sizes '607 lines, at most 600' src/base/log.c "$(printf 'int a;\\n%.0s' {1..601})"
fault check_sizes '601 lines, at most 600' bindings/fortran/accel.f90 "$(printf 'end\\n%.0s' {1..601})"
fault check_sizes 'src/engine alone' src/tensor/tensor.cpp 'int a;\n'
fault check_names 'name the noun' src/base/utils.c 'int a;\n'
fault check_names 'src/base/log.c:7:' src/base/log.c '/* TO''DO: more */\n'
fault check_names 'src/base/log.c:7:' src/base/log.c 'const char *path = "/ho''me/me/model";\n'
exit $status
