/* A tokenizer as its parts: what the files say (definition.c, word_list.c), what encoding uses (encode.c). */
#ifndef ACCEL_TEXT_TOKENIZER_H
#define ACCEL_TEXT_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/tokenizer.h>

#include "text/added.h"
#include "text/normalizer.h"
#include "text/template.h"
#include "text/wordpiece.h"

typedef struct tokenizer {
    wordpiece model;
    normalizer normalizer;
    added added;
    templates templates;
    char *decoder_prefix; /* NULL: decoding joins tokens with spaces */
    bool decoder_cleanup;
    int64_t pad_id; /* -1 for none */
} tokenizer;

tokenizer *tokenizer_create(void);
void tokenizer_free(tokenizer *t);

/* The id of an added token or of the vocabulary, -1 for neither. */
int64_t tokenizer_find(const tokenizer *t, const char *token);

/* A public handle; takes the tokenizer, also on failure. NULL stays NULL. */
accel_tokenizer *tokenizer_wrap(tokenizer *t);

/* What a handle stands for, NULL with the reason recorded when it is none. */
const tokenizer *tokenizer_of(accel_tokenizer *handle, const char *call);

#endif
