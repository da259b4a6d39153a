/* tokenizer.json: the tokenizer that the reference library wrote down. */
#ifndef ACCEL_TEXT_DEFINITION_H
#define ACCEL_TEXT_DEFINITION_H

#include "text/config.h"
#include "text/tokenizer.h"

/* Reads a definition's bytes over a tokenizer with nothing in it; `path` names them in messages. `c` is what
   the folder around it says, {0} for nothing. */
accel_status definition_read(tokenizer *t, const char *path, const char *bytes, size_t size, const config *c);

#endif
