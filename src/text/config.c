#include "text/config.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "text/field.h"

static const struct {
    const char *key, *bert;
} token_names[CONFIG_TOKENS] = {
    [CONFIG_UNK] = {"unk_token", "[UNK]"},    [CONFIG_SEP] = {"sep_token", "[SEP]"},
    [CONFIG_PAD] = {"pad_token", "[PAD]"},    [CONFIG_CLS] = {"cls_token", "[CLS]"},
    [CONFIG_MASK] = {"mask_token", "[MASK]"},
};

void config_dispose(config *c)
{
    for (size_t i = 0; i < CONFIG_TOKENS; i++)
        memory_free(c->tokens[i]);
    *c = (config){0};
}

const char *config_token_or_default(const config *c, config_token token)
{
    return c->tokens[token] ? c->tokens[token] : token_names[token].bert;
}

void config_apply(const config *c, normalizer *n)
{
    if (c->has_lowercase)
        n->lowercase = c->lowercase;
    if (c->has_chinese)
        n->handle_chinese_chars = c->chinese;
    if (c->has_accents)
        n->accents = c->accents;
}

/* A switch of the BERT classes. Classes that take tokenizer.json as it is do not know these keys. */
static accel_status read_switch(const place *at, const json_t *root, const char *key, bool *has, bool *value)
{
    if (!json_object_get(root, key))
        return ACCEL_OK;
    *has = true;
    return field_bool(at, root, key, value);
}

static accel_status read_switches(config *c, const json_t *root, const place *at)
{
    const char *class = json_string_value(json_object_get(root, "tokenizer_class"));
    if (class && (strcmp(class, "PreTrainedTokenizerFast") == 0 || strcmp(class, "TokenizersBackend") == 0))
        return ACCEL_OK;
    accel_status status = read_switch(at, root, "do_lower_case", &c->has_lowercase, &c->lowercase);
    if (status == ACCEL_OK)
        status = read_switch(at, root, "tokenize_chinese_chars", &c->has_chinese, &c->chinese);
    if (status != ACCEL_OK)
        return status;
    const json_t *accents = json_object_get(root, "strip_accents");
    bool strip = false;
    c->has_accents = accents != NULL;
    if (!accents || json_is_null(accents))
        return ACCEL_OK;
    status = field_bool(at, root, "strip_accents", &strip);
    c->accents = strip ? ACCENTS_STRIP : ACCENTS_KEEP;
    return status;
}

/* "[PAD]", or an object with that content. */
static accel_status read_token(config *c, const json_t *root, config_token token, const place *at)
{
    const char *key = token_names[token].key;
    const json_t *value = json_object_get(root, key);
    if (!value || json_is_null(value))
        return ACCEL_OK;
    place inner = place_inside(at, "%s", key);
    const char *text =
        json_is_object(value) ? field_string(&inner, value, "content") : field_string(at, root, key);
    c->tokens[token] = text ? memory_copy_string(text) : NULL;
    return accel_error_status();
}

accel_status config_read(config *c, const char *path, const char *bytes, size_t size)
{
    json_t *root = field_parse(path, bytes, size);
    if (!root)
        return accel_error_status();
    place at = {.path = path};
    accel_status status = read_switches(c, root, &at);
    for (int i = 0; i < CONFIG_TOKENS && status == ACCEL_OK; i++)
        status = read_token(c, root, (config_token)i, &at);
    json_decref(root);
    return status;
}
