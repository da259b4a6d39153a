/* Strings in a header, spelled as the reference's JSON library (serde_json) spells them. */
#ifndef ACCEL_SAFETENSORS_QUOTE_H
#define ACCEL_SAFETENSORS_QUOTE_H

#include <stdbool.h>

#include "base/buffer.h"

/* Whether the text is UTF-8, as strict as Unicode has it: no surrogates, no long forms. */
bool safetensors_is_utf8(const char *text);

/* Appends the text, which is UTF-8, between quotes: escapes only where JSON demands them, the short form
   where there is one, \u00xx in lower case elsewhere. */
accel_status safetensors_append_quoted(buffer *out, const char *text);

#endif
