/* What processes leave about their failures, in every shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "launch/report.h"

static report parse(const char *text)
{
    report r;
    report_parse(&r, text, strlen(text));
    assert_false(accel_error_is_set());
    return r;
}

static void expect(const char *text, int rank, const char *message)
{
    report r = parse(text);
    assert_true(r.there);
    assert_int_equal(r.rank, rank);
    assert_string_equal(r.message, message);
}

static void reads_what_the_library_leaves(void **state)
{
    (void)state;
    expect("{\"message\": {\"message\": \"lost\", \"extraInfo\": {\"py_callstack\": \"\", \"timestamp\": "
           "\"1.5\", \"rank\": \"3\"}}}",
           3, "lost");
}

static void reads_what_python_leaves(void **state)
{
    (void)state;
    expect("{\"message\": {\"message\": \"ValueError: a\\n  b\", \"extraInfo\": {\"py_callstack\": "
           "\"Traceback\", \"timestamp\": \"17\"}}}",
           -1, "ValueError: a b");
    expect("{\"message\": \"Signal 9 received\", \"timestamp\": 5}", -1, "Signal 9 received");
}

static void leaves_out_what_is_missing(void **state)
{
    (void)state;
    expect("{}", -1, "");
    expect("{\"message\": null}", -1, "");
    expect("{\"message\": 5}", -1, "");
    expect("{\"message\": []}", -1, "");
    expect("{\"message\": {}}", -1, "");
    expect("{\"message\": {\"message\": {\"message\": \"deep\"}}}", -1, "");
    expect("{\"message\": {\"extraInfo\": 1}}", -1, "");
    expect("{\"message\": {\"extraInfo\": {\"rank\": 2}}}", 2, "");
    static const char *const ranks[] = {"-1",  "\"-1\"", "\"\"", "\"1x\"",  "\" 1\"",
                                        "1.5", "null",   "[]",   "9999999", "\"99999999999999999999\""};
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"message\": {\"message\": \"m\", \"extraInfo\": {\"rank\": %s}}}",
                 ranks[i]);
        expect(text, -1, "m");
    }
}

static void takes_anything_else_for_none(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "", " ", "{", "[]", "5", "\"text\"", "null", "{\"message\": \"\xff\"}", "{\"a\":1} x"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        report r = parse(broken[i]);
        assert_false(r.there);
        assert_int_equal(r.rank, -1);
        assert_string_equal(r.message, "");
    }
}

static void survives_every_truncation(void **state)
{
    (void)state;
    static const char whole[] =
        "{\"message\": {\"message\": \"lost \\u00e9\xc3\xa9\", \"extraInfo\": {\"rank\": \"3\"}}}";
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        report r;
        report_parse(&r, whole, size);
        assert_false(r.there);
    }
}

static void makes_one_short_line(void **state)
{
    (void)state;
    expect("{\"message\": \"  a\\r\\n\\tb\\u0007\\u007f\\u0085c  \"}", -1, "a b c");
    char *text = memory_alloc(20000, 1);
    strcpy(text, "{\"message\": \"");
    for (int i = 0; i < 5000; i++)
        strcat(text, "\xc3\xa9");
    strcat(text, "\"}");
    report r = parse(text);
    assert_in_range(strlen(r.message), REPORT_MESSAGE_MAX - 4, REPORT_MESSAGE_MAX - 1);
    assert_int_equal(strlen(r.message) % 2, 0); /* no half of a character */
    memory_free(text);
}

static void caps_the_size(void **state)
{
    (void)state;
    size_t size = (1 << 20) + 100;
    char *text = memory_alloc(size + 1, 1);
    memset(text, ' ', size);
    memcpy(text, "{\"message\": \"m\"}", 16);
    report r;
    report_parse(&r, text, size);
    assert_false(r.there);
    report_parse(&r, text, 1 << 20);
    assert_true(r.there);
    memory_free(text);
}

static void reads_only_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/accel-report-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = report_path(folder, 7);
    assert_non_null(path);
    report r;
    report_read(&r, path);
    assert_false(r.there);
    assert_int_equal(mkfifo(path, 0600), 0);
    report_read(&r, path);
    assert_false(r.there);
    unlink(path);
    assert_int_equal(file_write_atomic(path, "{\"message\": \"m\"}", 16), ACCEL_OK);
    report_read(&r, path);
    assert_true(r.there);
    assert_int_equal(truncate(path, (off_t)1 << 40), 0); /* a hole */
    report_read(&r, path);
    assert_false(r.there);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    report_read(&r, path);
    assert_false(r.there);
    assert_false(accel_error_is_set());
    rmdir(path);
    rmdir(folder);
    memory_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_library_leaves),
        cmocka_unit_test(reads_what_python_leaves),
        cmocka_unit_test(leaves_out_what_is_missing),
        cmocka_unit_test(takes_anything_else_for_none),
        cmocka_unit_test(survives_every_truncation),
        cmocka_unit_test(makes_one_short_line),
        cmocka_unit_test(caps_the_size),
        cmocka_unit_test(reads_only_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
