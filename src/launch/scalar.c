#include "launch/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"

/* ---- what it is ---- */

#define DIGITS "0123456789"

static const char *behind(const char *text, const char *characters) { return text + strspn(text, characters); }

static const char *behind_sign(const char *text) { return text + (*text == '-' || *text == '+'); }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_one_of(const char *text, const char *const *words)
{
    while (*words && strcmp(*words, text) != 0)
        words++;
    return *words != NULL;
}

static bool is_truth(const char *text)
{
    static const char *const words[] = {"yes",   "Yes",  "YES", "no",  "No", "NO",    "true",
                                        "True",  "TRUE", "on",  "On",  "ON", "false", "False",
                                        "FALSE", "off",  "Off", "OFF", NULL};
    return is_one_of(text, words);
}

static bool is_null(const char *text)
{
    static const char *const words[] = {"~", "null", "Null", "NULL", "", NULL};
    return is_one_of(text, words);
}

/* e+3, with its sign, or nothing. */
static bool is_exponent(const char *text)
{
    if (*text == '\0')
        return true;
    if ((text[0] != 'e' && text[0] != 'E') || (text[1] != '-' && text[1] != '+'))
        return false;
    return is_digit(text[2]) && *behind(text + 2, DIGITS) == '\0';
}

static bool is_number(const char *text)
{
    static const char *const infinite[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const none[] = {".nan", ".NaN", ".NAN", NULL};
    const char *bare = behind_sign(text), *point = behind(bare, DIGITS "_");
    if (is_one_of(bare, infinite) || is_one_of(text, none))
        return true;
    if (*text == '.') /* without a sign, as PyYAML has it */
        return is_digit(text[1]) && is_exponent(behind(text + 1, DIGITS "_"));
    return is_digit(*bare) && *point == '.' && is_exponent(behind(point + 1, DIGITS "_"));
}

static bool is_whole(const char *text)
{
    const char *bare = behind_sign(text);
    if (*bare != '0')
        return is_digit(*bare) && *behind(bare, DIGITS "_") == '\0';
    if (bare[1] == 'b')
        return bare[2] && *behind(bare + 2, "01_") == '\0';
    if (bare[1] == 'x')
        return bare[2] && *behind(bare + 2, DIGITS "abcdefABCDEF_") == '\0';
    return *behind(bare + 1, "01234567_") == '\0';
}

/* The first of PyYAML's resolvers that fits decides; times are among its texts here, since no setting is one. No regular expressions:
   where memory is short the C library's end the program, or fit nothing. */
configuration_kind scalar_resolve(const char *text)
{
    return is_truth(text)    ? CONFIGURATION_TRUTH
           : is_number(text) ? CONFIGURATION_NUMBER
           : is_whole(text)  ? CONFIGURATION_WHOLE
           : is_null(text)   ? CONFIGURATION_NULL
                             : CONFIGURATION_TEXT;
}

/* Behind one or two digits; NULL where there are none. */
static const char *behind_two(const char *text)
{
    return !is_digit(text[0]) ? NULL : text + 1 + is_digit(text[1]);
}

/* 2001-1-31 and whatever follows. */
static bool is_date(const char *text)
{
    if (strspn(text, DIGITS) != 4 || text[4] != '-')
        return false;
    const char *day = behind_two(text + 5);
    return day && *day == '-' && is_digit(day[1]);
}

/* 1:30:00.5 */
static bool is_sexagesimal(const char *text)
{
    const char *bare = behind_sign(text), *at = behind(bare, DIGITS "_");
    if (!is_digit(*bare) || *bare == '0' || *at != ':')
        return false;
    while (at && *at == ':')
        at = is_digit(at[1]) && at[1] > '5' ? at + 2 : behind_two(at + 1);
    return at && (*at == '\0' || (*at == '.' && *behind(at + 1, DIGITS "_") == '\0'));
}

/* Texts that look like times, or like numbers in base sixty, or that have a meaning of their own. */
static bool is_special(const char *text)
{
    return is_date(text) || is_sexagesimal(text) || strcmp(text, "<<") == 0 || strcmp(text, "=") == 0;
}

/* ---- numbers that are wanted ---- */

static bool is_all(const char *text, const char *end) { return end != text && *end == '\0' && errno == 0; }

bool scalar_read_number(const char *text, double least, double most, double *value)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return is_all(text, end) && *value >= least && *value <= most;
}

