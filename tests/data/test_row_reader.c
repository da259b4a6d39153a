/* Rows of text files of any form and size. */
#include "data/row_reader.h"

#include <pthread.h>
#include <fcntl.h>

#include "files.h"

/* The rows of a file, each as offset:line:bytes, joined by |. */
static const char *rows_of(const char *path, char quote_after)
{
    static char out[4096];
    text_row row;
    row_reader *reader = row_reader_open(path, quote_after);
    out[0] = '\0';
    while (reader && row_reader_next(reader, &row))
        sprintf(out + strlen(out), "%s%lld:%lld:%.*s", out[0] ? "|" : "", (long long)row.offset,
                (long long)row.line, (int)row.size, row.bytes);
    row_reader_close(reader);
    expect_no_failure();
    return out;
}

static void finds_lines_however_they_end(void **state)
{
    (void)state;
    assert_string_equal(rows_of(FILE_OF("t", "a\nb\n"), 0), "0:1:a|2:2:b");
    assert_string_equal(rows_of(FILE_OF("t", "a\r\nb"), 0), "0:1:a|3:2:b");
    assert_string_equal(rows_of(FILE_OF("t", "\n\na\n\r\n\nb\n\n"), 0), "2:3:a|7:6:b");
    assert_string_equal(rows_of(FILE_OF("t", "\xef\xbb\xbf"
                                             "a\nb"),
                                0),
                        "3:1:a|5:2:b");
    assert_string_equal(rows_of(FILE_OF("t", "\xef\xbb\xbf"), 0), "");
    assert_string_equal(rows_of(FILE_OF("t", "\xef\xbb"), 0), "0:1:\xef\xbb");
    assert_string_equal(rows_of(FILE_OF("t", ""), 0), "");
    assert_string_equal(rows_of(FILE_OF("t", "\"a\nb\"\n"), 0), "0:1:\"a|3:2:b\"");
}

static void rows_may_hold_line_ends_between_quotes(void **state)
{
    (void)state;
    assert_string_equal(rows_of(FILE_OF("t", "x,\"a\n\nb\"\ny,z\n"), ','), "0:1:x,\"a\n\nb\"|9:4:y,z");
    assert_string_equal(rows_of(FILE_OF("t", "\"a\"\"\n\"\"\"\nb"), ','), "0:1:\"a\"\"\n\"\"\"|9:3:b");
    assert_string_equal(rows_of(FILE_OF("t", "5\" disk\n6\" disk\n"), ','), "0:1:5\" disk|8:2:6\" disk");
    assert_string_equal(rows_of(FILE_OF("t", "a\"\"b\nc\n"), ','), "0:1:a\"\"b|5:2:c");
    assert_string_equal(rows_of(FILE_OF("t", "\"a\n\"\r\nb\r\n"), ','), "0:1:\"a\n\"|6:3:b");
}

static void a_quote_that_is_never_closed_costs_one_line(void **state)
{
    (void)state;
    assert_string_equal(rows_of(FILE_OF("t", "a,b\nc,\"d\ne,f\n"), ','), "0:1:a,b|4:2:c,\"d|9:3:e,f");
    assert_string_equal(rows_of(FILE_OF("t", "a,\"b"), ','), "0:1:a,\"b");
}

/* Rows over the borders of what is read at once, 256 KiB, and one that is longer than that. */
static void reads_on_in_the_middle_of_rows(void **state)
{
    (void)state;
    enum { ROWS = 3000, LONG = 1 << 20 };
    char *text = malloc(ROWS * 600 + 2 * LONG), *at = text;
    size_t lengths[ROWS];
    int64_t line = 1;
    for (int i = 0; i < ROWS; i++) {
        int inner = i == 1000 ? LONG : (i * 37) % 500;
        lengths[i] = (size_t)sprintf(at, "%d,\"", i);
        memset(at + lengths[i], i % 3 ? 'x' : '\n', (size_t)inner);
        lengths[i] += (size_t)inner;
        at[lengths[i]++] = '"';
        at += lengths[i];
        *at++ = '\n';
    }
    row_reader *reader = row_reader_open(file_of("t", text, (size_t)(at - text)), ',');
    text_row row;
    const char *expected = text;
    for (int i = 0; i < ROWS; i++) {
        assert_true(row_reader_next(reader, &row));
        assert_int_equal(row.size, lengths[i]);
        assert_int_equal(row.offset, expected - text);
        assert_int_equal(row.line, line);
        assert_memory_equal(row.bytes, expected, row.size);
        for (size_t c = 0; c <= row.size; c++)
            line += expected[c] == '\n';
        expected += row.size + 1;
    }
    assert_false(row_reader_next(reader, &row));
    row_reader_close(reader);
    free(text);
}

