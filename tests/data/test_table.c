/* Tab-separated files, well formed and not. */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include <accel/table.h>

#include "base/file.h"
#include "data/numbers.h"

/* Each test has a file of its own. */
static char folder[64];
static char path[128];

static int make_folder(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/accel-table-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/t.tsv", folder);
    return begin(state);
}

static int remove_folder(void **state)
{
    unlink(path);
    return rmdir(folder) == 0 ? end(state) : -1;
}

/* Reads a file of those bytes. */
static accel_table *read_bytes(const char *bytes, size_t size)
{
    assert_int_equal(file_write_atomic(path, bytes, size), ACCEL_OK);
    return accel_table_read(path);
}

#define READ(text) read_bytes(text, sizeof(text) - 1)

static void expect_field(accel_table *table, int64_t row, int64_t column, const char *bytes, size_t expected)
{
    size_t size = 99;
    const char *field = accel_table_field(table, row, column, &size);
    expect_no_failure();
    assert_int_equal(size, expected);
    assert_memory_equal(field, bytes, expected + 1); /* and a zero byte */
}

#define FIELD(table, row, column, text) expect_field(table, row, column, text, sizeof(text) - 1)

/* The file's failure, after its path. */
static void expect_path_failure(accel_status status, const char *call, const char *text)
{
    char expected[512];
    snprintf(expected, sizeof expected, "%s%s%s%s", call, *call ? ": " : "", path, text);
    expect_failure(status, expected);
}

static void reads_rows_however_lines_end(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } files[] = {
#define FILE_OF(text) {text, sizeof(text) - 1}
        FILE_OF("a\tb\nc\td\n"),       FILE_OF("a\tb\nc\td"),           FILE_OF("a\tb\r\nc\td\r\n"),
        FILE_OF("a\tb\r\nc\td"),       FILE_OF("\n\na\tb\n\nc\td\n\n"), FILE_OF("a\tb\r\n\r\nc\td\r\n\r\n"),
        FILE_OF("\r\na\tb\nc\td\r\n"), FILE_OF("a\tb\nc\td\r"),
#undef FILE_OF
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        accel_table *table = read_bytes(files[i].bytes, files[i].size);
        expect_no_failure();
        assert_int_equal(accel_table_rows(table), 2);
        assert_int_equal(accel_table_columns(table), 2);
        FIELD(table, 0, 0, "a");
        FIELD(table, 0, 1, "b");
        FIELD(table, 1, 0, "c");
        FIELD(table, 1, 1, "d");
        accel_free(table);
    }
}

static void keeps_bytes_as_they_are(void **state)
{
    (void)state;
    accel_table *table = READ(" a \t\"b\"\t\xff\xfe\t\na\rb\t\0\tx\0y\t\0\0\n\t\t\t\n");
    expect_no_failure();
    assert_int_equal(accel_table_rows(table), 3);
    assert_int_equal(accel_table_columns(table), 4);
    FIELD(table, 0, 0, " a ");
    FIELD(table, 0, 1, "\"b\"");
    FIELD(table, 0, 2, "\xff\xfe");
    FIELD(table, 0, 3, "");
    FIELD(table, 1, 0, "a\rb");
    FIELD(table, 1, 1, "\0");
    FIELD(table, 1, 2, "x\0y");
    FIELD(table, 1, 3, "\0\0");
    FIELD(table, 2, 2, "");
    accel_free(table);
}

static void reads_many_rows(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    char *text = malloc(ROWS * 16), *at = text;
    assert_non_null(text);
    for (int i = 0; i < ROWS; i++)
        at += sprintf(at, "%d\t%d\r\n", i, i * 3);
    accel_table *table = read_bytes(text, (size_t)(at - text) - 2);
    free(text);
    assert_int_equal(accel_table_rows(table), ROWS);
    for (int i = 0; i < ROWS; i++)
        assert_true(accel_table_number(table, i, 0) == i && accel_table_number(table, i, 1) == i * 3);
    expect_no_failure();
    accel_free(table);
}

static void refuses_a_file_without_rows(void **state)
{
    (void)state;
    static const char *const files[] = {"", "\n", "\r\n", "\n\r\n\n", "\r"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        assert_null(read_bytes(files[i], strlen(files[i])));
        expect_path_failure(ACCEL_EFORMAT, "accel_table_read", ": has no rows");
    }
}

static void refuses_text_of_other_kinds(void **state)
{
    (void)state;
    assert_null(READ("\xff\xfe"
                     "a\0\t\0b\0\n\0"));
    expect_path_failure(ACCEL_EFORMAT, "accel_table_read",
                        ": is text in UTF-16, not UTF-8: iconv -f UTF-16 -t UTF-8 makes one of it");
    assert_null(READ("a\tb\rc\td\r"));
    expect_path_failure(ACCEL_EFORMAT, "accel_table_read",
                        ": has lines that end in CR alone, not in LF or CRLF: tr '\\r' '\\n' makes such");
}

static void refuses_rows_of_another_width(void **state)
{
    (void)state;
    assert_null(READ("a\tb\n\nc\n"));
    expect_path_failure(ACCEL_EFORMAT, "accel_table_read", ":3: has 1 fields, the first row has 2");
    assert_null(READ("a\tb\nc\td\te"));
    expect_path_failure(ACCEL_EFORMAT, "accel_table_read", ":2: has 3 fields, the first row has 2");
}