bool scalar_read_whole(const char *text, double least, double most, double *value)
{
    char *end;
    errno = 0;
    *value = (double)strtol(text, &end, 10);
    return is_all(text, end) && *value >= least && *value <= most;
}

/* ---- what is made of it ---- */

void scalar_spell_number(double value, char *text, size_t size)
{
    if (!isfinite(value)) {
        snprintf(text, size, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return;
    }
    int digits = 1;
    do
        snprintf(text, size, "%.*g", digits, value);
    while (strtod(text, NULL) != value && digits++ < 17);
    if (strchr(text, 'e') && fabs(value) >= 1 && fabs(value) < 1e16) /* Python writes these out */
        snprintf(text, size, "%.0f", value);
    size_t used = strlen(text);
    if (!strpbrk(text, ".e") && used + 3 <= size)
        memcpy(text + used, ".0", 3);
}

/* Without the underscores that YAML allows between digits: new. */
static char *copy_digits(const char *text)
{
    char *digits = memory_copy_string(text);
    size_t used = 0;
    for (; digits && *text; text++)
        if (*text != '_')
            digits[used++] = *text;
    if (digits)
        digits[used] = '\0';
    return digits;
}

/* What no number can hold stays as it is, for a message. */
static char *spell_whole(const char *digits)
{
    const char *bare = digits + (*digits == '-' || *digits == '+');
    bool binary = bare[0] == '0' && bare[1] == 'b';
    char text[32];
    errno = 0;
    long value = strtol(bare + (binary ? 2 : 0), NULL, binary ? 2 : 0);
    if (errno != 0)
        return memory_copy_string(digits);
    snprintf(text, sizeof text, "%ld", *digits == '-' ? -value : value);
    return memory_copy_string(text);
}

static char *spell_number(const char *digits)
{
    char text[32];
    const char *bare = digits + (*digits == '-' || *digits == '+');
    bool named = bare[0] == '.' && isalpha((unsigned char)bare[1]); /* .inf, .nan */
    double value = strtod(named ? bare + 1 : bare, NULL);
    scalar_spell_number(*digits == '-' ? -value : value, text, sizeof text);
    return memory_copy_string(text);
}

static char *spell_digits(configuration_kind kind, const char *text)
{
    char *digits = copy_digits(text), *spelled = NULL;
    if (digits)
        spelled = kind == CONFIGURATION_WHOLE ? spell_whole(digits) : spell_number(digits);
    memory_free(digits);
    return spelled;
}

char *scalar_spell(configuration_kind kind, const char *text)
{
    RETURN_NULL_IF_FAILED();
    switch (kind) {
    case CONFIGURATION_NULL:
        return memory_copy_string("None");
    case CONFIGURATION_TRUTH:
        return memory_copy_string(tolower((unsigned char)text[0]) == 'y' ||
                                          tolower((unsigned char)text[0]) == 't' || strcasecmp(text, "on") == 0
                                      ? "True"
                                      : "False");
    case CONFIGURATION_WHOLE:
    case CONFIGURATION_NUMBER:
        return spell_digits(kind, text);
    case CONFIGURATION_TEXT:
        break;
    }
    return memory_copy_string(text);
}

/* ---- how it is written ---- */

bool scalar_is_plain(const char *text)
{
    return scalar_resolve(text) == CONFIGURATION_TEXT && !is_special(text);
}
