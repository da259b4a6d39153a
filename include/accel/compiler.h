/**
 * Compiler support shared by every accel header: the machinery behind options and blocks.
 *
 * Options are designated initialisers behind a macro. `accel_adamw(model, .lr = 3e-5)` builds an
 * `accel_adamw_options` that lists every default by name, then the caller's designators, and calls
 * `accel_adamw_with(model, &options)`; a value of 0 or false therefore means 0 or false.
 *
 * In C++ the same name is two functions: `accel_adamw(model)`, and `accel_adamw(model, options)` whose
 * options begin as `accel_adamw_options_default()`. Other languages give those to the `_with` function.
 *
 * Blocks, such as `accel_no_grad() { … }`, are `for` loops that run once and whose variable closes the
 * block by itself: `break`, `return` and `goto` out of one are safe. `break` and `continue` leave the
 * block, not a loop around it. Every block has public begin and end functions for other languages.
 *
 * gcc or clang, C11 or C++17.
 */
#ifndef ACCEL_COMPILER_H
#define ACCEL_COMPILER_H

#ifdef __cplusplus
#define ACCEL_BEGIN_DECLS extern "C" {
#define ACCEL_END_DECLS }
#else
#define ACCEL_BEGIN_DECLS
#define ACCEL_END_DECLS
#endif

#define ACCEL_API __attribute__((visibility("default")))
#define ACCEL_PRINTF(text, arguments) __attribute__((__format__(__printf__, text, arguments)))

#define ACCEL_CONCAT_(a, b) a##b
#define ACCEL_CONCAT(a, b) ACCEL_CONCAT_(a, b)
#define ACCEL_FIRST(first, ...) first
#define ACCEL_UNIQUE(prefix) ACCEL_CONCAT(prefix, __COUNTER__)

/* A block: BEGIN makes a value whose member `open` is true while the block is to run, END closes it. */
#define ACCEL_BLOCK(type, begin, end) ACCEL_BLOCK_(ACCEL_UNIQUE(accel_block_), type, begin, end)
#define ACCEL_BLOCK_(b, type, begin, end) for (__attribute__((cleanup(end))) type b = begin; b.open; b.open = 0)

#ifdef __cplusplus

/* NAME(a, b) and NAME(a, b, options) over NAME_with(a, b, &options), by their types: ACCEL_OVERLOADS_2(result, NAME,
   type of a, type of b, type of options). */
