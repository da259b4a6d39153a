#include "text/added.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "text/unicode.h"
#include "text/utf8.h"

void added_dispose(added *a)
{
    for (size_t i = 0; i < a->names.count; i++)
        memory_free(a->tokens[i].text);
    memory_free(a->tokens);
    memory_free(a->raw.tokens);
    memory_free(a->normalized.tokens);
    vocabulary_dispose(&a->names);
    *a = (added){0};
}

/* The text a token is looked for as, new memory. */
static char *searched_text(const char *content, size_t length, const normalizer *n, size_t *size)
{
    buffer text = {0};
    accel_status status = n ? normalizer_run(n, content, length, &text) : buffer_append(&text, content, length);
    if (status == ACCEL_OK)
        status = buffer_append(&text, "", 0); /* so that there is a zero byte */
    if (status != ACCEL_OK)
        buffer_dispose(&text);
    *size = text.size;
    return text.data;
}

/* Adds a token; its text is derived from `content`. */
static accel_status append(added *a, added_token token, const char *content, const normalizer *n)
{
    size_t length = strlen(content);
    token.text = searched_text(content, length, token.normalized ? n : NULL, &token.size);
    if (!token.text)
        return accel_error_status();
    size_t index = a->names.count;
    if (vocabulary_add(&a->names, content, length, token.id) != ACCEL_OK) {
        memory_free(token.text);
        return accel_error_status();
    }
    a->tokens[index] = token;
    return ACCEL_OK;
}

/* Checks a token's id: the vocabulary's, or the next behind the vocabulary and the tokens added before. */
static accel_status check_id(const place *at, const char *content, uint32_t id, const vocabulary *known,
                             uint32_t *next)
{
    int64_t entry = vocabulary_find(known, content, strlen(content));
    uint32_t expected = entry == VOCABULARY_NONE ? *next : known->entries[entry].id;
    if (id != expected)
        return RAISE(ACCEL_EFORMAT, "%s: %s: token \"%s\" has the id %u, expected %u", at->path, at->where,
                     content, id, expected);
    if (entry != VOCABULARY_NONE)
        return ACCEL_OK;
    entry = vocabulary_find_id(known, id);
    if (entry != VOCABULARY_NONE)
        return RAISE(ACCEL_EFORMAT, "%s: %s: tokens \"%s\" and \"%s\" share the id %u", at->path, at->where,
                     content, vocabulary_text(known, entry), id);
    *next += 1;
    return ACCEL_OK;
}

static accel_status read_token(added *a, const json_t *item, const place *at, const vocabulary *known,
                               const normalizer *n, uint32_t *next)
{
    added_token token = {0};
    const char *content = field_string(at, item, "content");
    if (!content || field_number(at, item, "id", &token.id) != ACCEL_OK ||
        field_bool(at, item, "special", &token.special) != ACCEL_OK ||
        field_bool(at, item, "normalized", &token.normalized) != ACCEL_OK ||
        field_bool(at, item, "single_word", &token.single_word) != ACCEL_OK ||
        field_bool(at, item, "lstrip", &token.lstrip) != ACCEL_OK ||
        field_bool(at, item, "rstrip", &token.rstrip) != ACCEL_OK)
        return accel_error_status();
    if (content[0] == '\0')
        return ACCEL_OK; /* the reference passes over it too */
    if (vocabulary_find(&a->names, content, strlen(content)) != VOCABULARY_NONE)
        return RAISE(ACCEL_EFORMAT, "%s: %s: token \"%s\" was added before", at->path, at->where, content);
    accel_status status = check_id(at, content, token.id, known, next);
    return status == ACCEL_OK ? append(a, token, content, n) : status;
}

accel_status added_read(added *a, const json_t *list, const place *at, const vocabulary *known,
                        const normalizer *n, size_t more)
{
    size_t capacity = json_array_size(list) + more;
    a->tokens = memory_alloc(capacity, sizeof *a->tokens);
    accel_status status = a->tokens ? vocabulary_reserve(&a->names, capacity) : accel_error_status();
    uint32_t next = (uint32_t)known->count;
    for (size_t i = 0; status == ACCEL_OK && i < json_array_size(list); i++) {
        place inner = place_inside(at, "added_tokens[%zu]", i);
        status = read_token(a, json_array_get(list, i), &inner, known, n, &next);
    }
    return status;
}

accel_status added_add_special(added *a, const char *content, const vocabulary *known)
{
    size_t length = strlen(content);
    int64_t entry = vocabulary_find(known, content, length);
    if (length == 0 || entry == VOCABULARY_NONE ||
        vocabulary_find(&a->names, content, length) != VOCABULARY_NONE)
        return ACCEL_OK;
    return append(a, (added_token){.id = known->entries[entry].id, .special = true}, content, NULL);
}

static int compare_texts(const void *a, const void *b)
{
    const added_token *x = *(const added_token *const *)a, *y = *(const added_token *const *)b;
    int order = memcmp(x->text, y->text, x->size < y->size ? x->size : y->size);
    return order ? order : (x->size > y->size) - (x->size < y->size);
}

