/* Files that are text, but not as rows are. */
#include "files.h"
#include "data/number_rows.h"

/* Each way: with the columns in the file or given, found at opening or streamed. */
static void text_of_other_kinds_is_refused(void **state)
{
    (void)state;
    static const char wide[] = "is text in UTF-16, not UTF-8: iconv -f UTF-16 -t UTF-8 makes one of it",
                      returns[] =
                          "has lines that end in CR alone, not in LF or CRLF: tr '\\r' '\\n' makes such",
                      zero[] = "holds a zero byte, which text in UTF-8 does not";
    static const struct {
        const char *name, *bytes;
        size_t size;
        const char *where, *why;
    } cases[] = {
#define CASE(name, text, where, why) {name, text, sizeof(text) - 1, where, why}
        CASE("t.csv", "\xff\xfen\0\n\0001\0\n\0", "", wide),
        CASE("t.jsonl", "\xfe\xff\0{\0}\0\n", "", wide),
        CASE("t.csv", "n\r1\r2\r", "", returns),
        CASE("t.jsonl", "{\"n\": 1}\r{\"n\": 2}", "", returns),
        CASE("t.tsv", "\xef\xbb\xbfn\rx", "", returns),
        CASE("t.csv", "n\0\n1\n", "", zero),
        CASE("t.csv", "n\n1\0002\n", ":2", zero),
        CASE("t.jsonl", "{\"n\": 1}\n{\0}\n", ":2", zero),
#undef CASE
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int streaming = 0; streaming < 2; streaming++)
            accel_scoped() {
                char part[256];
                const char *path = file_of(cases[i].name, cases[i].bytes, cases[i].size);
                accel_dataset *dataset =
                    accel_record_dataset(path, .transform = number_of, .streaming = streaming);
                if (dataset)
                    numbers_of(dataset, 1);
                snprintf(part, sizeof part, "%s%s: %s", path, cases[i].where, cases[i].why);
                expect_failure_with(ACCEL_EFORMAT, part);
            }
}

/* Where they are between quotes, or at the end of the only line, they are no line ends. */
static void other_returns_are_text(void **state)
{
    (void)state;
    accel_scoped() {
        const accel_record_field field = {"n\rm", ACCEL_INT64};
        accel_dataset *dataset =
            accel_record_dataset(FILE_OF("t.csv", "\"n\rm\"\r"), .fields = &field, .fields_count = 1);
        expect_no_failure();
        assert_int_equal(accel_dataset_length(dataset), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_of_other_kinds_is_refused),
        TEST(other_returns_are_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
