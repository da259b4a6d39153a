/* BertPreTokenizer: the words of a normalised text, split at white space and around punctuation. */
#ifndef ACCEL_TEXT_WORDS_H
#define ACCEL_TEXT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct word {
    const char *data;
    size_t size; /* bytes */
    size_t characters;
} word;

/* The next word from a position, which moves behind it; false at the end of the text. */
bool words_next(const char *text, size_t size, size_t *position, word *out);

#endif
