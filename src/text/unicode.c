#include "text/unicode.h"

#include <pthread.h>
#include <utf8proc.h>

#include "text/unicode_ranges.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const range space_ranges[] = {{0x9, 0xD},       {0x20, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},
                                     {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F},
                                     {0x205F, 0x205F}, {0x3000, 0x3000}};

/* The reference's own list, with its slip of 2B920 for 2B820. */
static const range chinese_ranges[] = {{0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},
                                       {0x20000, 0x2A6DF}, {0x2A700, 0x2B81F}, {0x2B920, 0x2CEAF},
                                       {0x2F800, 0x2FA1F}};

/* Word characters by property, not by category: joiners and encircled letters. */
static const range other_words[] = {
    {0x200C, 0x200D}, {0x24B6, 0x24E9}, {0x1F130, 0x1F149}, {0x1F150, 0x1F169}, {0x1F170, 0x1F189}};

static const struct {
    const range *ranges;
    size_t count;
    uint8_t bit;
} classes[] = {
    {space_ranges, COUNT(space_ranges), UNICODE_SPACE},
    {control_ranges, COUNT(control_ranges), UNICODE_CONTROL},
    {punctuation_ranges, COUNT(punctuation_ranges), UNICODE_PUNCTUATION},
    {nonspacing_ranges, COUNT(nonspacing_ranges), UNICODE_NONSPACING},
    {chinese_ranges, COUNT(chinese_ranges), UNICODE_CHINESE},
    {composed_beyond, COUNT(composed_beyond), UNICODE_COMPOSED},
    {reordered_ranges, COUNT(reordered_ranges), UNICODE_REORDERED},
};

uint8_t unicode_table[0x10000];

static bool is_in(const range *ranges, size_t count, uint32_t character)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (character > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && character >= ranges[low].first;
}

/* How far away the lower case is, 0 for a character without one of its own. */
static int32_t lower_offset(uint32_t character)
{
    for (size_t i = 0; character >= later_lower[0].first && i < COUNT(later_lower); i++)
        if (character >= later_lower[i].first && character <= later_lower[i].last)
            return later_lower[i].offset;
    return utf8proc_tolower((utf8proc_int32_t)character) - (utf8proc_int32_t)character;
}

static void fill_table(void)
{
    for (size_t i = 0; i < COUNT(classes); i++)
        for (size_t r = 0; r < classes[i].count; r++)
            for (uint32_t c = classes[i].ranges[r].first;
                 c <= classes[i].ranges[r].last && c < COUNT(unicode_table); c++)
                unicode_table[c] |= classes[i].bit;
    for (uint32_t c = 0; c < COUNT(unicode_table); c++) {
        uint32_t decomposed[UNICODE_DECOMPOSED_MAX];
        if (lower_offset(c) != 0)
            unicode_table[c] |= UNICODE_UPPER;
        if (unicode_decompose(c, decomposed) != 1 || decomposed[0] != c)
            unicode_table[c] |= UNICODE_COMPOSED;
    }
}

void unicode_prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_table);
}

uint8_t unicode_class_beyond(uint32_t character)
{
    uint8_t class = lower_offset(character) != 0 ? UNICODE_UPPER : 0;
    for (size_t i = 0; i < COUNT(classes); i++)
        if (is_in(classes[i].ranges, classes[i].count, character))
            class |= classes[i].bit;
    return class;
}

size_t unicode_decompose(uint32_t character, uint32_t out[UNICODE_DECOMPOSED_MAX])
{
    utf8proc_int32_t found[UNICODE_DECOMPOSED_MAX];
    int boundary_class = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)character, found, UNICODE_DECOMPOSED_MAX,
                                                     UTF8PROC_DECOMPOSE | UTF8PROC_STABLE, &boundary_class);
    if (count < 1 || count > UNICODE_DECOMPOSED_MAX) {
        out[0] = character;
        return 1;
    }
    for (utf8proc_ssize_t i = 0; i < count; i++)
        out[i] = (uint32_t)found[i];
    return (size_t)count;
}

unsigned unicode_combining(uint32_t character)
{
    if (!(unicode_class(character) & (UNICODE_NONSPACING | UNICODE_REORDERED)))
        return 0;
    return (unsigned)utf8proc_get_property((utf8proc_int32_t)character)->combining_class;
}

size_t unicode_lower(uint32_t character, uint32_t out[2])
{
    if (character == 0x130) { /* the one that has two: i with a dot of its own */
        out[0] = 'i';
        out[1] = 0x307;
        return 2;
    }
    out[0] = (uint32_t)((int32_t)character + lower_offset(character));
    return 1;
}

bool unicode_is_word(uint32_t character)
{
    switch (utf8proc_category((utf8proc_int32_t)character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
        return true;
    default:
        return is_in(other_words, COUNT(other_words), character) ||
               is_in(later_words, COUNT(later_words), character);
    }
}
