/* What `accelerate config` asks is what a launch understands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "cli/condition.h"
#include "cli/inquiry.h"
#include "launch/distributed_type.h"

static size_t count(const char *const *words)
{
    size_t n = 0;
    while (words[n])
        n++;
    return n;
}

static void offers_words_of_settings(void **state)
{
    (void)state;
    const inquiry *i;
    for (size_t at = 0; (i = inquiry_at(at)); at++) {
        if (i->kind != INQUIRY_CHOICE)
            continue;
        assert_true(i->words || (inquiry_setting(i) && inquiry_setting(i)->words));
        const char **words = inquiry_words(i);
        assert_in_range(atoi(i->absent), 0, count(words) - 1);
        for (const char **word = words; i->left_out && *word; word++)
            assert_false(condition_is_among(*word, i->left_out));
        memory_free(words);
    }
}

/* NAME=A|B and NAME!=A|B of a condition. */
static void expect_types(const char *condition)
{
    static const char name[] = "distributed_type";
    const char *at = condition ? strstr(condition, name) : NULL;
    if (!at)
        return;
    for (at += strcspn(at, "=") + 1; *at && *at != ' '; at += *at == '|') {
        char type[32];
        snprintf(type, sizeof type, "%.*s", (int)strcspn(at, "| "), at);
        if (!distributed_type_find(type))
            fail_msg("\"%s\": there is no %s", condition, type);
        at += strlen(type);
    }
}

static void asks_about_types_that_there_are(void **state)
{
    (void)state;
    const inquiry *i;
    for (size_t at = 0; (i = inquiry_at(at)); at++) {
        expect_types(i->when);
        if (strcmp(i->name ? i->name : "", "distributed_type") != 0)
            continue;
        assert_true(!i->given || distributed_type_find(i->given));
        for (const char *const *value = i->values; value && *value; value++)
            assert_true(!**value || distributed_type_find(*value));
    }
    for (size_t t = 0; t < DISTRIBUTED_TYPES; t++)
        assert_int_equal(condition_is_among(distributed_types[t].name, INQUIRY_ACCELERATORS),
                         distributed_types[t].paradigm == PARADIGM_MULTI_GPU);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offers_words_of_settings),
        cmocka_unit_test(asks_about_types_that_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
