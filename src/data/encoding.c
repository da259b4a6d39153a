#include "data/encoding.h"

#include <string.h>

#include "data/csv.h"

const char encoding_zero[] = "holds a zero byte, which text in UTF-8 does not";

bool encoding_has_zero(const char *bytes, size_t size) { return size > 0 && memchr(bytes, '\0', size); }

/* Marks the order of the bytes of UTF-16, and of UTF-32 with its least significant ones first. */
static bool has_wide_mark(const char *bytes, size_t size)
{
    return size >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
}

/* Whether a line ends in CR, outside of quotes, and another follows. */
static bool has_return_inside(const char *bytes, size_t size, char quote_after)
{
    csv_state state = CSV_BEGINS;
    for (size_t i = 0; i + 1 < size; i++) {
        if (bytes[i] == '\r' && (!quote_after || state != CSV_QUOTED))
            return true;
        state = csv_step(state, bytes[i], quote_after);
    }
    return false;
}

const char *encoding_refusal(const char *bytes, size_t size, char quote_after)
{
    if (has_wide_mark(bytes, size))
        return "is text in UTF-16, not UTF-8: iconv -f UTF-16 -t UTF-8 makes one of it";
    if (size > 0 && !memchr(bytes, '\n', size) && has_return_inside(bytes, size, quote_after))
        return "has lines that end in CR alone, not in LF or CRLF: tr '\\r' '\\n' makes such";
    return NULL;
}
