#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "text/tokenizer.h"

/* In the order in which they are applied, to one token at a time. */
static const struct {
    const char *from, *to;
} cleanups[] = {
    {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},    {" n't", "n't"},
    {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
};

/* Replaces from a position to the end of the buffer; no replacement is longer than what it replaces. */
static void replace(buffer *text, size_t start, const char *from, const char *to)
{
    size_t from_size = strlen(from), to_size = strlen(to), write = start;
    for (size_t read = start; read < text->size;) {
        if (text->size - read >= from_size && memcmp(text->data + read, from, from_size) == 0) {
            memcpy(text->data + write, to, to_size);
            read += from_size;
            write += to_size;
        } else {
            text->data[write++] = text->data[read++];
        }
    }
    text->size = write;
    text->data[write] = '\0';
}

/* The token of an id as decoding sees it, and whether it is special. NULL for none. */
static const char *find_token(const tokenizer *t, int64_t id, size_t *size, bool *special)
{
    int64_t entry = vocabulary_find_id(&t->added.names, id);
    *special = entry != VOCABULARY_NONE && t->added.tokens[entry].special;
    if (entry != VOCABULARY_NONE) {
        *size = t->added.tokens[entry].size;
        return t->added.tokens[entry].text;
    }
    const vocabulary *v = &t->model.vocabulary;
    entry = vocabulary_find_id(v, id);
    if (entry == VOCABULARY_NONE)
        return NULL;
    *size = v->entries[entry].size;
    return vocabulary_text(v, entry);
}

static accel_status append_token(const tokenizer *t, const char *token, size_t size, bool is_first, buffer *out)
{
    size_t start = out->size, prefix = t->decoder_prefix ? strlen(t->decoder_prefix) : 0;
    bool continues = t->decoder_prefix && size >= prefix && memcmp(token, t->decoder_prefix, prefix) == 0;
    if (!is_first && continues) {
        token += prefix;
        size -= prefix;
    } else if (!is_first && buffer_append(out, " ", 1) != ACCEL_OK) {
        return accel_error_status();
    }
    accel_status status = buffer_append(out, token, size);
    if (status == ACCEL_OK && t->decoder_prefix && t->decoder_cleanup)
        for (size_t i = 0; i < sizeof cleanups / sizeof cleanups[0]; i++)
            replace(out, start, cleanups[i].from, cleanups[i].to);
    return status;
}

static accel_status decode(const tokenizer *t, const int64_t *ids, size_t count, bool skip_special_tokens,
                           buffer *out)
{
    bool is_first = true, special = false;
    accel_status status = buffer_append(out, "", 0);
    for (size_t i = 0; i < count && status == ACCEL_OK; i++) {
        size_t size = 0;
        if (ids[i] < 0)
            return RAISE(ACCEL_EINVAL, "ids[%zu] must be 0 or positive, got %lld", i, (long long)ids[i]);
        const char *token = find_token(t, ids[i], &size, &special);
        if (!token || (special && skip_special_tokens))
            continue;
        status = append_token(t, token, size, is_first, out);
        is_first = false;
    }
    return status;
}

accel_status accel_tokenizer_decode(accel_tokenizer *handle, const int64_t *ids, size_t count,
                                    bool skip_special_tokens, accel_text *text)
{
    if (text)
        *text = (accel_text){0};
    RETURN_STATUS_IF_FAILED();
    const tokenizer *t = tokenizer_of(handle, __func__);
    if (!t)
        return accel_error_status();
    if (!text || (!ids && count > 0))
        return RAISE(ACCEL_EINVAL, "%s is NULL", text ? "ids" : "text");
    buffer out = {0};
    accel_status status = decode(t, ids, count, skip_special_tokens, &out);
    if (status == ACCEL_OK)
        *text = (accel_text){.data = out.data, .size = out.size};
    else
        buffer_dispose(&out);
    return status;
}

void accel_text_dispose(accel_text *text)
{
    if (!text)
        return;
    memory_free(text->data);
    *text = (accel_text){0};
}