#define ACCEL_OVERLOADS_0(result, name, type)                                                                  \
    extern "C++" {                                                                                             \
    inline result name() { return name##_with(nullptr); }                                                      \
    inline result name(const type &options) { return name##_with(&options); }                                  \
    }
#define ACCEL_OVERLOADS_1(result, name, A, type)                                                               \
    extern "C++" {                                                                                             \
    inline result name(A a) { return name##_with(a, nullptr); }                                                \
    inline result name(A a, const type &options) { return name##_with(a, &options); }                          \
    }
#define ACCEL_OVERLOADS_2(result, name, A, B, type)                                                            \
    extern "C++" {                                                                                             \
    inline result name(A a, B b) { return name##_with(a, b, nullptr); }                                        \
    inline result name(A a, B b, const type &options) { return name##_with(a, b, &options); }                  \
    }
#define ACCEL_OVERLOADS_3(result, name, A, B, C, type)                                                         \
    extern "C++" {                                                                                             \
    inline result name(A a, B b, C c) { return name##_with(a, b, c, nullptr); }                                \
    inline result name(A a, B b, C c, const type &options) { return name##_with(a, b, c, &options); }          \
    }
#define ACCEL_OVERLOADS_4(result, name, A, B, C, D, type)                                                      \
    extern "C++" {                                                                                             \
    inline result name(A a, B b, C c, D d) { return name##_with(a, b, c, d, nullptr); }                        \
    inline result name(A a, B b, C c, D d, const type &options) { return name##_with(a, b, c, d, &options); }  \
    }

#else

#ifdef __clang__
#define ACCEL_ALLOW_OVERRIDE _Pragma("GCC diagnostic ignored \"-Winitializer-overrides\"")
#else
#define ACCEL_ALLOW_OVERRIDE _Pragma("GCC diagnostic ignored \"-Woverride-init\"")
#endif

/* Evaluates CALL with the options O, initialised by the remaining arguments. */
#define ACCEL_WITH(o, call, type, ...)                                                                         \
    __extension__({                                                                                            \
        _Pragma("GCC diagnostic push") ACCEL_ALLOW_OVERRIDE const type o = {__VA_ARGS__};                      \
        _Pragma("GCC diagnostic pop") call;                                                                    \
    })

/* FUNCTION(&options), FUNCTION(a, &options), and so on. DEFAULTS() expands to designators. The
   size is repeated after the caller's designators so that their list may be empty in standard C. */
#define ACCEL_CALL_0(function, type, defaults, ...)                                                            \
    ACCEL_CALL_0_(ACCEL_UNIQUE(accel_options_), function, type, defaults, __VA_ARGS__)
#define ACCEL_CALL_0_(o, function, type, defaults, ...)                                                        \
    ACCEL_WITH(o, function(&o), type, defaults(), __VA_ARGS__)
#define ACCEL_CALL_1(function, type, defaults, ...)                                                            \
    ACCEL_CALL_1_(ACCEL_UNIQUE(accel_options_), function, type, defaults, __VA_ARGS__,                         \
                  .struct_size = sizeof(type))
#define ACCEL_CALL_1_(o, function, type, defaults, a, ...)                                                     \
    ACCEL_WITH(o, function(a, &o), type, defaults(), __VA_ARGS__)
#define ACCEL_CALL_2(function, type, defaults, ...)                                                            \
    ACCEL_CALL_2_(ACCEL_UNIQUE(accel_options_), function, type, defaults, __VA_ARGS__,                         \
                  .struct_size = sizeof(type))
#define ACCEL_CALL_2_(o, function, type, defaults, a, b, ...)                                                  \
    ACCEL_WITH(o, function(a, b, &o), type, defaults(), __VA_ARGS__)
#define ACCEL_CALL_3(function, type, defaults, ...)                                                            \
    ACCEL_CALL_3_(ACCEL_UNIQUE(accel_options_), function, type, defaults, __VA_ARGS__,                         \
                  .struct_size = sizeof(type))
#define ACCEL_CALL_3_(o, function, type, defaults, a, b, c, ...)                                               \
    ACCEL_WITH(o, function(a, b, c, &o), type, defaults(), __VA_ARGS__)
#define ACCEL_CALL_4(function, type, defaults, ...)                                                            \
    ACCEL_CALL_4_(ACCEL_UNIQUE(accel_options_), function, type, defaults, __VA_ARGS__,                         \
                  .struct_size = sizeof(type))
#define ACCEL_CALL_4_(o, function, type, defaults, a, b, c, d, ...)                                            \
    ACCEL_WITH(o, function(a, b, c, d, &o), type, defaults(), __VA_ARGS__)

#endif

/* ACCEL_EACH(M, a, b, …) is M(a), M(b), … for up to 24 arguments; ACCEL_COUNT(a, b, …) counts them. */
#define ACCEL_COUNT(...)                                                                                       \
    ACCEL_COUNT_(__VA_ARGS__, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, \
                 2, 1, 0)
#define ACCEL_COUNT_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19,     \
                     a20, a21, a22, a23, a24, n, ...)                                                          \
    n
#define ACCEL_EACH(m, ...) ACCEL_CONCAT(ACCEL_EACH_, ACCEL_COUNT(__VA_ARGS__))(m, __VA_ARGS__)
#define ACCEL_EACH_1(m, a) m(a)
#define ACCEL_EACH_2(m, a, ...) m(a), ACCEL_EACH_1(m, __VA_ARGS__)
#define ACCEL_EACH_3(m, a, ...) m(a), ACCEL_EACH_2(m, __VA_ARGS__)
#define ACCEL_EACH_4(m, a, ...) m(a), ACCEL_EACH_3(m, __VA_ARGS__)
#define ACCEL_EACH_5(m, a, ...) m(a), ACCEL_EACH_4(m, __VA_ARGS__)
#define ACCEL_EACH_6(m, a, ...) m(a), ACCEL_EACH_5(m, __VA_ARGS__)
#define ACCEL_EACH_7(m, a, ...) m(a), ACCEL_EACH_6(m, __VA_ARGS__)
#define ACCEL_EACH_8(m, a, ...) m(a), ACCEL_EACH_7(m, __VA_ARGS__)
#define ACCEL_EACH_9(m, a, ...) m(a), ACCEL_EACH_8(m, __VA_ARGS__)
#define ACCEL_EACH_10(m, a, ...) m(a), ACCEL_EACH_9(m, __VA_ARGS__)
#define ACCEL_EACH_11(m, a, ...) m(a), ACCEL_EACH_10(m, __VA_ARGS__)
#define ACCEL_EACH_12(m, a, ...) m(a), ACCEL_EACH_11(m, __VA_ARGS__)
#define ACCEL_EACH_13(m, a, ...) m(a), ACCEL_EACH_12(m, __VA_ARGS__)
#define ACCEL_EACH_14(m, a, ...) m(a), ACCEL_EACH_13(m, __VA_ARGS__)
#define ACCEL_EACH_15(m, a, ...) m(a), ACCEL_EACH_14(m, __VA_ARGS__)
#define ACCEL_EACH_16(m, a, ...) m(a), ACCEL_EACH_15(m, __VA_ARGS__)
#define ACCEL_EACH_17(m, a, ...) m(a), ACCEL_EACH_16(m, __VA_ARGS__)
#define ACCEL_EACH_18(m, a, ...) m(a), ACCEL_EACH_17(m, __VA_ARGS__)
#define ACCEL_EACH_19(m, a, ...) m(a), ACCEL_EACH_18(m, __VA_ARGS__)
#define ACCEL_EACH_20(m, a, ...) m(a), ACCEL_EACH_19(m, __VA_ARGS__)
#define ACCEL_EACH_21(m, a, ...) m(a), ACCEL_EACH_20(m, __VA_ARGS__)
#define ACCEL_EACH_22(m, a, ...) m(a), ACCEL_EACH_21(m, __VA_ARGS__)
#define ACCEL_EACH_23(m, a, ...) m(a), ACCEL_EACH_22(m, __VA_ARGS__)
#define ACCEL_EACH_24(m, a, ...) m(a), ACCEL_EACH_23(m, __VA_ARGS__)

#endif
