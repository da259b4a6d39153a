#include "launch/choices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/environment.h"
#include "base/error.h"
#include "base/memory.h"
#include "launch/call.h"
#include "launch/scalar.h"

accel_status choices_open(choices *c)
{
    *c = (choices){.of = memory_alloc(setting_count(), sizeof *c->of)};
    return accel_error_status();
}

void choices_dispose(choices *c)
{
    for (size_t i = 0; c->of && i < setting_count(); i++)
        memory_free(c->of[i].text), memory_free(c->of[i].where);
    memory_free(c->of);
    word_list_free(c->unused.list);
    memory_free(c->file);
    memory_free(c->fields);
}

/* ---- what values may be ---- */

enum { VALUE_MAX = 64 }; /* of what is no text */

static bool spell_truth(const char *text, char spelled[VALUE_MAX])
{
    bool value, good = environment_parse_flag(text, &value);
    snprintf(spelled, VALUE_MAX, "%s", value ? "True" : "False");
    return good;
}

static bool spell_value(const setting *s, const char *text, char spelled[VALUE_MAX])
{
    double value;
    const bool whole = s->kind == SETTING_WHOLE;
    if (s->instead && strcmp(text, s->instead) == 0) {
        snprintf(spelled, VALUE_MAX, "%s", text);
        return true;
    }
    if (!(whole ? scalar_read_whole : scalar_read_number)(text, s->least, s->most, &value))
        return false;
    if (whole)
        snprintf(spelled, VALUE_MAX, "%.0f", value);
    else
        scalar_spell_number(value, spelled, VALUE_MAX);
    return true;
}

static bool spell_word(const setting *s, const char *text, char spelled[VALUE_MAX])
{
    for (const char *const *word = s->words; *word; word++)
        if (strcasecmp(*word, text) == 0) {
            snprintf(spelled, VALUE_MAX, "%s", *word);
            return true;
        }
    return false;
}

/* The text as it is kept: `spelled` or `text` itself; NULL for what it cannot be. */
static const char *spell(const setting *s, const char *text, choice_source source, char spelled[VALUE_MAX])
{
    bool good = true;
    switch (s->kind) {
    case SETTING_SWITCH:
    case SETTING_TRUTH:
    case SETTING_BIT:
        good = spell_truth(text, spelled);
        if (s->kind == SETTING_BIT && source == CHOICE_FLAG)
            snprintf(spelled, VALUE_MAX, "%s", strcmp(spelled, "True") == 0 ? "1" : "0");
        break;
    case SETTING_WHOLE:
    case SETTING_NUMBER:
        good = spell_value(s, text, spelled);
        break;
    case SETTING_WORD:
        good = spell_word(s, text, spelled);
        break;
    case SETTING_TEXT:
        return text;
    }
    return good ? spelled : NULL;
}

accel_status choices_set(choices *c, size_t index, const char *text, choice_source source, const char *where)
{
    RETURN_STATUS_IF_FAILED();
    char spelled[VALUE_MAX], wanted[256];
    choice *made = &c->of[index];
    if (made->text && made->source > source && source == CHOICE_ENVIRONMENT)
        return ACCEL_OK; /* what is there outside and does not count need not be right */
    const char *kept = spell(setting_at(index), text, source, spelled);
    if (!kept) {
        setting_describe(setting_at(index), wanted, sizeof wanted);
        return accel_error_raise(ACCEL_EINVAL, LAUNCH_CALL, "%s must be %s, got \"%s\"", where, wanted, text);
    }
    if (made->text && made->source > source)
        return ACCEL_OK;
    memory_free(made->text);
    memory_free(made->where);
    *made = (choice){.text = memory_copy_string(kept), .where = memory_copy_string(where), .source = source};
    return accel_error_status();
}

accel_status choices_take_environment(choices *c)
{
    for (size_t i = 0; i < SETTING_OWN && !accel_error_is_set(); i++) {
        const char *name = own_settings[i].source, *text = name ? getenv(name) : NULL;
        bool nested = text && i == SETTING_NUM_CPU_THREADS_PER_PROCESS &&
                      (strchr(text, ',') || strcmp(text, "0") == 0); /* OpenMP's own matter */
        if (text && *text && !nested)
            choices_set(c, i, text, CHOICE_ENVIRONMENT, name);
    }
    return accel_error_status();
}

/* ---- what holds ---- */

bool choices_is_made(const choices *c, size_t index) { return c->of[index].text != NULL; }

const char *choices_text(const choices *c, size_t index)
{
    return c->of[index].text ? c->of[index].text : setting_at(index)->absent;
}

bool choices_is_on(const choices *c, size_t index)
{
    const char *text = choices_text(c, index);
    return text && strcmp(text, "True") == 0;
}

double choices_number(const choices *c, size_t index)
{
    const char *text = choices_text(c, index);
    return text ? strtod(text, NULL) : 0;
}

int choices_whole(const choices *c, size_t index) { return (int)choices_number(c, index); }
