/* Strings of JSON, spelled as serde_json spells them, which writes the headers of safetensors files. */
#ifndef ACCEL_BASE_QUOTE_H
#define ACCEL_BASE_QUOTE_H

#include <stdbool.h>

#include "base/buffer.h"

/* Whether the text is UTF-8, as strict as Unicode has it: no surrogates, no long forms. */
bool quote_is_utf8(const char *text);

/* The same for `size` bytes, zero bytes among them, and one behind them. */
bool quote_is_utf8_of(const char *text, size_t size);

/* Appends the text, which is UTF-8, between quotes: escapes only where JSON demands them, the short form
   where there is one, \u00xx in lower case elsewhere. */
accel_status quote_append(buffer *out, const char *text);

/* The same of any text as Python's json.dumps spells it: what is not ASCII as \uxxxx, two where one cannot hold it, and \ufffd for
   what is not UTF-8, as often as Python's errors="replace" has it. */
accel_status quote_append_ascii(buffer *out, const char *text);

#endif