static void names_the_file_that_cannot_be_read(void **state)
{
    (void)state;
    assert_null(accel_table_read(path));
    expect_path_failure(ACCEL_ENOTFOUND, "", ": cannot be opened: No such file or directory");
    assert_null(accel_table_read(folder));
    assert_int_equal(accel_error_status(), ACCEL_EINVAL);
    assert_non_null(strstr(accel_error_text(), "is not a regular file"));
    accel_error_clear();
    assert_null(accel_table_read(NULL));
    expect_failure(ACCEL_EINVAL, "accel_table_read: path is NULL");
}

static void names_the_field_that_is_not_there(void **state)
{
    (void)state;
    accel_table *table = READ("a\tb\nc\td\n");
    static const struct {
        int64_t row, column;
        const char *text;
    } cases[] = {
        {0, 2, ": has no column 2, it has 2 (from 0)"},
        {0, -1, ": has no column -1, it has 2 (from 0)"},
        {2, 0, ": has no row 2, it has 2 (from 0)"},
        {-1, 0, ": has no row -1, it has 2 (from 0)"},
        {0, INT64_MAX, ": has no column 9223372036854775807, it has 2 (from 0)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_null(accel_table_field(table, cases[i].row, cases[i].column, NULL));
        expect_path_failure(ACCEL_ENOTFOUND, "accel_table_field", cases[i].text);
        assert_true(isnan(accel_table_number(table, cases[i].row, cases[i].column)));
        expect_path_failure(ACCEL_ENOTFOUND, "accel_table_field", cases[i].text);
    }
    accel_free(table);
    assert_int_equal(accel_table_rows(table), -1);
    expect_stale("accel_table_rows");
    assert_int_equal(accel_table_columns(NULL), -1);
    expect_failure(ACCEL_EINVAL, "accel_table_columns: table is NULL");
}

static void reads_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"0", 0},       {"-1.5", -1.5}, {"+2", 2},           {" 3 ", 3},   {"1e3", 1000},
                 {"1E-3", 1e-3}, {".5", .5},     {"5.", 5},           {"-0", -0.0}, {"007", 7},
                 {"1e-400", 0},  {"0.1", 0.1},   {"3.90625", 3.90625}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        accel_table *table = read_bytes(cases[i].text, strlen(cases[i].text));
        double value = accel_table_number(table, 0, 0);
        expect_no_failure();
        if (value != cases[i].value)
            fail_msg("\"%s\" is %g", cases[i].text, value);
        accel_free(table);
    }
}

static void refuses_what_is_no_number(void **state)
{
    (void)state;
    static const char *const texts[] = {"x",  "1x", "1 2", "1,5", "0x10", "nan", "inf",   "-infinity",
                                        "1e", "e1", "-",   ".",   " ",    "--1", "1e999", "1_000"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char bytes[64], expected[128];
        snprintf(bytes, sizeof bytes, "a\n\n%s\n", texts[i]);
        accel_table *table = read_bytes(bytes, strlen(bytes));
        if (!isnan(accel_table_number(table, 1, 0)))
            fail_msg("\"%s\" is a number", texts[i]);
        snprintf(expected, sizeof expected, ":3: \"%s\" in column 0 is no number", texts[i]);
        expect_path_failure(ACCEL_EFORMAT, "accel_table_number", expected);
        accel_free(table);
    }
    accel_table *table = READ("a\t\n1\0\t1\0002\n");
    for (int64_t row = 0; row < 2; row++) {
        assert_true(isnan(accel_table_number(table, row, 1)));
        assert_int_equal(accel_error_status(), ACCEL_EFORMAT);
        accel_error_clear();
    }
    assert_true(isnan(accel_table_number(table, 1, 0)));
    expect_path_failure(ACCEL_EFORMAT, "accel_table_number", ":2: \"1\" in column 0 is no number");
    accel_free(table);
}

static void does_nothing_while_an_error_is_recorded(void **state)
{
    (void)state;
    accel_table *table = READ("1\n");
    accel_error_raise(ACCEL_EIO, "before", "first");
    assert_null(accel_table_read(path));
    assert_null(accel_table_field(table, 0, 0, NULL));
    assert_true(isnan(accel_table_number(table, 0, 0)));
    accel_free(table);
    expect_failure(ACCEL_EIO, "before: first");
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    accel_table *table = NULL;
    assert_int_equal(file_write_atomic(path, "a\tb\nc\td\n", 8), ACCEL_OK);
    for (size_t nth = 1; !table; nth++) {
        assert_in_range(nth, 1, 50);
        memory_fail_at(nth);
        table = accel_table_read(path);
        memory_fail_at(0);
        assert_int_equal(accel_error_status(), table ? ACCEL_OK : ACCEL_ENOMEM);
        assert_string_equal(accel_error_last()->call, table ? "" : "accel_table_read");
        accel_error_clear();
    }
    accel_free(table);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_rows_however_lines_end),
        TEST(keeps_bytes_as_they_are),
        TEST(reads_many_rows),
        TEST(refuses_a_file_without_rows),
        TEST(refuses_text_of_other_kinds),
        TEST(refuses_rows_of_another_width),
        TEST(names_the_file_that_cannot_be_read),
        TEST(names_the_field_that_is_not_there),
        TEST(reads_numbers),
        TEST(refuses_what_is_no_number),
        TEST(does_nothing_while_an_error_is_recorded),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
