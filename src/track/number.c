#include "track/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A locale may have more than one byte for it. */
static void put_point(char *text)
{
    char *point = text + strspn(text, "+-0123456789e");
    size_t size = strcspn(point, "+-0123456789e");
    if (size == 0)
        return;
    *point = '.';
    memmove(point + 1, point + size, strlen(point + size) + 1);
}

static void print_fraction(char text[NUMBER_MAX], double number)
{
    int digits = 15; /* that every decimal number survives; with 17 every double does */
    do
        snprintf(text, NUMBER_MAX, "%.*g", digits, number);
    while (digits++ < 17 && strtod(text, NULL) != number);
    put_point(text);
}

void number_print(char text[NUMBER_MAX], double number)
{
    if (isnan(number))
        strcpy(text, "nan");
    else if (isinf(number))
        strcpy(text, number > 0 ? "inf" : "-inf");
    else if (number == 0)
        strcpy(text, signbit(number) ? "-0.0" : "0");
    else if (number == trunc(number) && fabs(number) < 1e16)
        snprintf(text, NUMBER_MAX, "%.0f", number);
    else
        print_fraction(text, number);
}
