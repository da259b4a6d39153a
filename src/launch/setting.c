#include "launch/setting.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/spelling.h"

size_t setting_count(void) { return SETTING_OWN + engine_setting_count; }

const setting *setting_at(size_t index)
{
    return index < SETTING_OWN ? &own_settings[index] : &engine_settings[index - SETTING_OWN];
}

size_t setting_find(const char *name)
{
    size_t count = setting_count(), i = 0;
    while (i < count && !spelling_is(setting_at(i)->name, name, strlen(name)))
        i++;
    return i;
}

static void describe_words(const setting *s, char *text, size_t size)
{
    buffer list = {0};
    buffer_append_choice(&list, s->words);
    snprintf(text, size, "%s", list.data ? list.data : "");
    buffer_dispose(&list);
}

void setting_describe(const setting *s, char *text, size_t size)
{
    switch (s->kind) {
    case SETTING_SWITCH:
    case SETTING_TRUTH:
    case SETTING_BIT:
        snprintf(text, size, "true or false");
        break;
    case SETTING_WHOLE:
    case SETTING_NUMBER:
        snprintf(text, size, "a %s from %.10g to %.10g%s%s",
                 s->kind == SETTING_WHOLE ? "whole number" : "number", s->least, s->most,
                 s->instead ? " or " : "", s->instead ? s->instead : "");
        break;
    case SETTING_WORD:
        describe_words(s, text, size);
        break;
    case SETTING_TEXT:
        snprintf(text, size, "text");
        break;
    }
}
