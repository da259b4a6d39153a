#include "text/utf8.h"

#include <string.h>

/* Reads the sequence at the start of `left` > 0 bytes: whether it is well formed, and its length; the length of
   an ill-formed one is that of the longest start of a well-formed one, at least 1 (Unicode's table 3-7). */
static bool read_sequence(const unsigned char *bytes, size_t left, size_t *length)
{
    unsigned char lead = bytes[0], low = 0x80, high = 0xBF;
    size_t wanted = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (lead == 0xE0)
        low = 0xA0; /* shorter forms exist below */
    else if (lead == 0xED)
        high = 0x9F; /* surrogates above */
    else if (lead == 0xF0)
        low = 0x90;
    else if (lead == 0xF4)
        high = 0x8F; /* beyond U+10FFFF above */
    size_t found = 1;
    while (found < wanted && found < left && bytes[found] >= low && bytes[found] <= high) {
        found++;
        low = 0x80;
        high = 0xBF;
    }
    *length = found;
    return found == wanted;
}

/* The length of the well-formed start of a text. */
static size_t valid_prefix(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        uint64_t word = 0;
        if (size - at >= sizeof word) {
            memcpy(&word, text + at, sizeof word);
            if (!(word & UINT64_C(0x8080808080808080))) {
                at += sizeof word;
                continue;
            }
        }
        size_t length = 0;
        if (!read_sequence((const unsigned char *)text + at, size - at, &length))
            break;
        at += length;
    }
    return at;
}

bool utf8_is_valid(const char *text, size_t size) { return valid_prefix(text, size) == size; }

accel_status utf8_repair(const char *text, size_t size, buffer *out)
{
    accel_status status = ACCEL_OK;
    for (size_t at = 0; at < size && status == ACCEL_OK;) {
        size_t valid = valid_prefix(text + at, size - at);
        status = buffer_append(out, text + at, valid);
        at += valid;
        if (at == size || status != ACCEL_OK)
            break;
        size_t ill_formed = 0;
        read_sequence((const unsigned char *)text + at, size - at, &ill_formed);
        status = buffer_append(out, "\xEF\xBF\xBD", 3);
        at += ill_formed;
    }
    return status;
}

uint32_t utf8_next(const char *text, size_t *position)
{
    const unsigned char *bytes = (const unsigned char *)text + *position;
    if (bytes[0] < 0x80) {
        *position += 1;
        return bytes[0];
    }
    if (bytes[0] < 0xE0) {
        *position += 2;
        return (bytes[0] & 0x1Fu) << 6 | (bytes[1] & 0x3Fu);
    }
    if (bytes[0] < 0xF0) {
        *position += 3;
        return (bytes[0] & 0x0Fu) << 12 | (bytes[1] & 0x3Fu) << 6 | (bytes[2] & 0x3Fu);
    }
    *position += 4;
    return (bytes[0] & 0x07u) << 18 | (bytes[1] & 0x3Fu) << 12 | (bytes[2] & 0x3Fu) << 6 | (bytes[3] & 0x3Fu);
}

uint32_t utf8_previous(const char *text, size_t *position)
{
    size_t start = *position - 1;
    while (((unsigned char)text[start] & 0xC0) == 0x80)
        start--;
    *position = start;
    return utf8_next(text, &start);
}

size_t utf8_put(char *out, uint32_t character)
{
    unsigned char *bytes = (unsigned char *)out;
    if (character < 0x80) {
        bytes[0] = (unsigned char)character;
        return 1;
    }
    size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length - 1; i > 0; i--) {
        bytes[i] = (unsigned char)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    bytes[0] = (unsigned char)(leads[length] | character);
    return length;
}
