#include "text/template.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static void dispose(template *t)
{
    for (size_t i = 0; i < t->count; i++)
        id_list_dispose(&t->pieces[i].tokens);
    memory_free(t->pieces);
    *t = (template){0};
}

void templates_dispose(templates *t)
{
    dispose(&t->single);
    dispose(&t->pair);
}

static accel_status reserve(template *t, size_t count)
{
    t->pieces = memory_alloc(count, sizeof *t->pieces);
    return t->pieces ? ACCEL_OK : accel_error_status();
}

static void add_text(template *t, template_kind kind, uint32_t type_id)
{
    t->pieces[t->count++] = (template_piece){.kind = kind, .type_id = type_id};
}

static accel_status add_token(template *t, uint32_t id, uint32_t type_id)
{
    template_piece *piece = &t->pieces[t->count++];
    *piece = (template_piece){.kind = TEMPLATE_TOKENS, .type_id = type_id};
    t->added++;
    return id_list_append(&piece->tokens, id);
}

accel_status templates_make_bert(templates *t, uint32_t cls, uint32_t sep)
{
    if (reserve(&t->single, 3) != ACCEL_OK || reserve(&t->pair, 5) != ACCEL_OK)
        return accel_error_status();
    template *const both[] = {&t->single, &t->pair};
    for (size_t i = 0; i < 2; i++) {
        add_token(both[i], cls, 0);
        add_text(both[i], TEMPLATE_FIRST, 0);
        add_token(both[i], sep, 0);
    }
    add_text(&t->pair, TEMPLATE_SECOND, 1);
    add_token(&t->pair, sep, 1);
    return accel_error_status();
}

static accel_status make_bare(templates *t)
{
    if (reserve(&t->single, 1) != ACCEL_OK || reserve(&t->pair, 2) != ACCEL_OK)
        return accel_error_status();
    add_text(&t->single, TEMPLATE_FIRST, 0);
    add_text(&t->pair, TEMPLATE_FIRST, 0);
    add_text(&t->pair, TEMPLATE_SECOND, 1);
    return ACCEL_OK;
}

/* "sep": ["[SEP]", 102] */
static accel_status read_named_id(const json_t *processor, const char *key, const place *at, uint32_t *id)
{
    const json_t *named = field_array(at, processor, key);
    if (!named)
        return accel_error_status();
    if (json_array_size(named) != 2 || !json_is_string(json_array_get(named, 0)))
        return RAISE(ACCEL_EFORMAT, "%s: %s.%s must be a token and its id", at->path, at->where, key);
    return field_read_number(at, json_array_get(named, 1), key, id);
}

static accel_status read_bert(templates *t, const json_t *processor, const place *at)
{
    uint32_t cls = 0, sep = 0;
    accel_status status = read_named_id(processor, "cls", at, &cls);
    if (status == ACCEL_OK)
        status = read_named_id(processor, "sep", at, &sep);
    return status == ACCEL_OK ? templates_make_bert(t, cls, sep) : status;
}

/* {"Sequence": {"id": "A", "type_id": 0}} */
static accel_status read_text(template *t, const json_t *text, const place *at, bool has_second)
{
    uint32_t type_id = 0;
    const char *id = field_string(at, text, "id");
    if (!id || field_number(at, text, "type_id", &type_id) != ACCEL_OK)
        return accel_error_status();
    bool second = strcmp(id, "B") == 0;
    if (!second && strcmp(id, "A") != 0)
        return RAISE(ACCEL_EFORMAT, "%s: %s.id must be \"A\" or \"B\", got \"%s\"", at->path, at->where, id);
    if (second && !has_second)
        return RAISE(ACCEL_EFORMAT, "%s: %s.id is \"B\", but there is one text only", at->path, at->where);
    add_text(t, second ? TEMPLATE_SECOND : TEMPLATE_FIRST, type_id);
    return ACCEL_OK;
}

/* {"SpecialToken": {"id": "[CLS]", "type_id": 0}}, where special_tokens has {"[CLS]": {"ids": [101], …}} */
static accel_status read_special(template *t, const json_t *special, const json_t *known, const place *at)
{
    uint32_t type_id = 0;
    const char *name = field_string(at, special, "id");
    if (!name || field_number(at, special, "type_id", &type_id) != ACCEL_OK)
        return accel_error_status();
    place named = place_inside(at, "post_processor.special_tokens");
    const json_t *definition = field_object(&named, known, name);
    const json_t *list = definition ? field_array(&named, definition, "ids") : NULL;
    if (!list)
        return accel_error_status();
    template_piece *piece = &t->pieces[t->count++];
    *piece = (template_piece){.kind = TEMPLATE_TOKENS, .type_id = type_id};
    for (size_t i = 0; i < json_array_size(list); i++) {
        uint32_t id = 0;
        if (field_read_number(&named, json_array_get(list, i), "ids", &id) != ACCEL_OK ||
            id_list_append(&piece->tokens, id) != ACCEL_OK)
            return accel_error_status();
    }
    t->added += piece->tokens.count;
    return ACCEL_OK;
}

static accel_status read_template(template *t, const json_t *processor, const char *key, const place *at)
{
    const json_t *list = field_array(at, processor, key);
    const json_t *known = list ? field_object(at, processor, "special_tokens") : NULL;
    if (!known || reserve(t, json_array_size(list)) != ACCEL_OK)
        return accel_error_status();
    accel_status status = ACCEL_OK;
    for (size_t i = 0; status == ACCEL_OK && i < json_array_size(list); i++) {
        place inner = place_inside(at, "%s.%s[%zu]", at->where, key, i);
        const json_t *piece = json_array_get(list, i), *text = json_object_get(piece, "Sequence");
        const json_t *special = json_object_get(piece, "SpecialToken");
        if (text)
            status = read_text(t, text, &inner, strcmp(key, "pair") == 0);
        else if (special)
            status = read_special(t, special, known, &inner);
        else
            status = RAISE(ACCEL_EFORMAT, "%s: %s is neither a Sequence nor a SpecialToken", inner.path,
                           inner.where);
    }
    return status;
}

accel_status templates_read(templates *t, const json_t *processor, const place *at)
{
    place inner = place_inside(at, "post_processor");
    const char *type = field_type(processor);
    if (!processor || json_is_null(processor))
        return make_bare(t);
    if (strcmp(type, "BertProcessing") == 0)
        return read_bert(t, processor, &inner);
    if (strcmp(type, "TemplateProcessing") != 0)
        return RAISE(
            ACCEL_EUNSUPPORTED,
            "%s: post_processor type \"%s\" is not supported; TemplateProcessing and BertProcessing are",
            at->path, type);
    accel_status status = read_template(&t->single, processor, "single", &inner);
    return status == ACCEL_OK ? read_template(&t->pair, processor, "pair", &inner) : status;
}
