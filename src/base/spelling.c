#include "base/spelling.h"

#include <ctype.h>
#include <string.h>

enum {
    LENGTH_MAX = 64, /* of words that are compared */
    SLIP = 2,        /* a letter too many, too few, or exchanged with its neighbour */
    OTHER_LETTER = 3 /* is less of a slip: in a short word it makes another one */
};

bool spelling_is(const char *name, const char *word, size_t length)
{
    size_t i = 0;
    while (i < length && name[i] && (word[i] == name[i] || (word[i] == '-' && name[i] == '_')))
        i++;
    return i == length && name[i] == '\0';
}

spelling spelling_of(const char *word) { return (spelling){.word = word, .distance = LENGTH_MAX * SLIP}; }

static bool is_same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b) ||
           ((a == '-' || a == '_') && (b == '-' || b == '_'));
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Letters to insert, remove, replace or exchange with their neighbour (optimal string alignment). */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][LENGTH_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        last[j] = before[j] = j * SLIP;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = i * SLIP;
        for (size_t j = 1; j <= b_length; j++) {
            const size_t other = is_same(a[i - 1], b[j - 1]) ? 0 : OTHER_LETTER;
            row[j] = least(least(last[j], row[j - 1]) + SLIP, last[j - 1] + other);
            if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]))
                row[j] = least(row[j], before[j - 2] + SLIP);
        }
        size_t *free_row = before;
        before = last, last = row, row = free_row;
    }
    return last[b_length];
}

void spelling_consider(spelling *s, const char *name)
{
    size_t word_length = strcspn(s->word, "="), name_length = strlen(name);
    if (word_length > LENGTH_MAX || name_length > LENGTH_MAX)
        return;
    size_t d = distance(s->word, word_length, name, name_length);
    if (d >= s->distance || d > name_length * 5 / 6)
        return;
    s->distance = d;
    s->nearest = name;
}
