/* Schedules that the reference followed: the cases of a file that oracle_schedule.py wrote, run here. */
#ifndef TESTS_OPTIM_CASES_H
#define TESTS_OPTIM_CASES_H

#include "tensors.h"

#include <unistd.h>

#include <jansson.h>

#include <accel/layers.h>
#include <accel/optimizer.h>
#include <accel/scheduler.h>

/* The file's object: the caller ends it with json_decref. Without the folder the test is skipped by name. */
static inline json_t *open_cases(const char *test, const char *file)
{
    const char *folder = getenv("ACCEL_TEST_ORACLE");
    char path[4096];
    snprintf(path, sizeof path, "%s/schedule/%s", folder ? folder : "", file);
    if (!folder || access(path, F_OK) != 0) {
        print_message("%s: skipped, no schedule/%s in ACCEL_TEST_ORACLE\n", test, file);
        skip();
    }
    json_t *cases = json_load_file(path, 0, NULL);
    assert_non_null(cases);
    return cases;
}

/* An optimizer with the file's learning rates. */
static inline accel_optimizer *cases_optimizer(json_t *file)
{
    accel_optimizer *optimizer = accel_adamw(NULL, .lr = json_number_value(json_object_get(file, "lr")));
    json_t *lrs = json_object_get(file, "base_lrs");
    for (size_t i = 0; i < json_array_size(lrs); i++)
        accel_optimizer_add_group(optimizer, accel_module_parameters(accel_linear(1, 1)),
                                  .lr = json_number_value(json_array_get(lrs, i)));
    expect_no_failure();
    return optimizer;
}

enum { CASE_LIST = 8 };

/* Options from the members of a JSON object. Words are borrowed from it, numbers of a list go to `list`. */
static inline accel_scheduler_options case_options(json_t *given, double list[CASE_LIST])
{
    accel_scheduler_options o = accel_scheduler_options_default();
#define STEPS(option) {#option, &o.option, NULL, NULL}
#define NUMBER(option) {#option, NULL, &o.option, NULL}
#define WORD(option) {#option, NULL, NULL, &o.option}
    const struct {
        const char *name;
        int64_t *steps;
        double *number;
        const char **word;
    } members[] = {
        STEPS(num_warmup_steps),
        STEPS(num_training_steps),
        STEPS(timescale),
        STEPS(num_stable_steps),
        STEPS(num_decay_steps),
        STEPS(patience),
        STEPS(cooldown),
        NUMBER(num_cycles),
        NUMBER(min_lr),
        NUMBER(min_lr_rate),
        NUMBER(warmup_lr_rate),
        NUMBER(lr_end),
        NUMBER(power),
        NUMBER(min_lr_ratio),
        NUMBER(factor),
        NUMBER(threshold),
        NUMBER(eps),
        WORD(warmup_type),
        WORD(decay_type),
        WORD(mode),
        WORD(threshold_mode),
    };
#undef STEPS
#undef NUMBER
#undef WORD
    size_t read = 0;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_t *value = json_object_get(given, members[i].name);
        read += value != NULL;
        if (value && members[i].steps)
            *members[i].steps = json_integer_value(value);
        else if (value && members[i].number)
            *members[i].number = json_number_value(value);
        else if (value)
            *members[i].word = json_string_value(value);
    }
    json_t *numbers = json_object_get(given, "min_lrs");
    for (size_t i = 0; i < json_array_size(numbers); i++)
        list[i] = json_number_value(json_array_get(numbers, i));
    if (numbers) {
        o.min_lrs = list;
        o.min_lrs_count = json_array_size(numbers);
    }
    assert_int_equal(read + (numbers != NULL), json_object_size(given));
    return o;
}

/* Every learning rate is the reference's, to the last bit. */
static inline void expect_rates(json_t *item, size_t step, accel_optimizer *optimizer)
{
    json_t *rates = json_array_get(json_object_get(item, "values"), step);
    for (size_t group = 0; group < json_array_size(rates); group++) {
        double lr = accel_optimizer_lr(optimizer, group),
               wanted = json_number_value(json_array_get(rates, group));
        if (lr == wanted)
            continue;
        char *text = json_dumps(json_object_get(item, "options"), 0);
        fail_msg("%s %s, step %zu, group %zu: %.17g, expected %.17g",
                 json_string_value(json_object_get(item, "name")), text, step, group, lr, wanted);
    }
}

/* Takes step `step`, from 1 on, of a case. */
typedef accel_status case_step(json_t *item, accel_scheduler *scheduler, size_t step);

/* The same rates as the reference's, or a refusal where it failed. Returns the steps that were compared. */
static inline size_t run_case(json_t *file, json_t *item, case_step *take)
{
    double list[CASE_LIST];
    accel_scheduler_options options = case_options(json_object_get(item, "options"), list);
    accel_optimizer *optimizer = cases_optimizer(file);
    accel_scheduler *scheduler =
        accel_scheduler_create_with(json_string_value(json_object_get(item, "name")), optimizer, &options);
    if (json_object_get(item, "error")) {
        if (scheduler)
            fail_msg("%s is not refused", json_dumps(item, 0));
        expect_failure_with(ACCEL_EINVAL, "accel_scheduler_create: ");
        return 0;
    }
    expect_no_failure();
    size_t steps = json_array_size(json_object_get(item, "values"));
    for (size_t step = 0; step < steps; step++) {
        if (step > 0)
            assert_int_equal(take(item, scheduler, step), ACCEL_OK);
        expect_rates(item, step, optimizer);
    }
    return steps;
}

static inline void run_cases(const char *test, const char *name, case_step *take, size_t at_least)
{
    json_t *file = open_cases(test, name), *cases = json_object_get(file, "cases");
    size_t compared = 0;
    for (size_t i = 0; i < json_array_size(cases); i++)
        accel_scoped() {
            compared += run_case(file, json_array_get(cases, i), take);
        }
    json_decref(file);
    assert_true(compared >= at_least);
}

#endif
