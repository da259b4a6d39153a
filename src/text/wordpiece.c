#include "text/wordpiece.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

accel_status wordpiece_prepare(wordpiece *model, const char *prefix, const char *unknown, const char *path)
{
    int64_t entry = vocabulary_find(&model->vocabulary, unknown, strlen(unknown));
    if (entry == VOCABULARY_NONE)
        return RAISE(ACCEL_EFORMAT, "%s: the unknown token \"%s\" is not in the vocabulary", path, unknown);
    model->unknown_id = model->vocabulary.entries[entry].id;
    model->prefix = memory_copy_string(prefix);
    if (!model->prefix)
        return accel_error_status();
    model->prefix_size = strlen(prefix);
    model->prefix_hash = vocabulary_hash(VOCABULARY_HASH_START, prefix, model->prefix_size);
    return ACCEL_OK;
}

void wordpiece_dispose(wordpiece *model)
{
    vocabulary_dispose(&model->vocabulary);
    memory_free(model->prefix);
    model->prefix = NULL;
}

static bool is_inside_character(char byte) { return ((unsigned char)byte & 0xC0) == 0x80; }

/* The longest piece at the start of `left` bytes: its entry, and its length. `hash` is that of `head`. */
static int64_t longest_piece(const vocabulary *v, uint64_t hash, const char *head, size_t head_size,
                             const char *text, size_t left, uint64_t *hashes, size_t *length)
{
    size_t limit = v->longest > head_size ? v->longest - head_size : 0;
    if (limit > left)
        limit = left;
    for (size_t i = 0; i < limit; i++)
        hashes[i] = hash = vocabulary_hash_byte(hash, text[i]);
    for (size_t size = limit; size > 0; size--) {
        if (size < left && is_inside_character(text[size]))
            continue;
        int64_t entry = vocabulary_find_hashed(v, hashes[size - 1], head, head_size, text, size);
        if (entry != VOCABULARY_NONE) {
            *length = size;
            return entry;
        }
    }
    return VOCABULARY_NONE;
}

accel_status wordpiece_encode(const wordpiece *model, const word *w, uint64_t *scratch, id_list *out)
{
    if (w->characters > model->max_characters)
        return id_list_append(out, model->unknown_id);
    const vocabulary *v = &model->vocabulary;
    size_t first = out->count, length = 0;
    for (size_t at = 0; at < w->size; at += length) {
        int64_t entry = at == 0
                            ? longest_piece(v, VOCABULARY_HASH_START, "", 0, w->data, w->size, scratch, &length)
                            : longest_piece(v, model->prefix_hash, model->prefix, model->prefix_size,
                                            w->data + at, w->size - at, scratch, &length);
        if (entry == VOCABULARY_NONE) { /* one unknown piece makes the word unknown */
            out->count = first;
            return id_list_append(out, model->unknown_id);
        }
        if (id_list_append(out, v->entries[entry].id) != ACCEL_OK)
            return accel_error_status();
    }
    return ACCEL_OK;
}