static void refuses_a_line_without_end(void **state)
{
    (void)state;
    const char *path = FILE_OF("t", "a\n");
    assert_int_equal(truncate(path, (1 << 28) + (1 << 20)), 0); /* a hole of zero bytes */
    row_reader *reader = row_reader_open(path, 0);
    text_row row;
    assert_true(row_reader_next(reader, &row));
    assert_false(row_reader_next(reader, &row));
    expect_file_failure(ACCEL_EFORMAT, "", "t", ":2: is longer than 256 MiB");
    row_reader_close(reader);
}

/* One that comes into memory whole, end and all. */
static void refuses_a_long_line(void **state)
{
    (void)state;
    const char *path = FILE_OF("long", "");
    const off_t size = (1 << 28) + (1 << 20);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "\n", 1, size), 1); /* behind a hole of zero bytes */
    close(fd);
    for (char quote = 0; quote <= ','; quote += ',') {
        row_reader *reader = row_reader_open(path, quote);
        text_row row;
        assert_false(row_reader_next(reader, &row));
        expect_file_failure(ACCEL_EFORMAT, "", "long", ":1: is longer than 256 MiB");
        row_reader_close(reader);
    }
}

static void *write_rows(void *path)
{
    int fd = open(path, O_WRONLY);
    for (int i = 0; i < 4; i++) {
        if (write(fd, "ab\nc", 4) != 4)
            break;
    }
    close(fd);
    return NULL;
}

static void reads_a_pipe(void **state)
{
    (void)state;
    char path[128];
    pthread_t writer;
    snprintf(path, sizeof path, "%s/pipe", work_folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    pthread_create(&writer, NULL, write_rows, path);
    assert_string_equal(rows_of(path, 0), "0:1:ab|3:2:cab|7:3:cab|11:4:cab|15:5:c");
    pthread_join(writer, NULL);
}

static void names_what_cannot_be_read(void **state)
{
    (void)state;
    text_row row;
    assert_null(row_reader_open(path_of("t"), 0));
    expect_file_failure(ACCEL_ENOTFOUND, "", "t", ": cannot be opened: No such file or directory");
    row_reader *reader = row_reader_open(work_folder, 0);
    assert_false(row_reader_next(reader, &row));
    expect_failure_with(ACCEL_EIO, "cannot be read: Is a directory");
    row_reader_close(reader);
}

/* Rows of two chunks, of which the file loses the second. */
static void refuses_a_file_that_is_cut_while_it_is_read(void **state)
{
    (void)state;
    enum { SIZE = 1 << 21 };
    char text[128];
    static char rows[SIZE];
    for (size_t i = 0; i < SIZE; i++)
        rows[i] = i % 10 == 9 ? '\n' : 'x';
    const char *path = file_of("t", rows, SIZE);
    text_row row;
    row_reader *reader = row_reader_open(path, 0);
    assert_true(row_reader_next(reader, &row));
    assert_int_equal(truncate(path, SIZE / 2 + 3), 0);
    while (row_reader_next(reader, &row))
        assert_int_equal(row.size, 9);
    snprintf(text, sizeof text, ": the file had %d bytes when it was opened, and has %d", SIZE, SIZE / 2 + 3);
    expect_file_failure(ACCEL_EIO, "", "t", text);
    row_reader_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_lines_however_they_end),
        TEST(rows_may_hold_line_ends_between_quotes),
        TEST(a_quote_that_is_never_closed_costs_one_line),
        TEST(reads_on_in_the_middle_of_rows),
        TEST(refuses_a_line_without_end),
        TEST(refuses_a_long_line),
        TEST(reads_a_pipe),
        TEST(names_what_cannot_be_read),
        TEST(refuses_a_file_that_is_cut_while_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
