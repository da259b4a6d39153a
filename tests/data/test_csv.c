/* Rows of fields, quoted and not. */
#include "data/csv.h"

#include "tensors.h"

enum { FIELDS_MAX = 8 };

/* Splits a copy of the row. What is wrong with it, or NULL and the fields joined by | in `out`. */
static const char *split(const char *row, size_t size, bool quoted, char *out, size_t *count)
{
    csv_field fields[FIELDS_MAX];
    const char *wrong = NULL;
    char *bytes = malloc(size + 1); /* not a byte more, for the sanitizer */
    memcpy(bytes, row, size);
    if (quoted)
        wrong = csv_split(bytes, size, ',', fields, FIELDS_MAX, count);
    else
        csv_split_plain(bytes, size, ',', fields, FIELDS_MAX, count);
    out[0] = '\0';
    for (size_t i = 0; !wrong && i < *count && i < FIELDS_MAX; i++) {
        assert_int_equal(strlen(fields[i].text), fields[i].size);
        sprintf(out + strlen(out), "%s%s", i ? "|" : "", fields[i].text);
    }
    free(bytes);
    return wrong;
}

static void splits_as_python_does(void **state)
{
    (void)state;
    /* What csv.reader(strict=True) makes of them. */
    static const struct {
        const char *row, *fields;
    } cases[] = {
        {"a,b", "a|b"},
        {"", ""},
        {",", "|"},
        {"a,,b,", "a||b|"},
        {"\"a,b\",c", "a,b|c"},
        {"\"\"", ""},
        {"\"\",x", "|x"},
        {"\"a\"\"b\"", "a\"b"},
        {"\"\"\"\"", "\""},
        {"a\"b,c", "a\"b|c"},
        {"a\"\"b", "a\"\"b"},
        {" \"a\"", " \"a\""},
        {"\"a\nb\",c", "a\nb|c"},
        {"x,\"\"\"y\"\"\"", "x|\"y\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[64];
        size_t count;
        assert_null(split(cases[i].row, strlen(cases[i].row), true, out, &count));
        assert_string_equal(out, cases[i].fields);
    }
}

static void refuses_what_is_not_quoted_well(void **state)
{
    (void)state;
    char out[64];
    size_t count;
    assert_string_equal(split("\"a", 2, true, out, &count), "has a quote that is never closed");
    assert_string_equal(split("x,\"", 3, true, out, &count), "has a quote that is never closed");
    assert_string_equal(split("\"a\"\"", 4, true, out, &count), "has a quote that is never closed");
    assert_string_equal(split("\"a\"b,c", 6, true, out, &count),
                        "has something behind the quote that closes a field");
    assert_string_equal(split("\"a\" ,c", 6, true, out, &count),
                        "has something behind the quote that closes a field");
}

static void quotes_are_letters_where_there_is_no_quoting(void **state)
{
    (void)state;
    char out[64];
    size_t count;
    split("\"a,b\",", 6, false, out, &count);
    assert_string_equal(out, "\"a|b\"|");
    assert_int_equal(count, 3);
}

static void counts_fields_that_have_no_place(void **state)
{
    (void)state;
    char out[64];
    size_t count;
    assert_null(split("1,2,3,4,5,6,7,8,9,10", 20, true, out, &count));
    assert_int_equal(count, 10);
    assert_string_equal(out, "1|2|3|4|5|6|7|8");
    split("1,2,3,4,5,6,7,8,9", 17, false, out, &count);
    assert_int_equal(count, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(splits_as_python_does),
        TEST(refuses_what_is_not_quoted_well),
        TEST(quotes_are_letters_where_there_is_no_quoting),
        TEST(counts_fields_that_have_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
