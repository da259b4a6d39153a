/* BertNormalizer: text as people write it in, text as the vocabulary knows it out. */
#ifndef ACCEL_TEXT_NORMALIZER_H
#define ACCEL_TEXT_NORMALIZER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

typedef enum normalizer_accents { ACCENTS_AS_CASE, ACCENTS_KEEP, ACCENTS_STRIP } normalizer_accents;

typedef struct normalizer {
    bool clean_text;           /* control characters go, every white space becomes ' ' */
    bool handle_chinese_chars; /* ideographs become words of their own */
    bool lowercase;
    normalizer_accents accents; /* as case: stripped when letters become lower case */
    /* What follows from the above. */
    bool strips;                        /* canonical decomposition, then nonspacing marks go */
    unsigned char keep[128], fold[128]; /* what becomes of ASCII: kept or not, and as what */
} normalizer;

/* Derives what follows from the switches. */
void normalizer_prepare(normalizer *n);

/* Appends the normalised form of a well-formed text. */
accel_status normalizer_run(const normalizer *n, const char *text, size_t size, buffer *out);

#endif
