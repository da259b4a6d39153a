#include "data/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t plain_once = PTHREAD_ONCE_INIT;
static locale_t plain; /* the C locale */

static void make_plain(void) { plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

/* Whether only spaces follow. */
static bool ends(const char *at)
{
    while (*at == ' ')
        at++;
    return *at == '\0';
}

double number_read(const char *text, size_t size)
{
    if (strspn(text, " +-.0123456789eE") != size)
        return (double)NAN;
    char *end;
    pthread_once(&plain_once, make_plain);
    double number = plain ? strtod_l(text, &end, plain) : strtod(text, &end);
    return end != text && isfinite(number) && ends(end) ? number : (double)NAN;
}

bool number_is_integer(double value, int64_t *out)
{
    if (!(value >= -0x1p63 && value < 0x1p63) || value != trunc(value))
        return false;
    *out = (int64_t)value;
    return true;
}

bool number_read_integer(const char *text, size_t size, int64_t *out)
{
    if (strspn(text, " +-0123456789") != size)
        return number_is_integer(number_read(text, size), out);
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || errno == ERANGE || !ends(end))
        return false;
    *out = number;
    return true;
}
