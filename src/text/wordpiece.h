/* The WordPiece model: a word in, the ids of the longest pieces that make it up out. */
#ifndef ACCEL_TEXT_WORDPIECE_H
#define ACCEL_TEXT_WORDPIECE_H

#include "text/id_list.h"
#include "text/vocabulary.h"
#include "text/words.h"

typedef struct wordpiece {
    vocabulary vocabulary;
    char *prefix; /* what pieces inside a word begin with, "##" */
    size_t prefix_size;
    uint64_t prefix_hash;
    uint32_t unknown_id;
    size_t max_characters; /* a longer word is unknown */
} wordpiece;

/* Sets the prefix and the unknown token, once the vocabulary is complete. `path` names the file in messages. */
accel_status wordpiece_prepare(wordpiece *model, const char *prefix, const char *unknown, const char *path);
void wordpiece_dispose(wordpiece *model);

/* How many hashes of scratch space wordpiece_encode wants. */
static inline size_t wordpiece_scratch(const wordpiece *model) { return model->vocabulary.longest + 1; }

/* Appends the ids of a word. */
accel_status wordpiece_encode(const wordpiece *model, const word *w, uint64_t *scratch, id_list *out);

#endif
