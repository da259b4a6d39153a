#!/bin/bash
# Every function that takes options, NAME_with, is in C a macro NAME and in C++ a pair of functions NAME: one that is
# forgotten fails here. All of it compiles as C++17 and C++20 without a warning, without options and with them.
set -eu
cd "$ACCEL_SOURCE"
work=$OLDPWD
status=0
mapfile -t names < <(grep -ohE '\b(accel|accelerator)_[a-z0-9_]+_with\(' include/accel/*.h | sed 's/_with($//; s/_with(//' | sort -u)
[ "${#names[@]}" -ge 20 ] || { echo "only ${#names[@]} functions with options found" && exit 1; }

{
    echo '#include <accel/accel.h>'
    for name in "${names[@]}"; do
        printf '#ifndef %s\n#error "%s: no macro in C"\n#endif\n' "$name" "$name"
    done
    echo 'int main(void) { return 0; }'
} >"$work/options.c"
"$CC" -std=c11 -Iinclude -fsyntax-only "$work/options.c" || status=1

# `arguments<f>` of f(…, const options *) has to be what NAME takes, with nothing and with the options by reference.
{
    cat <<'CPP'
#include <accel/accel.h>
template <class Without, class With, class... Arguments> struct split;
template <class R, class... Seen, class Options>
struct split<R(), void(Seen...), const Options *> {
    using without = R (*)(Seen...);
    using with = R (*)(Seen..., const Options &);
};
template <class R, class... Seen, class Next, class Last, class... Rest>
struct split<R(), void(Seen...), Next, Last, Rest...> : split<R(), void(Seen..., Next), Last, Rest...> {};
template <class> struct pair;
template <class R, class... Arguments> struct pair<R(Arguments...)> : split<R(), void(), Arguments...> {};
CPP
    for name in "${names[@]}"; do
        printf '#ifdef %s\n#error "%s: a macro in C++"\n#endif\n' "$name" "$name"
        printf 'pair<decltype(%s_with)>::without without_%s = %s;\n' "$name" "$name" "$name"
        printf 'pair<decltype(%s_with)>::with with_%s = %s;\n' "$name" "$name" "$name"
    done
    echo 'int main() { return 0; }'
} >"$work/options.cpp"
for compiler in "$CXX" clang++; do
    command -v "$compiler" >/dev/null || continue
    for standard in c++17 c++20; do
        "$compiler" -std=$standard -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Iinclude -fsyntax-only \
            "$work/options.cpp" || { echo "$compiler: not as $standard" && status=1; }
    done
done
exit $status
