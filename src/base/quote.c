#include "base/quote.h"

#include <string.h>

/* How long the sequence is that a first byte announces, and which second bytes it allows; 0 for no first
   byte. */
static size_t sequence_length(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

bool quote_is_utf8(const char *text) { return quote_is_utf8_of(text, strlen(text)); }

bool quote_is_utf8_of(const char *text, size_t size)
{
    const unsigned char *c = (const unsigned char *)text, *end = c + size;
    while (c < end) { /* the zero byte behind it ends a sequence that is cut short */
        unsigned char low, high;
        size_t length = sequence_length(*c, &low, &high);
        if (length == 0 || (length > 1 && (c[1] < low || c[1] > high)))
            return false;
        for (size_t i = 2; i < length; i++)
            if ((c[i] & 0xc0) != 0x80)
                return false;
        c += length;
    }
    return true;
}

static accel_status append_escape(buffer *out, unsigned char c)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = strchr(plain, c);
    if (found)
        return buffer_printf(out, "\\%c", letters[found - plain]);
    return buffer_printf(out, "\\u%04x", c);
}

accel_status quote_append(buffer *out, const char *text)
{
    accel_status status = buffer_append(out, "\"", 1);
    while (status == ACCEL_OK && *text) {
        size_t run = 0;
        while ((unsigned char)text[run] >= ' ' && text[run] != '"' && text[run] != '\\')
            run++;
        status = run ? buffer_append(out, text, run) : append_escape(out, (unsigned char)*text++);
        text += run;
    }
    return status == ACCEL_OK ? buffer_append(out, "\"", 1) : status;
}

enum { UNREADABLE = 0xfffd };

/* The character at `text`; `length`: its bytes. UNREADABLE stands for as many bytes as might have begun one. */
static unsigned long character_at(const char *text, size_t *length)
{
    const unsigned char *c = (const unsigned char *)text;
    unsigned char low, high;
    const size_t announced = sequence_length(*c, &low, &high);
    *length = 1;
    if (announced <= 1)
        return announced == 1 ? *c : UNREADABLE;
    unsigned long code = *c & (0x7fu >> announced);
    for (; *length < announced && c[*length] >= low && c[*length] <= high; ++*length) {
        code = code << 6 | (c[*length] & 0x3f);
        low = 0x80, high = 0xbf; /* of those after the second */
    }
    return *length == announced ? code : UNREADABLE;
}

static accel_status append_ascii(buffer *out, unsigned long code)
{
    if (code < 0x80) {
        const char c = (char)code;
        return code < ' ' || c == '"' || c == '\\' || c == 0x7f ? append_escape(out, (unsigned char)c)
                                                                : buffer_append(out, &c, 1);
    }
    if (code < 0x10000)
        return buffer_printf(out, "\\u%04lx", code);
    code -= 0x10000;
    return buffer_printf(out, "\\u%04lx\\u%04lx", 0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
}

accel_status quote_append_ascii(buffer *out, const char *text)
{
    accel_status status = buffer_append(out, "\"", 1);
    for (size_t length = 0; status == ACCEL_OK && *text; text += length)
        status = append_ascii(out, character_at(text, &length));
    return status == ACCEL_OK ? buffer_append(out, "\"", 1) : status;
}
