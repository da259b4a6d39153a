#include "text/definition.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static accel_status read_vocabulary(vocabulary *v, const json_t *model, const place *at)
{
    const json_t *list = field_object(at, model, "vocab");
    if (!list || vocabulary_reserve(v, json_object_size(list)) != ACCEL_OK)
        return accel_error_status();
    place inner = place_inside(at, "model.vocab");
    const char *token = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)list, token, value)
    {
        uint32_t id = 0;
        if (field_read_number(&inner, value, token, &id) != ACCEL_OK ||
            vocabulary_add(v, token, strlen(token), id) != ACCEL_OK)
            return accel_error_status();
    }
    return vocabulary_seal(v, at->path);
}

/* Files of old lack the model's type. */
static accel_status read_model(wordpiece *model, const json_t *root, const place *top)
{
    const json_t *part = field_object(top, root, "model");
    if (!part)
        return accel_error_status();
    place at = place_inside(top, "model");
    if (json_object_get(part, "type") && strcmp(field_type(part), "WordPiece") != 0)
        return RAISE(ACCEL_EUNSUPPORTED, "%s: model type \"%s\" is not supported; WordPiece is", at.path,
                     field_type(part));
    uint32_t most = 0;
    const char *unknown = field_string(&at, part, "unk_token");
    const char *prefix = unknown ? field_string(&at, part, "continuing_subword_prefix") : NULL;
    if (!prefix || field_number(&at, part, "max_input_chars_per_word", &most) != ACCEL_OK ||
        read_vocabulary(&model->vocabulary, part, &at) != ACCEL_OK)
        return accel_error_status();
    model->max_characters = most;
    return wordpiece_prepare(model, prefix, unknown, at.path);
}

static accel_status read_normalizer(normalizer *n, const json_t *root, const place *top)
{
    const json_t *part = json_object_get(root, "normalizer");
    if (!part || json_is_null(part)) { /* nothing is normalised */
        n->accents = ACCENTS_KEEP;
        return ACCEL_OK;
    }
    if (strcmp(field_type(part), "BertNormalizer") != 0)
        return RAISE(ACCEL_EUNSUPPORTED, "%s: normalizer type \"%s\" is not supported; BertNormalizer is",
                     top->path, field_type(part));
    place at = place_inside(top, "normalizer");
    bool strip = false;
    const json_t *accents = json_object_get(part, "strip_accents");
    if (field_bool(&at, part, "clean_text", &n->clean_text) != ACCEL_OK ||
        field_bool(&at, part, "handle_chinese_chars", &n->handle_chinese_chars) != ACCEL_OK ||
        field_bool(&at, part, "lowercase", &n->lowercase) != ACCEL_OK)
        return accel_error_status();
    if (!accents || json_is_null(accents))
        return ACCEL_OK;
    n->accents =
        field_bool(&at, part, "strip_accents", &strip) == ACCEL_OK && strip ? ACCENTS_STRIP : ACCENTS_KEEP;
    return accel_error_status();
}

static accel_status check_pre_tokenizer(const json_t *root, const place *top)
{
    const char *type = field_type(json_object_get(root, "pre_tokenizer"));
    if (strcmp(type, "BertPreTokenizer") == 0)
        return ACCEL_OK;
    return RAISE(ACCEL_EUNSUPPORTED, "%s: pre_tokenizer type \"%s\" is not supported; BertPreTokenizer is",
                 top->path, type);
}

static accel_status read_decoder(tokenizer *t, const json_t *root, const place *top)
{
    const json_t *part = json_object_get(root, "decoder");
    if (!part || json_is_null(part))
        return ACCEL_OK;
    if (strcmp(field_type(part), "WordPiece") != 0)
        return RAISE(ACCEL_EUNSUPPORTED, "%s: decoder type \"%s\" is not supported; WordPiece is", top->path,
                     field_type(part));
    place at = place_inside(top, "decoder");
    const char *prefix = field_string(&at, part, "prefix");
    if (!prefix || field_bool(&at, part, "cleanup", &t->decoder_cleanup) != ACCEL_OK)
        return accel_error_status();
    t->decoder_prefix = memory_copy_string(prefix);
    return accel_error_status();
}

/* The tokens that the config names are special even where the file forgets them. */
static accel_status read_added(tokenizer *t, const json_t *root, const place *top, const config *c)
{
    const json_t *list = json_object_get(root, "added_tokens");
    if (list && !field_array(top, root, "added_tokens"))
        return accel_error_status();
    accel_status status = added_read(&t->added, list, top, &t->model.vocabulary, &t->normalizer, CONFIG_TOKENS);
    for (size_t i = 0; i < CONFIG_TOKENS && status == ACCEL_OK; i++)
        if (c->tokens[i])
            status = added_add_special(&t->added, c->tokens[i], &t->model.vocabulary);
    return status == ACCEL_OK ? added_seal(&t->added, top->path) : status;
}

static void find_pad(tokenizer *t, const json_t *root, const config *c)
{
    const json_t *padding = json_object_get(root, "padding");
    const char *name = json_string_value(json_object_get(padding, "pad_token"));
    if (c->tokens[CONFIG_PAD] || !name)
        name = config_token_or_default(c, CONFIG_PAD);
    t->pad_id = tokenizer_find(t, name);
}

static accel_status check_version(const json_t *root, const place *top)
{
    const json_t *value = json_object_get(root, "version");
    const char *version = value ? field_string(top, root, "version") : "1.0";
    if (!version)
        return accel_error_status();
    if (strcmp(version, "1.0") != 0)
        return RAISE(ACCEL_EUNSUPPORTED, "%s: version \"%s\" is not supported; 1.0 is", top->path, version);
    return ACCEL_OK;
}

static accel_status read_root(tokenizer *t, const json_t *root, const place *top, const config *c)
{
    if (!json_is_object(root))
        return RAISE(ACCEL_EFORMAT, "%s: must hold an object", top->path);
    if (check_version(root, top) != ACCEL_OK || read_model(&t->model, root, top) != ACCEL_OK ||
        read_normalizer(&t->normalizer, root, top) != ACCEL_OK || check_pre_tokenizer(root, top) != ACCEL_OK)
        return accel_error_status();
    config_apply(c, &t->normalizer);
    normalizer_prepare(&t->normalizer);
    if (read_added(t, root, top, c) != ACCEL_OK ||
        templates_read(&t->templates, json_object_get(root, "post_processor"), top) != ACCEL_OK ||
        read_decoder(t, root, top) != ACCEL_OK)
        return accel_error_status();
    find_pad(t, root, c);
    return ACCEL_OK;
}

accel_status definition_read(tokenizer *t, const char *path, const char *bytes, size_t size, const config *c)
{
    json_t *root = field_parse(path, bytes, size);
    if (!root)
        return accel_error_status();
    place top = {.path = path};
    accel_status status = read_root(t, root, &top, c);
    json_decref(root);
    return status;
}
