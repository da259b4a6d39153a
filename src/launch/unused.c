#include "launch/unused.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <accel/log.h>

#include "launch/plan.h"

/* Settings that only an engine looks at, and the flag that has it train; in a file it is the type. */
static const struct {
    setting_group group;
    paradigm paradigm;
    setting_id flag;
} engines[] = {
    {GROUP_DEEPSPEED, PARADIGM_DEEPSPEED, SETTING_USE_DEEPSPEED},
    {GROUP_FSDP, PARADIGM_FSDP, SETTING_USE_FSDP},
    {GROUP_MEGATRON, PARADIGM_MEGATRON, SETTING_USE_MEGATRON_LM},
};

/* "" where it has an effect, as in every function here: otherwise what to say after "has no effect". */
typedef char reason[80];

static void judge_engine(const choices *c, const handout *h, size_t i, reason why)
{
    const setting *s = setting_at(i);
    size_t engine = 0;
    while (engines[engine].group != s->group)
        engine++;
    const setting_id flag = engines[engine].flag;
    const distributed_type *type = distributed_type_of(engines[engine].paradigm);
    const bool of_file = c->of[i].source == CHOICE_FILE, used = h->paradigm == type->paradigm,
               wanted = choices_is_on(c, flag) || c->type == type;
    if (!used && wanted && h->cpu)
        snprintf(why, sizeof(reason), " on the CPU");
    else if (!used)
        snprintf(why, sizeof(reason), " without %s%s", of_file ? "distributed_type " : "--",
                 of_file ? type->name : own_settings[flag].name);
    else if (s->group == GROUP_DEEPSPEED && !s->variable && strcmp(c->of[i].text, "standard") != 0)
        snprintf(why, sizeof(reason), " on one machine"); /* on several the plan refuses it */
}

static bool is_set_to(const choices *c, setting_id id, const char *text)
{
    return strcmp(choices_text(c, id), text) == 0;
}

static void judge(const choices *c, const handout *h, size_t i, reason why)
{
    why[0] = '\0';
    switch (setting_at(i)->group) {
    case GROUP_IDLE:
        snprintf(why, sizeof(reason), ": it makes no difference");
        break;
    case GROUP_TPU:
        snprintf(why, sizeof(reason), ": TPUs are not supported");
        break;
    case GROUP_DEEPSPEED:
    case GROUP_FSDP:
    case GROUP_MEGATRON:
        judge_engine(c, h, i, why);
        break;
    case GROUP_PARALLELISM:
        if (!h->parallelism)
            snprintf(why, sizeof(reason), " without --use_parallelism_config");
        break;
    case GROUP_FP8:
        if (!is_set_to(c, SETTING_MIXED_PRECISION, "fp8"))
            snprintf(why, sizeof(reason), " without --mixed_precision fp8");
        break;
    case GROUP_DYNAMO:
        if (is_set_to(c, SETTING_DYNAMO_BACKEND, "no"))
            snprintf(why, sizeof(reason), " without --dynamo_backend");
        break;
    default:
        if (i == SETTING_CPU && !h->cpu)
            snprintf(why, sizeof(reason), " with distributed_type %s", c->type->name);
        else if (i == SETTING_USE_MEGATRON_LM && h->paradigm != PARADIGM_MEGATRON)
            snprintf(why, sizeof(reason), h->cpu ? " on the CPU" : " beside another engine");
    }
}

static bool is_default(const choices *c, size_t i)
{
    const char *absent = setting_at(i)->absent, *text = c->of[i].text;
    return (absent && strcasecmp(absent, text) == 0) || strcmp(text, "False") == 0 || !*text;
}

/* A file stays as it is when a flag asks for something else, and has same_network whatever was answered. */
static bool is_overridden(const choices *c, size_t i)
{
    switch (setting_at(i)->group) {
    case GROUP_DEEPSPEED:
    case GROUP_FSDP:
    case GROUP_MEGATRON:
    case GROUP_PARALLELISM:
        return plan_type_is_typed(c);
    case GROUP_FP8:
        return c->of[SETTING_MIXED_PRECISION].source == CHOICE_FLAG;
    case GROUP_DYNAMO:
        return c->of[SETTING_DYNAMO_BACKEND].source == CHOICE_FLAG;
    default:
        return i == SETTING_SAME_NETWORK || (i == SETTING_CPU && plan_type_is_typed(c));
    }
}

void unused_warn(const choices *c, const handout *h)
{
    bool said[GROUP_COUNT] = {false};
    reason why;
    for (size_t i = 0; i < c->unused.count; i++)
        accel_log_line(ACCEL_LOG_WARNING, "%s", c->unused.list[i]);
    for (size_t i = 0; i < setting_count(); i++) {
        const choice *made = &c->of[i];
        const setting_group group = setting_at(i)->group;
        const bool of_file = made->source == CHOICE_FILE, of_engine = group > GROUP_IDLE && group != GROUP_TPU;
        if (!made->text || is_default(c, i) || (of_file && (is_overridden(c, i) || said[group])))
            continue;
        judge(c, h, i, why);
        said[group] = said[group] || (of_file && of_engine && why[0]);
        if (why[0])
            accel_log_line(ACCEL_LOG_WARNING, "%s has no effect%s", made->where, why);
    }
}
