/* Added tokens: those that are looked for in the text itself, before it is split into words. */
#ifndef ACCEL_TEXT_ADDED_H
#define ACCEL_TEXT_ADDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/field.h"
#include "text/normalizer.h"
#include "text/vocabulary.h"

typedef struct added_token {
    char *text; /* as it is looked for: normalised if it is to be, and what decoding gives */
    size_t size;
    uint32_t id;
    bool special;        /* decoding can skip it */
    bool normalized;     /* looked for after normalisation, not before */
    bool single_word;    /* only where no word character touches it */
    bool lstrip, rstrip; /* takes white space before or behind with it */
} added_token;

/* Tokens in the order of their texts, which narrows down byte by byte. */
typedef struct added_set {
    const added_token **tokens;
    size_t count;
    bool first[256]; /* whether one begins with that byte */
} added_set;

/* Start with {0}. */
typedef struct added {
    added_token *tokens;
    vocabulary names; /* their contents and ids; entry i is token i */
    added_set raw, normalized;
} added;

/* Reads the "added_tokens" of a tokenizer.json, NULL for none, and leaves room for `more` special ones. */
accel_status added_read(added *a, const json_t *list, const place *at, const vocabulary *known,
                        const normalizer *n, size_t more);

/* Makes a word of the vocabulary a special token, unless it is an added one; what is in neither is left out. */
accel_status added_add_special(added *a, const char *content, const vocabulary *known);

/* Completes the sets. */
accel_status added_seal(added *a, const char *path);

void added_dispose(added *a);

/* A part of a text: one token, or what lies between two. */
typedef struct added_part {
    const added_token *token; /* NULL for text */
    const char *data;
    size_t size;
} added_part;

/* Walks over the parts of a text. Start with the first three members. */
typedef struct added_walk {
    const added_set *set;
    const char *text;
    size_t size;
    size_t searched, passed, space_end;
    const added_token *next;
} added_walk;

bool added_walk_next(added_walk *walk, added_part *out);

#endif
