/* Every setting of a launch is an option of the command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/launch_options.h"

static void has_room_for_every_setting(void **state)
{
    (void)state;
    assert_in_range(setting_count(), 1, LAUNCH_OPTIONS_MAX);
    assert_int_equal(launch_options().count, setting_count());
}

static void has_a_row_for_each_with_its_text(void **state)
{
    (void)state;
    const option_table table = launch_options();
    for (size_t i = 0; i < setting_count(); i++) {
        char word[96];
        snprintf(word, sizeof word, "--%s", setting_at(i)->name);
        assert_ptr_equal(option_find(&table, word), &table.options[i]);
        assert_non_null(table.options[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_room_for_every_setting),
        cmocka_unit_test(has_a_row_for_each_with_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
