#include "text/words.h"

#include "text/unicode.h"
#include "text/utf8.h"

bool words_next(const char *text, size_t size, size_t *position, word *out)
{
    size_t start = *position, end = start;
    uint8_t class = UNICODE_SPACE;
    while (class & UNICODE_SPACE) {
        if (end == size) {
            *position = size;
            return false;
        }
        start = end;
        class = unicode_class(utf8_next(text, &end));
    }
    size_t characters = 1, next = end;
    while (!(class & UNICODE_PUNCTUATION) && end < size) {
        if (unicode_class(utf8_next(text, &next)) & (UNICODE_SPACE | UNICODE_PUNCTUATION))
            break;
        end = next;
        characters++;
    }
    *position = end;
    *out = (word){.data = text + start, .size = end - start, .characters = characters};
    return true;
}
