#include "base/error.h"

#include <accel/options.h>
#include "base/memory.h"
#include "text/tokenizer.h"
#include "text/utf8.h"
#include "text/words.h"

/* One call's working state. */
typedef struct encoder {
    const tokenizer *tokenizer;
    buffer repaired, normalized;
    uint64_t *scratch; /* for the model */
    size_t limit;      /* ids after which the rest of a text no longer matters */
} encoder;

static void encode_words(encoder *e, const char *text, size_t size, id_list *out)
{
    const wordpiece *model = &e->tokenizer->model;
    word w;
    for (size_t at = 0; out->count < e->limit && words_next(text, size, &at, &w);)
        if (wordpiece_encode(model, &w, e->scratch, out) != ACCEL_OK)
            return;
}

/* What lies between two of the tokens that are looked for before normalisation. */
static void encode_raw(encoder *e, const char *text, size_t size, id_list *out)
{
    const tokenizer *t = e->tokenizer;
    e->normalized.size = 0;
    if (normalizer_run(&t->normalizer, text, size, &e->normalized) != ACCEL_OK)
        return;
    added_walk walk = {.set = &t->added.normalized, .text = e->normalized.data, .size = e->normalized.size};
    added_part part;
    while (out->count < e->limit && added_walk_next(&walk, &part))
        if (part.token)
            id_list_append(out, part.token->id);
        else
            encode_words(e, part.data, part.size, out);
}

static accel_status encode_text(encoder *e, const char *text, size_t size, id_list *out)
{
    e->repaired.size = 0;
    if (!utf8_is_valid(text, size)) {
        if (utf8_repair(text, size, &e->repaired) != ACCEL_OK)
            return accel_error_status();
        text = e->repaired.data;
        size = e->repaired.size;
    }
    added_walk walk = {.set = &e->tokenizer->added.raw, .text = text, .size = size};
    added_part part;
    while (out->count < e->limit && added_walk_next(&walk, &part))
        if (part.token)
            id_list_append(out, part.token->id);
        else
            encode_raw(e, part.data, part.size, out);
    return accel_error_status();
}

/* LongestFirst: the lengths to which two lists are cut so that both together have `most`. */
static void truncate_both(id_list *first, id_list *second, size_t most)
{
    if (first->count + second->count <= most)
        return;
    id_list *shorter = first->count > second->count ? second : first,
            *longer = shorter == first ? second : first;
    if (shorter->count > most / 2) {
        shorter->count = most / 2;
        longer->count = most - most / 2;
    } else {
        longer->count = most - shorter->count;
    }
}

static const id_list *piece_ids(const template_piece *piece, const id_list texts[2])
{
    return piece->kind == TEMPLATE_TOKENS ? &piece->tokens : &texts[piece->kind == TEMPLATE_SECOND];
}

static bool is_left_out(const template_piece *piece, bool add_special_tokens)
{
    return piece->kind == TEMPLATE_TOKENS && !add_special_tokens;
}

/* Lays the texts and the special tokens out as the template says. */
static accel_status assemble(const template *t, const id_list texts[2], bool add_special_tokens,
                             accel_encoding *out)
{
    size_t length = 0, at = 0;
    for (size_t i = 0; i < t->count; i++)
        if (!is_left_out(&t->pieces[i], add_special_tokens))
            length += piece_ids(&t->pieces[i], texts)->count;
    int64_t *block = memory_alloc(length, 3 * sizeof *block);
    if (!block)
        return accel_error_status();
    *out = (accel_encoding){.length = length,
                            .input_ids = block,
                            .token_type_ids = block + length,
                            .attention_mask = block + 2 * length};
    for (size_t i = 0; i < t->count; i++) {
        const template_piece *piece = &t->pieces[i];
        const id_list *ids = piece_ids(piece, texts);
        for (size_t k = 0; !is_left_out(piece, add_special_tokens) && k < ids->count; k++, at++) {
            out->input_ids[at] = ids->data[k];
            out->token_type_ids[at] = piece->type_id;
            out->attention_mask[at] = 1;
        }
    }
    return ACCEL_OK;
}

typedef accel_tokenizer_encode_options encode_options;

static accel_status encode(const tokenizer *t, const char *text, size_t size, const encode_options *o,
                           accel_encoding *out)
{
    const template *around = o->pair ? &t->templates.pair : &t->templates.single;
    size_t special = o->add_special_tokens ? around->added : 0, most = (size_t)o->max_length;
    if (most > 0 && most < special)
        return RAISE(ACCEL_EINVAL, "max_length must be at least %zu, the number of special tokens, got %zu",
                     special, most);
    encoder e = {.tokenizer = t, .limit = SIZE_MAX};
    if (most > 0 && !o->pair) /* which of a pair is the longer depends on all of both */
        e.limit = most - special;
    id_list texts[2] = {{0}, {0}};
    e.scratch = memory_alloc(wordpiece_scratch(&t->model), sizeof *e.scratch);
    accel_status status = e.scratch ? encode_text(&e, text, size, &texts[0]) : accel_error_status();
    if (status == ACCEL_OK && o->pair)
        status = encode_text(&e, o->pair, o->pair_size, &texts[1]);
    if (most > 0)
        truncate_both(&texts[0], &texts[1], most - special);
    if (status == ACCEL_OK)
        status = assemble(around, texts, o->add_special_tokens, out);
    memory_free(e.scratch);
    buffer_dispose(&e.repaired);
    buffer_dispose(&e.normalized);
    id_list_dispose(&texts[0]);
    id_list_dispose(&texts[1]);
    return status;
}

accel_tokenizer_encode_options accel_tokenizer_encode_options_default(void)
{
    return (accel_tokenizer_encode_options){ACCEL_TOKENIZER_ENCODE_DEFAULTS()};
}

accel_status accel_tokenizer_encode_with(accel_tokenizer *handle, const char *text, size_t size,
                                         accel_encoding *encoding, const accel_tokenizer_encode_options *given)
{
    if (encoding)
        *encoding = (accel_encoding){0};
    RETURN_STATUS_IF_FAILED();
    const tokenizer *t = tokenizer_of(handle, __func__);
    encode_options o = accel_tokenizer_encode_options_default();
    if (!t || accel_options_read(__func__, &o, sizeof o, given) != ACCEL_OK)
        return accel_error_status();
    if (!encoding)
        return RAISE(ACCEL_EINVAL, "encoding is NULL");
    if ((!text && size > 0) || (!o.pair && o.pair_size > 0))
        return RAISE(ACCEL_EINVAL, "%s is NULL but has %zu bytes", text || size == 0 ? "pair" : "text",
                     text || size == 0 ? o.pair_size : size);
    if (o.max_length < 0)
        return RAISE(ACCEL_EINVAL, "max_length must be 0 or positive, got %lld", (long long)o.max_length);
    return encode(t, text ? text : "", size, &o, encoding);
}

void accel_encoding_dispose(accel_encoding *encoding)
{
    if (!encoding)
        return;
    memory_free(encoding->input_ids);
    *encoding = (accel_encoding){0};
}
