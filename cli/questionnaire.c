#include "cli/questionnaire.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/home.h"
#include "base/memory.h"
#include "cli/condition.h"
#include "cli/inquiry.h"
#include "cli/question.h"
#include "launch/scalar.h"

/* What an answer is, and how it is spelled. */
typedef struct answer {
    configuration_kind kind;
    char text[ANSWER_MAX + PATH_MAX]; /* of a path, with the home folder */
} answer;

/* ---- one of each kind: each is false when there is no more input ---- */

static bool ask_truth(const inquiry *i, answer *a)
{
    int chosen = question_confirm(i->text, strcmp(i->absent, "yes") == 0);
    a->kind = CONFIGURATION_TRUTH;
    snprintf(a->text, sizeof a->text, "%s", chosen == 1 ? "True" : "False");
    return chosen >= 0;
}

static bool ask_whole(const inquiry *i, answer *a)
{
    long long number;
    a->kind = CONFIGURATION_WHOLE;
    if (!question_count(i->text, i->absent, (long long)i->least, (long long)i->most, &number))
        return false;
    snprintf(a->text, sizeof a->text, "%lld", number);
    return true;
}

static bool ask_number(const inquiry *i, answer *a)
{
    double number;
    a->kind = CONFIGURATION_NUMBER;
    if (!question_measure(i->text, i->absent, i->least, i->most, &number))
        return false;
    scalar_spell_number(number, a->text, sizeof a->text);
    return true;
}

static bool ask_text(const inquiry *i, answer *a)
{
    a->kind = CONFIGURATION_TEXT;
    return question_ask(i->text, i->absent, a->text);
}

static bool ask_path(const inquiry *i, answer *a)
{
    char given[ANSWER_MAX];
    a->kind = CONFIGURATION_TEXT;
    if (!question_ask(i->text, i->absent, given))
        return false;
    char *full = home_expand(given);
    snprintf(a->text, sizeof a->text, "%s", full ? full : "");
    memory_free(full);
    return full != NULL;
}

/* As its setting is handed on: Accelerator takes it in no other letters. */
static void spell_word(const inquiry *i, const char *word, answer *a)
{
    snprintf(a->text, sizeof a->text, "%s", word);
    if (!i->words && inquiry_setting(i)->letters == CASE_UPPER)
        for (char *at = a->text; *at; at++)
            *at = (char)toupper((unsigned char)*at);
}

static bool ask_choice(const inquiry *i, answer *a)
{
    const char **words = inquiry_words(i);
    int chosen = -1;
    a->kind = i->spelled;
    while (words && (chosen = question_choose(i->text, words, atoi(i->absent))) >= 0 && i->values &&
           !*i->values[chosen])
        printf("%s is not supported.\n", words[chosen]);
    if (chosen >= 0)
        spell_word(i, i->values ? i->values[chosen] : words[chosen], a);
    memory_free(words);
    return chosen >= 0;
}

static bool ask_rank(const inquiry *i, const configuration *answers, answer *a)
{
    enum { NUMBER = 16 };
    const int machines = atoi(configuration_find(answers, NULL, "num_machines")->text);
    char *names = memory_alloc((size_t)machines, NUMBER);
    const char **options = names ? memory_alloc((size_t)machines + 1, sizeof *options) : NULL;
    for (int m = 0; options && m < machines; m++) {
        snprintf(names + NUMBER * m, NUMBER, "%d", m);
        options[m] = names + NUMBER * m;
    }
    int rank = options ? question_choose(i->text, options, 0) : -1;
    memory_free(options);
    memory_free(names);
    *a = (answer){.kind = CONFIGURATION_WHOLE};
    snprintf(a->text, sizeof a->text, "%d", rank);
    return rank >= 0;
}

static bool give(const inquiry *i, answer *a)
{
    a->kind = i->spelled;
    snprintf(a->text, sizeof a->text, "%s", i->given);
    return true;
}

static bool ask(const inquiry *i, const configuration *answers, answer *a)
{
    switch (i->kind) {
    case INQUIRY_TRUTH:
        return ask_truth(i, a);
    case INQUIRY_WHOLE:
        return ask_whole(i, a);
    case INQUIRY_NUMBER:
        return ask_number(i, a);
    case INQUIRY_TEXT:
        return ask_text(i, a);
    case INQUIRY_PATH:
        return ask_path(i, a);
    case INQUIRY_CHOICE:
        return ask_choice(i, a);
    case INQUIRY_RANK:
        return ask_rank(i, answers, a);
    case INQUIRY_GIVEN:
    case INQUIRY_NOTE:
        break;
    }
    return give(i, a);
}

/* ---- all of them ---- */

static accel_status write(configuration *c, const inquiry *i, const answer *a)
{
    const char *key = i->key ? i->key : i->name;
    if (i->unwritten)
        return ACCEL_OK;
    return i->listed ? configuration_append(c, i->section, key, a->kind, a->text)
                     : configuration_set(c, i->section, key, a->kind, a->text);
}

/* Asks until there is an answer that can be. */
static bool answer_one(const inquiry *i, configuration *answers, configuration *c)
{
    answer a;
    const char *why;
    do {
        if (!ask(i, answers, &a) || configuration_set(answers, NULL, i->name, a.kind, a.text) != ACCEL_OK)
            return false;
        why = inquiry_refuse(answers, i->name);
        if (why)
            puts(why);
    } while (why);
    return write(c, i, &a) == ACCEL_OK;
}

bool questionnaire_ask(configuration *c)
{
    configuration answers = {0};
    bool answered = true;
    const inquiry *i;
    for (size_t at = 0; answered && (i = inquiry_at(at)); at++) {
        if (!condition_holds(i->when, &answers))
            continue;
        if (i->kind == INQUIRY_NOTE)
            puts(i->text);
        else
            answered = answer_one(i, &answers, c);
    }
    configuration_dispose(&answers);
    return answered && configuration_set_empty_list(c, NULL, "tpu_env") == ACCEL_OK &&
           configuration_update(c) == ACCEL_OK;
}
