/* How the C side of options.py shows what arrives: a line for each option, under the title of a section. */
#ifndef ACCEL_TESTS_FORTRAN_OPTIONS_H
#define ACCEL_TESTS_FORTRAN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void section(const char *title);
void section(const char *title) { printf("== %s\n", title); }

static inline void show_integer(const char *name, long long value) { printf("%s %lld\n", name, value); }
static inline void show_real(const char *name, double value) { printf("%s %.17g\n", name, value); }
static inline void show_text(const char *name, const char *value)
{
    printf("%s %s\n", name, value ? value : "NULL");
}
static inline void show_pointer(const char *name, const void *value)
{
    printf("%s %s\n", name, value ? "set" : "NULL");
}

#define SHOW(name, value)                                                                                      \
    _Generic((value),                                                                                          \
        bool: show_integer,                                                                                    \
        int: show_integer,                                                                                     \
        unsigned: show_integer,                                                                                \
        long: show_integer,                                                                                    \
        double: show_real,                                                                                     \
        const char *: show_text,                                                                               \
        default: show_pointer)(name, value)

#endif
