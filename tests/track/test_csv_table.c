#include "track/folder.h"

#include <math.h>

#include "track/csv_table.h"

static csv_table open_table(const char *first)
{
    csv_table table = {0};
    assert_int_equal(csv_table_open(&table, in_folder("t"), first), ACCEL_OK);
    return table;
}

static void close_table(csv_table *table)
{
    assert_int_equal(csv_table_close(table), ACCEL_OK);
    assert_null(table->columns);
}

#define ADD(table, ...) assert_int_equal(csv_table_add(table, ACCEL_LOG_VALUES(__VA_ARGS__)), ACCEL_OK)
#define NUMBER(n, x) {.name = (n), .number = (x)}
#define WORD(n, t) {.name = (n), .text = (t)}

static void writes_rows(void **state)
{
    (void)state;
    csv_table t = open_table("step");
    expect_content("t", "");
    ADD(&t, NUMBER("step", 0), NUMBER("loss", 0.5));
    expect_content("t", "step,loss\n0,0.5\n");
    ADD(&t, NUMBER("loss", -1.5e-7), NUMBER("step", 12));
    ADD(&t, NUMBER("loss", NAN));
    ADD(&t, NUMBER("step", 3));
    ADD(&t, NUMBER("loss", -INFINITY), NUMBER("step", INFINITY));
    expect_content("t", "step,loss\n0,0.5\n12,-1.5e-07\n,nan\n3,\ninf,-inf\n");
    close_table(&t);
}

static void quotes_what_needs_it(void **state)
{
    (void)state;
    csv_table t = open_table(NULL);
    ADD(&t, WORD("a", "plain"), WORD("b,c", "with \"quotes\""), WORD("say \"d\"", ""),
        WORD("e\nf", "two\r\nlines"), WORD(" g ", ","), WORD("\"", "\""));
    expect_content("t", "a,\"b,c\",\"say \"\"d\"\"\",\"e\nf\", g ,\"\"\"\"\n"
                        "\"plain\",\"with \"\"quotes\"\"\",\"\",\"two\r\nlines\",\",\",\"\"\"\"\n");
    close_table(&t);

    /* Its names are those that were given. */
    t = open_table(NULL);
    const char *const names[] = {"a", "b,c", "say \"d\"", "e\nf", " g ", "\""};
    assert_int_equal(t.count, 6);
    for (size_t i = 0; i < t.count; i++)
        assert_string_equal(t.columns[i], names[i]);
    close_table(&t);
}

static void gets_columns_for_late_names(void **state)
{
    (void)state;
    csv_table t = open_table("step");
    ADD(&t, NUMBER("step", 1), WORD("note", "a\nb \"c\nd\""));
    ADD(&t, NUMBER("late", 2), NUMBER("x,y", 3));
    expect_content("t", "step,note,late,\"x,y\"\n1,\"a\nb \"\"c\nd\"\"\",,\n,,2,3\n");
    ADD(&t, NUMBER("step", 2));
    ADD(&t, NUMBER("later", 1));
    expect_content("t", "step,note,late,\"x,y\",later\n1,\"a\nb \"\"c\nd\"\"\",,,\n,,2,3,\n2,,,,\n,,,,1\n");
    assert_int_equal(count_files("*"), 1);
    close_table(&t);
}

static void goes_on_with_a_table(void **state)
{
    (void)state;
    put("t", "step,loss\r\n1,2\r\n");
    csv_table t = open_table("step");
    ADD(&t, NUMBER("loss", 3));
    expect_content("t", "step,loss\r\n1,2\r\n,3\n");
    ADD(&t, NUMBER("late", 4));
    expect_content("t", "step,loss,late\n1,2,\n,3,\n,,4\n");
    close_table(&t);
}

