/* What the reference library knows of characters. It mixes three versions of Unicode: categories of version 8
 * (unicode_categories), normalisation of version 9 (unicode-normalization-alignments), letter case and words of
 * its Rust compiler and regex crate. The tables of the first come from the library itself; decompositions,
 * combining classes and letter case come from utf8proc, cut to what the reference knows of them. */
#ifndef ACCEL_TEXT_UNICODE_H
#define ACCEL_TEXT_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    UNICODE_SPACE = 1,         /* White_Space */
    UNICODE_CONTROL = 2,       /* what cleaning removes: Cc but tab and line ends, Cf, Co, U+FFFD */
    UNICODE_PUNCTUATION = 4,   /* P*, and ASCII's symbols */
    UNICODE_NONSPACING = 8,    /* Mn: what stripping accents removes */
    UNICODE_CHINESE = 16,      /* ideographs that get spaces around them */
    UNICODE_COMPOSED = 32,     /* may have a canonical decomposition */
    UNICODE_REORDERED = 64,    /* kept by stripping accents although its combining class is not 0 */
    UNICODE_UPPER = 128,       /* has another lower case */
    UNICODE_DECOMPOSED_MAX = 4 /* characters that one decomposes into */
};

/* Makes the table below; must have returned once before anything else here is called. */
void unicode_prepare(void);

extern uint8_t unicode_table[0x10000];
uint8_t unicode_class_beyond(uint32_t character); /* above U+FFFF */

/* The UNICODE_ bits of a character. */
static inline uint8_t unicode_class(uint32_t character)
{
    return character < 0x10000 ? unicode_table[character] : unicode_class_beyond(character);
}

/* The full canonical decomposition: how many characters, at most UNICODE_DECOMPOSED_MAX. */
size_t unicode_decompose(uint32_t character, uint32_t out[UNICODE_DECOMPOSED_MAX]);

/* The canonical combining class of a character that is nonspacing or reordered; 0 for any other. */
unsigned unicode_combining(uint32_t character);

/* The lower case: how many characters, 1 or 2. */
size_t unicode_lower(uint32_t character, uint32_t out[2]);

/* Whether a regular expression's \w matches: letters, marks, digits, connectors, joiners. */
bool unicode_is_word(uint32_t character);

#endif
