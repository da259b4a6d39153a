#include "text/word_list.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "text/unicode.h"
#include "text/utf8.h"

/* The line without the white space at its end. */
static size_t trimmed(const char *line, size_t size)
{
    for (size_t at = size; at > 0; size = at)
        if (!(unicode_class(utf8_previous(line, &at)) & UNICODE_SPACE))
            break;
    return size;
}

static accel_status read_lines(vocabulary *v, const char *path, const char *bytes, size_t size)
{
    size_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    accel_status status = vocabulary_reserve(v, lines);
    for (size_t at = 0; at < size && status == ACCEL_OK;) {
        const char *line = bytes + at, *end = memchr(line, '\n', size - at);
        size_t length = end ? (size_t)(end - line) : size - at, kept = trimmed(line, length);
        if (vocabulary_find(v, line, kept) != VOCABULARY_NONE)
            return RAISE(ACCEL_EFORMAT, "%s: line %zu: token \"%.*s\" was there before", path, v->count + 1,
                         (int)kept, line);
        status = vocabulary_add(v, line, kept, (uint32_t)v->count);
        at += length + 1;
    }
    return status == ACCEL_OK ? vocabulary_seal(v, path) : status;
}

static accel_status find_token(const vocabulary *v, const char *path, const char *token, uint32_t *id)
{
    int64_t entry = vocabulary_find(v, token, strlen(token));
    if (entry == VOCABULARY_NONE)
        return RAISE(ACCEL_EFORMAT, "%s: lacks the special token \"%s\"", path, token);
    *id = v->entries[entry].id;
    return ACCEL_OK;
}

accel_status word_list_read(tokenizer *t, const char *path, const char *bytes, size_t size, const config *c)
{
    unicode_prepare();
    if (memchr(bytes, '\0', size) || !utf8_is_valid(bytes, size))
        return RAISE(ACCEL_EFORMAT, "%s: is not text in UTF-8", path);
    vocabulary *v = &t->model.vocabulary;
    uint32_t cls = 0, sep = 0;
    t->model.max_characters = 100;
    if (read_lines(v, path, bytes, size) != ACCEL_OK ||
        wordpiece_prepare(&t->model, "##", config_token_or_default(c, CONFIG_UNK), path) != ACCEL_OK ||
        find_token(v, path, config_token_or_default(c, CONFIG_CLS), &cls) != ACCEL_OK ||
        find_token(v, path, config_token_or_default(c, CONFIG_SEP), &sep) != ACCEL_OK)
        return accel_error_status();
    t->normalizer = (normalizer){.clean_text = true, .handle_chinese_chars = true, .lowercase = true};
    config_apply(c, &t->normalizer);
    normalizer_prepare(&t->normalizer);
    accel_status status = added_read(&t->added, NULL, NULL, v, &t->normalizer, CONFIG_TOKENS);
    for (int i = 0; i < CONFIG_TOKENS && status == ACCEL_OK; i++)
        status = added_add_special(&t->added, config_token_or_default(c, (config_token)i), v);
    if (status != ACCEL_OK || added_seal(&t->added, path) != ACCEL_OK ||
        templates_make_bert(&t->templates, cls, sep) != ACCEL_OK)
        return accel_error_status();
    t->decoder_prefix = memory_copy_string("##");
    t->decoder_cleanup = true;
    t->pad_id = tokenizer_find(t, config_token_or_default(c, CONFIG_PAD));
    return accel_error_status();
}
