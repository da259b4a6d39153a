#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/quote.h"

static void escapes_only_what_it_must(void **state)
{
    (void)state;
    buffer out = {0};
    quote_append(&out, "\"\\/\b\f\n\r\t\x01\x0b\x1f\x7f\xc3\xa9\xf0\x9f\x98\x80'<");
    assert_string_equal(out.data,
                        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u000b\\u001f\x7f\xc3\xa9\xf0\x9f\x98\x80'<\"");
    out.size = 0;
    quote_append(&out, "");
    assert_string_equal(out.data, "\"\"");
    buffer_dispose(&out);
}

static void tells_utf8_from_other_bytes(void **state)
{
    (void)state;
    const char *const good[] = {"",
                                "a",
                                "\x7f",
                                "\xc2\x80",
                                "\xdf\xbf",
                                "\xe0\xa0\x80",
                                "\xed\x9f\xbf",
                                "\xee\x80\x80",
                                "\xef\xbf\xbf",
                                "\xf0\x90\x80\x80",
                                "\xf4\x8f\xbf\xbf",
                                "a\xc3\xa9z"};
    const char *const bad[] = {"\x80",
                               "\xbf",
                               "\xc0\x80",
                               "\xc1\xbf",
                               "\xc2",
                               "\xc2z",
                               "\xe0\x80\x80",
                               "\xe0\x9f\xbf",
                               "\xed\xa0\x80",
                               "\xed\xbf\xbf",
                               "\xe1\x80",
                               "\xe1\x80z",
                               "\xf0\x8f\xbf\xbf",
                               "\xf0\x90\x80",
                               "\xf4\x90\x80\x80",
                               "\xf5\x80\x80\x80",
                               "\xff",
                               "\xfe",
                               "a\xc3"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(quote_is_utf8(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(quote_is_utf8(bad[i]));
}

/* A text that ends where its memory ends. */
static void expect_ascii(const char *text, const char *spelled)
{
    buffer out = {0};
    const size_t size = strlen(text) + 1;
    char *exact = malloc(size);
    assert_non_null(exact);
    memcpy(exact, text, size);
    quote_append_ascii(&out, exact);
    assert_string_equal(out.data, spelled);
    free(exact);
    buffer_dispose(&out);
}

/* What Python's json.dumps(text.decode("utf-8", "replace")) gives. */
static void spells_what_is_not_utf8_as_python_does(void **state)
{
    (void)state;
    expect_ascii("a\"\n\x7f\xc3\xa9\xf0\x9f\x98\x80", "\"a\\\"\\n\\u007f\\u00e9\\ud83d\\ude00\"");
    expect_ascii("\xf0", "\"\\ufffd\"");
    expect_ascii("\xf0\x9f\x98", "\"\\ufffd\"");
    expect_ascii("caf\xe9", "\"caf\\ufffd\"");
    expect_ascii("\xe9t\xe9", "\"\\ufffdt\\ufffd\"");
    expect_ascii("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
    expect_ascii("\xc0\x80\xff", "\"\\ufffd\\ufffd\\ufffd\"");
    expect_ascii("\xf4\x90\x80z", "\"\\ufffd\\ufffd\\ufffdz\"");
    expect_ascii("\xe1\x80\xc3\xa9", "\"\\ufffd\\u00e9\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_only_what_it_must),
        cmocka_unit_test(tells_utf8_from_other_bytes),
        cmocka_unit_test(spells_what_is_not_utf8_as_python_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
