#include "optim/schedule_option.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

static const char call[] = "accel_scheduler_create";

typedef enum option_type {
    STEPS,  /* a count; less than 0 is possible only as a default: not given */
    NUMBER, /* finite, ≥ 0 */
    SIGNED, /* finite */
    WORD,
    LIST,
} option_type;

typedef struct option {
    const char *name;
    size_t offset;
    option_type type;
} option;

#define OPTION(name, type) {#name, offsetof(accel_scheduler_options, name), type}
static const option options[SCHEDULE_OPTIONS] = {
    [SCHEDULE_NUM_WARMUP_STEPS] = OPTION(num_warmup_steps, STEPS),
    [SCHEDULE_NUM_TRAINING_STEPS] = OPTION(num_training_steps, STEPS),
    [SCHEDULE_NUM_CYCLES] = OPTION(num_cycles, NUMBER),
    [SCHEDULE_MIN_LR] = OPTION(min_lr, NUMBER),
    [SCHEDULE_MIN_LR_RATE] = OPTION(min_lr_rate, NUMBER),
    [SCHEDULE_WARMUP_LR_RATE] = OPTION(warmup_lr_rate, NUMBER),
    [SCHEDULE_LR_END] = OPTION(lr_end, NUMBER),
    [SCHEDULE_POWER] = OPTION(power, NUMBER),
    [SCHEDULE_TIMESCALE] = OPTION(timescale, STEPS),
    [SCHEDULE_NUM_STABLE_STEPS] = OPTION(num_stable_steps, STEPS),
    [SCHEDULE_NUM_DECAY_STEPS] = OPTION(num_decay_steps, STEPS),
    [SCHEDULE_WARMUP_TYPE] = OPTION(warmup_type, WORD),
    [SCHEDULE_DECAY_TYPE] = OPTION(decay_type, WORD),
    [SCHEDULE_MIN_LR_RATIO] = OPTION(min_lr_ratio, NUMBER),
    [SCHEDULE_MODE] = OPTION(mode, WORD),
    [SCHEDULE_FACTOR] = OPTION(factor, NUMBER),
    [SCHEDULE_PATIENCE] = OPTION(patience, STEPS),
    [SCHEDULE_THRESHOLD] = OPTION(threshold, SIGNED),
    [SCHEDULE_THRESHOLD_MODE] = OPTION(threshold_mode, WORD),
    [SCHEDULE_COOLDOWN] = OPTION(cooldown, STEPS),
    [SCHEDULE_MIN_LRS] = OPTION(min_lrs, LIST),
    [SCHEDULE_EPS] = OPTION(eps, NUMBER),
};

typedef union option_value {
    int64_t steps;
    double number;
    const char *word;
    const double *list;
} option_value;

static option_value value_of(const option *op, const accel_scheduler_options *o)
{
    option_value value;
    memcpy(&value, (const char *)o + op->offset, sizeof value);
    return value;
}

static bool is_default(const option *op, option_value value)
{
    const accel_scheduler_options plain = accel_scheduler_options_default();
    option_value usual = value_of(op, &plain);
    switch (op->type) {
    case STEPS:
        return value.steps == usual.steps;
    case WORD:
        return value.word && strcmp(value.word, usual.word) == 0;
    case LIST:
        return !value.list;
    default:
        return value.number == usual.number || (isnan(value.number) && isnan(usual.number));
    }
}

static accel_status check_option(const char *schedule, unsigned takes, int index, option_value value)
{
    const option *op = &options[index];
    if (index >= SCHEDULE_FOR_ALL && !(takes & 1U << index))
        return accel_error_raise(ACCEL_EINVAL, call, "schedule \"%s\" takes no %s", schedule, op->name);
    if (op->type == STEPS && value.steps < 0)
        return accel_error_raise(ACCEL_EINVAL, call, "%s must not be negative, got %lld", op->name,
                                 (long long)value.steps);
    if (op->type == NUMBER && !(value.number >= 0))
        return accel_error_raise(ACCEL_EINVAL, call, "%s must not be negative, got %g", op->name, value.number);
    if ((op->type == NUMBER || op->type == SIGNED) && !isfinite(value.number))
        return accel_error_raise(ACCEL_EINVAL, call, "%s must be finite, got %g", op->name, value.number);
    return ACCEL_OK;
}

accel_status schedule_option_check(const char *schedule, unsigned takes, const accel_scheduler_options *o)
{
    for (int i = 0; i < SCHEDULE_OPTIONS && !accel_error_is_set(); i++) {
        option_value value = value_of(&options[i], o);
        if (!is_default(&options[i], value))
            check_option(schedule, takes, i, value);
    }
    return accel_error_status();
}

/* "a", "b" or "c" */
static void list_words(buffer *text, const char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        buffer_printf(text, "%s\"%s\"", i == 0 ? "" : i == count - 1 ? " or " : ", ", words[i]);
}

int schedule_option_word(const char *name, const char *word, const char *const *words, int count)
{
    for (int i = 0; word && i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    buffer text = {0};
    list_words(&text, words, count);
    if (word)
        accel_error_raise(ACCEL_EINVAL, call, "%s must be %s, got \"%s\"", name, text.data ? text.data : "",
                          word);
    else
        accel_error_raise(ACCEL_EINVAL, call, "%s is NULL", name);
    buffer_dispose(&text);
    return -1;
}