static void ends_a_line_that_was_cut_short(void **state)
{
    (void)state;
    const char *const before[] = {"step", "step,a\n1", "step,a\n1,\"x", "step,a\n1,\"x\n",
                                  "step,a\n1,\"x\"\"\ny"};
    const char *const after[] = {"step\n5\n", "step,a\n1\n5,\n", "step,a\n1,\"x\"\n5,\n",
                                 "step,a\n1,\"x\n\"\n5,\n", "step,a\n1,\"x\"\"\ny\"\n5,\n"};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        put("t", before[i]);
        csv_table t = open_table("step");
        ADD(&t, NUMBER("step", 5));
        expect_content("t", after[i]);
        close_table(&t);
    }
}

static void spoils_no_other_file(void **state)
{
    (void)state;
    csv_table t = {0};
    const char *const others[] = {"\n",          "a,step\n1,2\n", "# notes\n",
                                  "\"step,\"\n", "stepp",         "{\"step\": 1}\n"};
    const char *const firsts[] = {"", "a", "# notes", "step,", "stepp", "{\"step\": 1}"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char text[128];
        put("t", others[i]);
        snprintf(text, sizeof text, "is another table: its first column is \"%s\", not \"step\"", firsts[i]);
        csv_table_open(&t, in_folder("t"), "step");
        expect_failure(ACCEL_EFORMAT, "t", text);
        expect_content("t", others[i]);
    }
}

/* Each write of a row and of a new file fails once. */
static void keeps_what_it_had_on_a_full_disk(void **state)
{
    (void)state;
    csv_table t = open_table("step");
    file_fail_write_at(1);
    assert_int_equal(csv_table_add(&t, ACCEL_LOG_VALUES(NUMBER("step", 1), NUMBER("loss", 1))), ACCEL_EIO);
    expect_failure(ACCEL_EIO, "t", "cannot be written: No space left on device");
    expect_content("t", "");
    ADD(&t, NUMBER("step", 1), NUMBER("accuracy", 1));
    file_fail_write_at(1);
    assert_int_equal(csv_table_add(&t, ACCEL_LOG_VALUES(NUMBER("late", 1))), ACCEL_EIO);
    expect_failure(ACCEL_EIO, "t", "cannot be written: No space left on device");
    expect_content("t", "step,accuracy\n1,1\n");
    ADD(&t, NUMBER("step", 2));
    ADD(&t, NUMBER("late", 2));
    expect_content("t", "step,accuracy,late\n1,1,\n2,,\n,,2\n");
    assert_int_equal(count_files("*"), 1);
    close_table(&t);
}

static void has_a_row_once_whatever_memory_does(void **state)
{
    (void)state;
    csv_table t = open_table("step");
    ADD(&t, NUMBER("step", 1));
    bool done = false;
    for (size_t nth = 1; !done; nth++) {
        memory_fail_at(nth);
        done = csv_table_add(&t, ACCEL_LOG_VALUES(NUMBER("late", 2), WORD("note", "x"))) == ACCEL_OK;
        memory_fail_at(0);
        assert_true(done || accel_error_status() == ACCEL_ENOMEM);
        accel_error_clear();
        expect_content("t", done ? "step,late,note\n1,,\n,2,\"x\"\n" : "step\n1\n");
    }
    close_table(&t);
}

/* Somebody has the new file for a moment. */
static void goes_on_when_its_new_file_is_taken(void **state)
{
    (void)state;
    csv_table t = open_table("step");
    journal other = {0};
    ADD(&t, NUMBER("step", 1));
    put("t", "step\n1\n");
    assert_int_equal(journal_open(&other, in_folder("t")), ACCEL_OK);
    assert_int_equal(journal_reopen(&t.file), ACCEL_EINVAL);
    accel_error_clear();
    assert_int_equal(journal_close(&other), ACCEL_OK);
    ADD(&t, NUMBER("step", 2));
    expect_content("t", "step\n1\n2\n");
    close_table(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_rows),
        TEST(quotes_what_needs_it),
        TEST(gets_columns_for_late_names),
        TEST(goes_on_with_a_table),
        TEST(ends_a_line_that_was_cut_short),
        TEST(spoils_no_other_file),
        TEST(keeps_what_it_had_on_a_full_disk),
        TEST(has_a_row_once_whatever_memory_does),
        TEST(goes_on_when_its_new_file_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
