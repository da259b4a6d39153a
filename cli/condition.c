#include "cli/condition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_SIZE = 64 };

/* NULL: it was not asked. */
static const char *answer_of(const configuration *answers, const char *name)
{
    const configuration_entry *e = configuration_find(answers, NULL, name);
    return e ? e->text : NULL;
}

bool condition_is_among(const char *answer, const char *values)
{
    for (size_t length; answer; values += length + 1) {
        length = strcspn(values, "| ");
        if (strlen(answer) == length && memcmp(answer, values, length) == 0)
            return true;
        if (values[length] != '|')
            break;
    }
    return false;
}

static bool is_uneven(const char *answer, const configuration *answers, const char *word)
{
    char name[NAME_MAX_SIZE];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, " "), word);
    const char *other = answer_of(answers, name);
    long divisor = other ? strtol(other, NULL, 10) : 1;
    return answer && divisor > 0 && strtol(answer, NULL, 10) % divisor != 0;
}

static bool word_holds(const char *word, const configuration *answers)
{
    char name[NAME_MAX_SIZE];
    const size_t length = strcspn(word, "=!>%");
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    const char *answer = answer_of(answers, name);
    switch (word[length]) {
    case '=':
        return condition_is_among(answer, word + length + 1);
    case '!':
        return !condition_is_among(answer, word + length + 2);
    case '>':
        return answer && strtod(answer, NULL) > strtod(word + length + 1, NULL);
    default:
        return is_uneven(answer, answers, word + length + 1);
    }
}

bool condition_holds(const char *condition, const configuration *answers)
{
    for (const char *word = condition; word && *word; word += strspn(word, " ")) {
        if (!word_holds(word, answers))
            return false;
        word += strcspn(word, " ");
    }
    return true;
}
