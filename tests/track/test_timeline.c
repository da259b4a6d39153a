/* Time by name: what lies within another is part of it, in each thread for itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "track/timeline.h"

/* The printed table: free it. */
static char *table_of(const timeline *t, int rows)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_int_equal(timeline_print(t, stream, rows), ACCEL_OK);
    fclose(stream);
    return text;
}

static void expect_table(const timeline *t, int rows, const char *expected)
{
    char *text = table_of(t, rows);
    const char *body = strchr(text, '\n') + 1;
    assert_string_equal(body, expected);
    free(text);
}

static void adds_up_by_name(void **state)
{
    (void)state;
    timeline *t = timeline_create();
    timeline_add(t, "outer", 1, 0, 10000000, false);
    timeline_add(t, "inner", 1, 1000000, 3000000, false);
    timeline_add(t, "leaf", 1, 2000000, 1000000, false);
    timeline_add(t, "outer", 2, 2500000, 2000000, false); /* another thread's */
    timeline_add(t, "inner", 1, 5000000, 1000000, false);
    timeline_add(t, "sent", 1, 6000000, 20000000, true); /* lies beyond */
    timeline_add(t, "leaf", 1, 12000000, 500000, false); /* in nothing */
    expect_table(t, 10,
                 "sent                                          160.00       20.000       20.000    20000.000  "
                 "       1\n"
                 "outer                                          64.00        8.000       12.000     6000.000  "
                 "       2\n"
                 "inner                                          24.00        3.000        4.000     2000.000  "
                 "       2\n"
                 "leaf                                           12.00        1.500        1.500      750.000  "
                 "       2\n");
    expect_table(t, 1,
                 "sent                                          160.00       20.000       20.000    20000.000  "
                 "       1\n");
    timeline_free(t);
}

static void an_empty_one_has_no_rows(void **state)
{
    (void)state;
    timeline *t = timeline_create();
    expect_table(t, 10, "");
    timeline_free(t);
    timeline_free(NULL);
}

static void holds_many_names(void **state)
{
    (void)state;
    timeline *t = timeline_create();
    for (int i = 0; i < 1000; i++) {
        char name[128];
        snprintf(name, sizeof name, "a name that is longer than the column is wide, number %d", i % 300);
        assert_int_equal(timeline_add(t, name, 1, i, 1000 - i, false), ACCEL_OK);
    }
    char *text = table_of(t, 1000);
    size_t lines = 0;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 301);
    free(text);
    timeline_free(t);
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    timeline *t = timeline_create();
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    assert_int_equal(timeline_print(t, full, 10), ACCEL_EIO);
    assert_string_equal(accel_error_text(), "accelerator_profile_print: the table cannot be written");
    accel_error_clear();
    fclose(full);
    timeline_free(t);
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    for (size_t nth = 1; nth < 12; nth++) {
        memory_fail_at(nth);
        timeline *t = timeline_create();
        for (int i = 0; t && i < 100; i++) {
            char name[8];
            snprintf(name, sizeof name, "%d", i);
            timeline_add(t, name, 1, i, 1000, false);
        }
        memory_fail_at(0);
        accel_error_clear();
        timeline_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_up_by_name),
        cmocka_unit_test(an_empty_one_has_no_rows),
        cmocka_unit_test(holds_many_names),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
