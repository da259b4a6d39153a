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

/* The string of JSON: new memory, which buffer_dispose ends. Empty without memory. */
static buffer quote(const char *text)
{
    buffer quoted = {0};
    quote_append_ascii(&quoted, text);
    return quoted;
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
