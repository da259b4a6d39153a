#include "cli/shown.h"

#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/quote.h"

static bool is_plain(const char *name)
{
    const char *c = name;
    while (*c > ' ' && *c < 0x7f && *c != '"' && *c != '\\')
        c++;
    return c > name && *c == '\0';
}

/* Bytes that are no ASCII make way for the sign of what is unreadable. */
static void append_unreadable(buffer *out, const char *text)
{
    for (; *text; text++)
        (unsigned char)*text < 0x80 ? buffer_append(out, text, 1) : buffer_append_string(out, "\xef\xbf\xbd");
}

/* The string of JSON: new memory, which buffer_dispose ends. Empty without memory. */
static buffer quote(const char *text)
{
    buffer readable = {0}, quoted = {0}, safe = {0};
    if (!quote_is_utf8(text))
        append_unreadable(&readable, text);
    quote_append_ascii(&quoted, readable.data ? readable.data : text);
    buffer_dispose(&readable);
    for (size_t i = 0; i < quoted.size; i++) /* JSON lets DEL stand */
        quoted.data[i] == 0x7f ? buffer_append_string(&safe, "\\u007f")
                               : buffer_append(&safe, &quoted.data[i], 1);
    buffer_dispose(&quoted);
    return safe;
}

int shown_width(const char *name)
{
    if (is_plain(name))
        return (int)strlen(name);
    buffer quoted = quote(name);
    int width = (int)quoted.size;
    buffer_dispose(&quoted);
    return width;
}

void shown_quote(FILE *stream, const char *text)
{
    buffer quoted = quote(text);
    fputs(quoted.data ? quoted.data : "\"\"", stream);
    buffer_dispose(&quoted);
}

int shown_print(FILE *stream, const char *name)
{
    if (is_plain(name))
        return fputs(name, stream), (int)strlen(name);
    shown_quote(stream, name);
    return shown_width(name);
}
