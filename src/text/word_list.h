/* vocab.txt: a BERT vocabulary alone, one token a line, its id the number of the line from 0. */
#ifndef ACCEL_TEXT_WORD_LIST_H
#define ACCEL_TEXT_WORD_LIST_H

#include "text/config.h"
#include "text/tokenizer.h"

/* Reads the list's bytes over a tokenizer with nothing in it; the rest is BERT's, or what `c` says. */
accel_status word_list_read(tokenizer *t, const char *path, const char *bytes, size_t size, const config *c);

#endif