static accel_status make_set(const added *a, bool normalized, added_set *set, const char *path)
{
    set->tokens = memory_alloc(a->names.count, sizeof *set->tokens);
    if (!set->tokens)
        return accel_error_status();
    for (size_t i = 0; i < a->names.count; i++)
        if (a->tokens[i].normalized == normalized && a->tokens[i].size > 0) {
            set->tokens[set->count++] = &a->tokens[i];
            set->first[(unsigned char)a->tokens[i].text[0]] = true;
        }
    qsort(set->tokens, set->count, sizeof *set->tokens, compare_texts);
    for (size_t i = 1; i < set->count; i++)
        if (compare_texts(&set->tokens[i - 1], &set->tokens[i]) == 0)
            return RAISE(ACCEL_EFORMAT, "%s: the added tokens %u and %u are both \"%s\" once normalised", path,
                         set->tokens[i - 1]->id, set->tokens[i]->id, set->tokens[i]->text);
    return ACCEL_OK;
}

accel_status added_seal(added *a, const char *path)
{
    accel_status status = vocabulary_seal(&a->names, path);
    if (status == ACCEL_OK)
        status = make_set(a, false, &a->raw, path);
    return status == ACCEL_OK ? make_set(a, true, &a->normalized, path) : status;
}

/* The first token from `low` whose byte at `depth` is at least `byte`; all up to `high` agree before that byte.
   */
static size_t lower_bound(const added_set *set, size_t low, size_t high, size_t depth, unsigned byte)
{
    while (low < high) {
        size_t middle = (low + high) / 2;
        if ((unsigned char)set->tokens[middle]->text[depth] < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The longest token that a text begins with, or NULL. */
static const added_token *longest_at(const added_set *set, const char *text, size_t size)
{
    const added_token *longest = NULL;
    size_t low = 0, high = set->count;
    for (size_t depth = 0; depth < size && low < high; depth++) {
        unsigned char byte = (unsigned char)text[depth];
        low = lower_bound(set, low, high, depth, byte);
        high = lower_bound(set, low, high, depth, byte + 1u);
        if (low < high && set->tokens[low]->size == depth + 1)
            longest = set->tokens[low++]; /* the shortest comes first, and has no further byte */
    }
    return longest;
}

static bool stands_alone(const added_walk *walk, size_t start, size_t end)
{
    size_t before = start, behind = end;
    return !(start > 0 && unicode_is_word(utf8_previous(walk->text, &before))) &&
           !(end < walk->size && unicode_is_word(utf8_next(walk->text, &behind)));
}

/* Where the white space before a position begins, not before `floor`. */
static size_t space_start(const char *text, size_t floor, size_t position)
{
    for (size_t at = position; at > floor; position = at)
        if (!(unicode_class(utf8_previous(text, &at)) & UNICODE_SPACE))
            break;
    return position;
}

/* Where the white space behind the search ends; each of it is looked at once, however many tokens take it. */
static size_t space_end(added_walk *walk)
{
    if (walk->space_end > walk->searched)
        return walk->space_end;
    walk->space_end = walk->searched;
    for (size_t at = walk->space_end; at < walk->size; walk->space_end = at)
        if (!(unicode_class(utf8_next(walk->text, &at)) & UNICODE_SPACE))
            break;
    return walk->space_end;
}

/* Finds the next token from where the search stands: leftmost, longest. */
static const added_token *find_token(added_walk *walk, size_t *start)
{
    while (walk->searched < walk->size) {
        size_t at = walk->searched;
        const added_token *token = NULL;
        if (walk->set->first[(unsigned char)walk->text[at]])
            token = longest_at(walk->set, walk->text + at, walk->size - at);
        walk->searched += token ? token->size : 1;
        *start = at;
        if (token && (!token->single_word || stands_alone(walk, at, walk->searched)))
            return token;
    }
    return NULL;
}

/* The next token with the white space that it takes; one whose text a token before took altogether is none. */
static const added_token *find_stripped(added_walk *walk, size_t *start, size_t *end)
{
    for (const added_token *token = find_token(walk, start); token; token = find_token(walk, start)) {
        *end = token->rstrip ? space_end(walk) : walk->searched;
        if (token->lstrip)
            *start = *start < walk->passed ? walk->passed : space_start(walk->text, walk->passed, *start);
        if (*start < *end)
            return token;
    }
    *start = *end = walk->size;
    return NULL;
}

bool added_walk_next(added_walk *walk, added_part *out)
{
    *out = (added_part){.token = walk->next};
    walk->next = NULL;
    if (out->token)
        return true;
    size_t start = walk->size, end = walk->size, passed = walk->passed;
    const added_token *token = walk->set->count ? find_stripped(walk, &start, &end) : NULL;
    walk->passed = end;
    if (passed < start) {
        *out = (added_part){.data = walk->text + passed, .size = start - passed};
        walk->next = token;
    } else {
        out->token = token;
    }
    return passed < start || token;
}
