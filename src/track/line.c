#include "track/line.h"

#include <stdbool.h>
#include <stdint.h>

/* The character that text begins with and its length in bytes, at least 1; false when it is not UTF-8. */
static bool decode(const char *text, uint32_t *character, size_t *length)
{
    const unsigned char *c = (const unsigned char *)text;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = c[0] < 0x80 ? 1 : c[0] < 0xc0 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : c[0] < 0xf8 ? 4 : 0;
    *length = 1;
    if (size == 0)
        return false;
    uint32_t value = size == 1 ? c[0] : c[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return false;
        value = value << 6 | (c[i] & 0x3f);
    }
    if (value < smallest[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return false;
    *character = value;
    *length = size;
    return true;
}

void line_clean(char *text)
{
    while (*text) {
        uint32_t character = 0;
        size_t length;
        bool good = decode(text, &character, &length);
        bool control = character < ' ' || (character >= 0x7f && character < 0xa0);
        for (size_t i = 0; i < length; i++)
            if (!good || control)
                text[i] = good ? ' ' : '?';
        text += length;
    }
}

static bool is_wide(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } wide[] = {
        {0x1100, 0x115f},   {0x231a, 0x23ff},   {0x2600, 0x27bf},   {0x2b1b, 0x2b55}, {0x2e80, 0xa4cf},
        {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe6f}, {0xff01, 0xffe6},
        {0x16fe0, 0x1b2ff}, {0x1f000, 0x1faff}, {0x20000, 0x3fffd},
    };
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (character >= wide[i].first && character <= wide[i].last)
            return true;
    return false;
}

/* Goes over the text until its end or until the next character would not fit. */
static size_t walk(const char *text, size_t limit, size_t *columns)
{
    size_t at = 0;
    *columns = 0;
    while (text[at]) {
        uint32_t character = 0;
        size_t length;
        decode(text + at, &character, &length);
        size_t width = is_wide(character) ? 2 : 1;
        if (width > limit - *columns)
            break;
        *columns += width;
        at += length;
    }
    return at;
}

size_t line_columns(const char *text)
{
    size_t columns;
    walk(text, SIZE_MAX, &columns);
    return columns;
}

size_t line_fit(const char *text, size_t limit)
{
    size_t columns;
    return walk(text, limit, &columns);
}
