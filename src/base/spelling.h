/* Words as people write names: with hyphens for underscores; and what somebody may have meant by a word that nothing is called. */
#ifndef ACCEL_BASE_SPELLING_H
#define ACCEL_BASE_SPELLING_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the first `length` bytes of a word are this name, whose underscores may be hyphens there. */
bool spelling_is(const char *name, const char *word, size_t length);

typedef struct spelling {
    const char *word;    /* as it was written, up to an "=" */
    const char *nearest; /* NULL: nothing is near */
    size_t distance;     /* of it */
} spelling;

spelling spelling_of(const char *word);

/* Takes `name` as the nearest if it is nearer than what was considered before. Hyphens and underscores are alike, and so are
   capitals and small letters. */
void spelling_consider(spelling *s, const char *name);

#endif
