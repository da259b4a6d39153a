#include "text/normalizer.h"

#include <stdlib.h>

#include "text/unicode.h"
#include "text/utf8.h"

enum { CHUNK = 512, CHARACTER_MAX = 4 };

/* Text goes through a chunk on its way out. Marks wait until the next character of class 0, to be put into
   canonical order: each is a number that sorts so, class above arrival above character. */
typedef struct pass {
    const normalizer *normalizer;
    buffer *out;
    buffer marks; /* of uint64_t */
    size_t used;
    char chunk[CHUNK];
} pass;

enum { MARK_CHARACTER_BITS = 21, MARK_ARRIVAL_BITS = 32 };

void normalizer_prepare(normalizer *n)
{
    unicode_prepare();
    n->strips = n->accents == ACCENTS_STRIP || (n->accents == ACCENTS_AS_CASE && n->lowercase);
    for (unsigned char c = 0; c < sizeof n->keep; c++) {
        uint8_t class = unicode_class(c);
        n->keep[c] = !(n->clean_text && class & UNICODE_CONTROL);
        n->fold[c] = c;
        if (n->clean_text && class & UNICODE_SPACE)
            n->fold[c] = ' ';
        else if (n->lowercase && class & UNICODE_UPPER)
            n->fold[c] = (unsigned char)(c | 0x20);
    }
}

static void flush(pass *p)
{
    buffer_append(p->out, p->chunk, p->used);
    p->used = 0;
}

static void put(pass *p, uint32_t character)
{
    if (p->used > CHUNK - CHARACTER_MAX)
        flush(p);
    p->used += utf8_put(p->chunk + p->used, character);
}

/* The last step for a character, decomposed or not. */
static void put_folded(pass *p, uint32_t character)
{
    uint32_t lower[2] = {character, 0};
    size_t count = 1;
    if (p->normalizer->lowercase && unicode_class(character) & UNICODE_UPPER)
        count = unicode_lower(character, lower);
    for (size_t i = 0; i < count; i++)
        put(p, lower[i]);
}

static int compare_marks(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void release_marks(pass *p)
{
    uint64_t *marks = (uint64_t *)(void *)p->marks.data;
    size_t count = p->marks.size / sizeof *marks;
    if (count > 1)
        qsort(marks, count, sizeof *marks, compare_marks);
    for (size_t i = 0; i < count; i++)
        put_folded(p, (uint32_t)(marks[i] & ((1u << MARK_CHARACTER_BITS) - 1)));
    p->marks.size = 0;
}

static void hold_mark(pass *p, uint32_t character, unsigned combining)
{
    uint64_t arrival = (p->marks.size / sizeof(uint64_t)) & UINT32_MAX;
    uint64_t mark = (uint64_t)combining << (MARK_ARRIVAL_BITS + MARK_CHARACTER_BITS) |
                    arrival << MARK_CHARACTER_BITS | character;
    buffer_append(&p->marks, &mark, sizeof mark);
}

/* One decomposed character on its way to losing its accents. */
static void strip_decomposed(pass *p, uint32_t character)
{
    uint8_t class = unicode_class(character);
    unsigned combining = class & (UNICODE_NONSPACING | UNICODE_REORDERED) ? unicode_combining(character) : 0;
    if (combining == 0 && p->marks.size)
        release_marks(p);
    if (class & UNICODE_NONSPACING)
        return;
    if (combining)
        hold_mark(p, character, combining);
    else
        put_folded(p, character);
}

static void strip(pass *p, uint32_t character, uint8_t class)
{
    if (!(class & UNICODE_COMPOSED)) {
        strip_decomposed(p, character);
        return;
    }
    uint32_t decomposed[UNICODE_DECOMPOSED_MAX];
    size_t count = unicode_decompose(character, decomposed);
    for (size_t i = 0; i < count; i++)
        strip_decomposed(p, decomposed[i]);
}

static void take(pass *p, uint32_t character)
{
    const normalizer *n = p->normalizer;
    uint8_t class = unicode_class(character);
    if (n->clean_text && class & UNICODE_CONTROL)
        return;
    if (n->clean_text && class & UNICODE_SPACE)
        character = ' ';
    bool spaced = n->handle_chinese_chars && class & UNICODE_CHINESE;
    if ((spaced || character == ' ') && p->marks.size)
        release_marks(p);
    if (spaced)
        put(p, ' ');
    if (n->strips && character != ' ')
        strip(p, character, class);
    else
        put_folded(p, character);
    if (spaced)
        put(p, ' ');
}

/* ASCII up to the next other character, at least one; returns where it stopped. */
static size_t take_ascii(pass *p, const char *text, size_t size, size_t at)
{
    const normalizer *n = p->normalizer;
    if (p->marks.size) {
        if (!n->keep[(unsigned char)text[at]])
            return at + 1; /* marks on both sides of what is removed meet */
        release_marks(p);
    }
    while (at < size && (unsigned char)text[at] < 0x80) {
        if (p->used == CHUNK)
            flush(p);
        unsigned char c = (unsigned char)text[at++];
        p->chunk[p->used] = (char)n->fold[c];
        p->used += n->keep[c];
    }
    return at;
}

accel_status normalizer_run(const normalizer *n, const char *text, size_t size, buffer *out)
{
    pass p = {.normalizer = n, .out = out};
    for (size_t at = 0; at < size;) {
        if ((unsigned char)text[at] < 0x80)
            at = take_ascii(&p, text, size, at);
        else
            take(&p, utf8_next(text, &at));
    }
    release_marks(&p);
    flush(&p);
    buffer_dispose(&p.marks);
    return accel_error_status();
}
