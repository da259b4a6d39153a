#include "launch/scalar.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"

/* ---- what it is ---- */

/* The first of PyYAML's resolvers that fits decides; times are among its texts here, since no setting is one. */
static const struct {
    configuration_kind kind;
    const char *pattern;
} resolvers[] = {
    {CONFIGURATION_TRUTH, "^(yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$"},
    {CONFIGURATION_NUMBER, "^([-+]?[0-9][0-9_]*\\.[0-9_]*([eE][-+][0-9]+)?|\\.[0-9][0-9_]*([eE][-+][0-9]+)?"
                           "|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN))$"},
    {CONFIGURATION_WHOLE, "^([-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+)$"},
    {CONFIGURATION_NULL, "^(~|null|Null|NULL|)$"},
};

/* Texts that look like times, or like numbers in base sixty, or that have a meaning of their own. */
static const char special[] =
    "^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+(\\.[0-9_]*)?|<<|=)$";

static bool fits(const char *pattern, const char *text)
{
    regex_t compiled;
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    bool fitting = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return fitting;
}

configuration_kind scalar_resolve(const char *text)
{
    for (size_t i = 0; i < sizeof resolvers / sizeof resolvers[0]; i++)
        if (fits(resolvers[i].pattern, text))
            return resolvers[i].kind;
    return CONFIGURATION_TEXT;
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

/* Without the underscores that YAML allows between digits. */
static void copy_digits(char *out, size_t size, const char *text)
{
    size_t used = 0;
    for (; *text && used + 1 < size; text++)
        if (*text != '_')
            out[used++] = *text;
    out[used] = '\0';
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

char *scalar_spell(configuration_kind kind, const char *text)
{
    RETURN_NULL_IF_FAILED();
    char digits[64];
    copy_digits(digits, sizeof digits, text);
    switch (kind) {
    case CONFIGURATION_NULL:
        return memory_copy_string("None");
    case CONFIGURATION_TRUTH:
        return memory_copy_string(tolower((unsigned char)text[0]) == 'y' ||
                                          tolower((unsigned char)text[0]) == 't' || strcasecmp(text, "on") == 0
                                      ? "True"
                                      : "False");
    case CONFIGURATION_WHOLE:
        return spell_whole(digits);
    case CONFIGURATION_NUMBER:
        return spell_number(digits);
    case CONFIGURATION_TEXT:
        break;
    }
    return memory_copy_string(text);
}

/* ---- how it is written ---- */

bool scalar_is_plain(const char *text)
{
    return scalar_resolve(text) == CONFIGURATION_TEXT && !fits(special, text);
}
