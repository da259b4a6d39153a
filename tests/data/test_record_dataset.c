/* Datasets of the rows of files: what is read, what is refused, and where a bad row is. */
#include <accel/loader.h>
#include <accel/log.h>
#include <accel/record.h>

#include "base/memory.h"
#include "data/number_rows.h"
#include "files.h"
#include "python_files.h"

/* ---- what Python wrote ---- */

/* What a row of Python's is checked against. */
typedef struct python_rows {
    json_t *rows;
    const char *whole, *number, *array; /* names of the fields; NULL: there is no array */
} python_rows;

static void expect_array(const accel_record *record, const char *name, json_t *rows)
{
    accel_tensor *array = accel_record_tensor(record, name, ACCEL_INT64);
    expect_shape(array, ACCEL_SHAPE(2, 3));
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(((const int64_t *)accel_tensor_data(array))[i],
                         json_integer_value(json_array_get(json_array_get(rows, i / 3), i % 3)));
}

/* Finds the row by its whole number, which no other has. */
static accel_dict *check_row(void *user, const accel_record *record)
{
    const python_rows *e = user;
    json_t *row = NULL;
    size_t i, size;
    int64_t whole = accel_record_integer(record, e->whole);
    json_array_foreach(e->rows, i, row) if (json_integer_value(json_array_get(row, 1)) == whole) break;
    json_t *text = json_array_get(row, 0);
    const char *ours = accel_record_text(record, "text", &size);
    accel_dict *sample = accel_dict_create();
    if (!text || size != json_string_length(text) || memcmp(ours, json_string_value(text), size) != 0 ||
        accel_record_number(record, e->number) != json_number_value(json_array_get(row, 2)))
        accel_error_raise(ACCEL_EFORMAT, "check_row", "differs from row %zu", i);
    if (e->array)
        expect_array(record, e->array, json_array_get(row, 3));
    accel_dict_set(sample, "row", accel_scalar((double)i, ACCEL_INT64));
    return accel_error_is_set() ? NULL : sample;
}

/* All rows, in their order, in batches made by threads; and the same streamed. */
static void expect_rows(const char *file, const char *names, python_rows e, char delimiter)
{
    char path[4096];
    e.rows = python_json(names);
    snprintf(path, sizeof path, "%s", python_file(file));
    for (int streaming = 0; streaming < 2; streaming++)
        for (int workers = 0; workers < 4; workers += 3)
            accel_scoped() {
                accel_dataset *dataset = accel_record_dataset(path, .transform = check_row, .user = &e,
                                                              .streaming = streaming, .delimiter = delimiter);
                accel_loader *loader = accel_loader_create(dataset, .batch_size = 7, .num_workers = workers);
                int64_t next = 0;
                accel_for_each (batch, loader) {
                    accel_tensor *row = accel_get(batch, "row");
                    for (int64_t i = 0; i < accel_tensor_numel(row); i++)
                        assert_int_equal(((const int64_t *)accel_tensor_data(row))[i], next++);
                }
                expect_no_failure();
                assert_int_equal(next, json_array_size(e.rows));
            }
    json_decref(e.rows);
}

static void reads_what_python_writes(void **state)
{
    (void)state;
    expect_rows("messy.csv", "messy.json", (python_rows){.whole = "whole", .number = "a number"}, ',');
    expect_rows("semicolon.csv", "messy.json", (python_rows){.whole = "whole", .number = "a number"}, ';');
    expect_rows("plain.tsv", "plain.json", (python_rows){.whole = "whole", .number = "a number"}, ',');
    expect_rows("messy.jsonl", "messy.json",
                (python_rows){.whole = "in.whole", .number = "in.a.number", .array = "array"}, ',');
}

/* ---- fields ---- */

/* A function that looks at the only row of a file. */
typedef void row_check(const accel_record *record);

static accel_dict *run_check(void *user, const accel_record *record)
{
    (*(row_check *const *)user)(record);
    return accel_error_is_set() ? NULL : accel_dict_create();
}

static void look_at(const char *path, row_check *check)
{
    accel_scoped() {
        accel_dataset *dataset = accel_record_dataset(path, .transform = run_check, .user = &check);
        expect_no_failure();
        assert_int_equal(accel_dataset_length(dataset), 1);
        accel_loader *loader = accel_loader_create(dataset, .num_workers = 0);
        accel_for_each (batch, loader)
            ;
    }
}
#define LOOK_AT(name, text, check) look_at(FILE_OF(name, text), check)

/* The functions of fields fail with the bare reason; the dataset says where. */
#define REFUSES(call, status, text)                                                                            \
    do {                                                                                                       \
        (void)(call);                                                                                          \
        expect_failure(status, text);                                                                          \
    } while (0)

static void check_columns(const accel_record *r)
{
    assert_string_equal(accel_record_text(r, "name", NULL), "a,\"b\"");
    assert_int_equal(accel_record_integer(r, "n"), 3);
    assert_true(accel_record_number(r, "x") == -2.5);
    assert_int_equal(accel_record_integer(r, "big"), INT64_MIN);
    assert_true(accel_record_has(r, "n") && !accel_record_has(r, "empty") && !accel_record_has(r, "none"));
    assert_int_equal(accel_record_line(r), 2);
    assert_string_equal(accel_record_path(r), path_of("t.csv"));
    accel_tensor *n = accel_record_tensor(r, "n", ACCEL_UINT8);
    assert_int_equal(accel_tensor_rank(n), 0);
    assert_int_equal(accel_item_integer(n), 3);
    REFUSES(accel_record_text(r, "none", NULL), ACCEL_ENOTFOUND,
            "accel_record_text: there is no column \"none\", the columns are \"name\", \"n\", \"x\", \"big\", "
            "\"empty\"");
    REFUSES(accel_record_number(r, "name"), ACCEL_EFORMAT,
            "accel_record_number: \"name\" must be a number, got \"a,\"b\"\"");
    REFUSES(accel_record_integer(r, "x"), ACCEL_EFORMAT,
            "accel_record_integer: \"x\" must be a whole number, got \" -2.5 \"");
    REFUSES(accel_record_tensor(r, "empty", ACCEL_FLOAT32), ACCEL_EFORMAT,
            "accel_record_tensor: \"empty\" must be a number, got \"\"");
    REFUSES(accel_record_tensor(r, "x", ACCEL_INT64), ACCEL_EFORMAT,
            "accel_record_tensor: \"x\" must hold whole numbers for the dtype int64");
    REFUSES(accel_record_tensor(r, "big", ACCEL_INT32), ACCEL_EFORMAT,
            "accel_record_tensor: \"big\" holds -9223372036854775808, which does not fit the dtype int32");
    REFUSES(accel_record_tensor(r, "n", (accel_dtype)99), ACCEL_EINVAL, "accel_record_tensor: 99 is no dtype");
    REFUSES(accel_record_number(r, NULL), ACCEL_EINVAL, "accel_record_number: name is NULL");
    REFUSES(accel_record_number(NULL, "n"), ACCEL_EINVAL, "accel_record_number: record is NULL");
}

static void reads_columns(void **state)
{
    (void)state;
    LOOK_AT("t.csv", "name,n,x,big,empty\n\"a,\"\"b\"\"\",3.0, -2.5 ,-9223372036854775808,\n", check_columns);
    expect_no_failure();
}

static void check_keys(const accel_record *r)
{
    size_t size;
    assert_string_equal(accel_record_text(r, "a.b.c", NULL), "deep");
    assert_string_equal(accel_record_text(r, "x.y", NULL), "dotted");
    assert_string_equal(accel_record_text(r, "p.q.r", NULL), "half dotted");
    assert_string_equal(accel_record_text(r, "list.1.name", NULL), "second");
    assert_memory_equal(accel_record_text(r, "zero", &size), "a\0b", 4);
    assert_int_equal(size, 3);
    assert_true(accel_record_number(r, "list.0.n") == 1.5);
    assert_int_equal(accel_record_integer(r, "max"), INT64_MAX);
    assert_int_equal(accel_record_integer(r, "yes"), 1);
    assert_true(accel_record_has(r, "list.0") && !accel_record_has(r, "list.2") &&
                !accel_record_has(r, "null") && !accel_record_has(r, "empty") &&
                !accel_record_has(r, "a.b.c.d") && accel_record_has(r, "zero"));
    assert_false(accel_record_has(r, "list.") || accel_record_has(r, "list.00000000000000000001") ||
                 accel_record_has(r, "") || accel_record_has(r, ".") || accel_record_has(r, "list.-1"));
    REFUSES(accel_record_text(r, "a.x", NULL), ACCEL_EFORMAT, "accel_record_text: \"a.x\" is missing");
    REFUSES(accel_record_text(r, "max", NULL), ACCEL_EFORMAT,
            "accel_record_text: \"max\" must be a string, got a number");
    REFUSES(accel_record_number(r, "a"), ACCEL_EFORMAT,
            "accel_record_number: \"a\" must be a number, got an object");
    REFUSES(accel_record_number(r, "null"), ACCEL_EFORMAT,
            "accel_record_number: \"null\" must be a number, got null");
    REFUSES(accel_record_integer(r, "list.0.n"), ACCEL_EFORMAT,
            "accel_record_integer: \"list.0.n\" must be a whole number, got a number");
}

static void reads_keys(void **state)
{
    (void)state;
    LOOK_AT("t.jsonl",
            "{\"a\": {\"b\": {\"c\": \"deep\"}}, \"x.y\": \"dotted\", \"x\": {\"y\": 0}, \"p.q\": {\"r\": "
            "\"half dotted\"}, "
            "\"list\": [{\"n\": 1.5}, {\"name\": \"second\"}], \"max\": 9223372036854775807, \"yes\": true, "
            "\"null\": null, "
            "\"empty\": \"\", \"zero\": \"a\\u0000b\"}",
            check_keys);
    expect_no_failure();
}

static void check_arrays(const accel_record *r)
{
    EXPECT_VALUES(accel_record_tensor(r, "0", ACCEL_FLOAT32), 0, 1, 2.5, 0);
    accel_tensor *matrix = accel_record_tensor(r, "1", ACCEL_INT8);
    expect_shape(matrix, ACCEL_SHAPE(2, 2));
    EXPECT_VALUES(matrix, 0, 1, -128, 127, 4);
    expect_shape(accel_record_tensor(r, "2", ACCEL_FLOAT32), ACCEL_SHAPE(0));
    expect_shape(accel_record_tensor(r, "3", ACCEL_FLOAT32), ACCEL_SHAPE(2, 0));
    EXPECT_VALUES(accel_record_tensor(r, "7", ACCEL_BOOLEAN), 0, 1, 0, 1);
    REFUSES(accel_record_tensor(r, "4", ACCEL_FLOAT32), ACCEL_EFORMAT,
            "accel_record_tensor: \"4\" holds rows of different lengths");
    REFUSES(accel_record_tensor(r, "5", ACCEL_FLOAT32), ACCEL_EFORMAT,
            "accel_record_tensor: \"5\" holds rows of different lengths");
    REFUSES(accel_record_tensor(r, "6", ACCEL_FLOAT32), ACCEL_EFORMAT,
            "accel_record_tensor: \"6\" holds something that is no number");
    REFUSES(accel_record_tensor(r, "8", ACCEL_FLOAT32), ACCEL_EFORMAT,
            "accel_record_tensor: \"8\" holds rows of different lengths");
    REFUSES(accel_record_tensor(r, "9", ACCEL_FLOAT32), ACCEL_EFORMAT,
            "accel_record_tensor: \"9\" has arrays more than 16 deep");
    REFUSES(accel_record_tensor(r, "1", ACCEL_UINT8), ACCEL_EFORMAT,
            "accel_record_tensor: \"1\" holds -128, which does not fit the dtype uint8");
}

static void reads_arrays(void **state)
{
    (void)state;
    LOOK_AT("t.jsonl",
            "[[1,2.5,false], [[1,-128],[127,4]], [], [[],[]], [[],[1]], [[1,2],[3]], [1,\"2\"], [true,0,1], "
            "[[1],2], "
            "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]",
            check_arrays);
    expect_no_failure();
}

static void makes_tensors_of_fields(void **state)
{
    (void)state;
    const char *path = FILE_OF("t.csv", "1,2.5,x\n3,4,y\n");
    accel_scoped() {
        char name[] = "b";
        accel_record_field fields[] = {{"a", ACCEL_INT64}, {name, ACCEL_FLOAT64}};
        accel_dataset *dataset =
            accel_record_dataset(path, .column_names = "a,b,\"c,d\"", .fields = fields, .fields_count = 2);
        name[0] = 'z'; /* is a copy */
        accel_loader *loader = accel_loader_create(dataset, .batch_size = 2);
        accel_for_each (batch, loader) {
            EXPECT_VALUES(accel_get(batch, "a"), 0, 1, 3);
            EXPECT_VALUES(accel_get(batch, "b"), 0, 2.5, 4);
            assert_int_equal(accel_tensor_dtype(accel_get(batch, "a")), ACCEL_INT64);
            assert_int_equal(accel_dict_count(batch), 2);
        }
        expect_no_failure();
    }
}

/* ---- bad rows ---- */

static void a_bad_row_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *failure;
    } cases[] = {
        {"t.csv", "n\n1\nx\n", ":3: \"n\" must be a number, got \"x\""},
        {"t.csv", "n\n1\n2,3\n", ":3: has 2 fields, there are 1 columns"},
        {"t.csv", "n,m\n\"1\n\",2\n1\n", ":2: \"n\" must be a number, got \"1 \""},
        {"t.csv", "n\n1\n\"2\n3\n", ":3: has a quote that is never closed"},
        {"t.jsonl", "{\"n\": 1}\n{\"m\": 1}\n", ":2: \"n\" is missing"},
        {"t.jsonl", "{\"n\": 1}\n\n{\"n\": 1\n",
         ":3: is no JSON object or array: column 7: '}' expected near end of file"},
        {"t.jsonl", "{\"n\": 1}\n7\n",
         ":2: is no JSON object or array: column 1: '[' or '{' expected near '7'"},
        {"t.jsonl", "{\"n\": 1} x\n",
         ":1: is no JSON object or array: column 10: end of file expected near 'x'"},
        {"t.jsonl", "{\"n\": 99999999999999999999}\n",
         ":1: is no JSON object or array: column 26: too big integer near '99999999999999999999'"},
        {"t.jsonl", "{\"n\": \"\xff\"}\n",
         ":1: is no JSON object or array: column 7: unable to decode byte 0xff near '\"'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int streaming = 0; streaming < 2; streaming++)
            accel_scoped() {
                char part[400];
                const char *path = file_of(cases[i].name, cases[i].text, strlen(cases[i].text));
                accel_dataset *dataset =
                    accel_record_dataset(path, .transform = number_of, .streaming = streaming);
                expect_no_failure();
                numbers_of(dataset, 1);
                snprintf(part, sizeof part, ": %s%s", path, cases[i].failure);
                expect_failure_with(ACCEL_EFORMAT, part);
            }
}

static char log_lines[4096];

static void keep_line(accel_log_level level, const char *line, void *user)
{
    (void)user;
    if (level == ACCEL_LOG_WARNING)
        snprintf(log_lines + strlen(log_lines), sizeof log_lines - strlen(log_lines), "%s\n", line);
}

static void bad_rows_are_left_out(void **state)
{
    (void)state;
    const char *path = FILE_OF("t.csv", "n\n1\nx\n2\n3,4\n3\n\"\n4\n");
    accel_log_set_callback(keep_line, NULL);
    for (int streaming = 0; streaming < 2; streaming++)
        accel_scoped() {
            char expected[512];
            log_lines[0] = '\0';
            accel_dataset *dataset = accel_record_dataset(path, .transform = number_of, .streaming = streaming,
                                                          .on_bad_lines = ACCEL_BAD_LINES_SKIP);
            expect_no_failure();
            if (!streaming)
                assert_int_equal(accel_dataset_length(dataset), 4);
            assert_string_equal(numbers_of(dataset, 3), "1+2+3 4 1+2+3 4 ");
            expect_no_failure();
            assert_int_equal(accel_record_dataset_skipped(dataset), streaming ? 6 : 3);
            snprintf(
                expected, sizeof expected,
                "left out: %s:3: \"n\" must be a number, got \"x\"\nleft out: %s:5: has 2 fields, there are 1 "
                "columns\nleft out: %s:7: has a quote that is never closed\n",
                path, path, path);
            assert_memory_equal(log_lines, expected, strlen(expected));
        }
    accel_log_set_callback(NULL, NULL);
}

static void many_bad_rows_are_counted(void **state)
{
    (void)state;
    char text[1024] = "n\n", expected[256];
    for (int i = 0; i < 25; i++)
        strcat(text, i % 5 ? "bad\n" : "7\n");
    const char *path = file_of("t.csv", text, strlen(text));
    log_lines[0] = '\0';
    accel_log_set_callback(keep_line, NULL);
    accel_dataset *dataset =
        accel_record_dataset(path, .transform = number_of, .on_bad_lines = ACCEL_BAD_LINES_SKIP);
    accel_log_set_callback(NULL, NULL);
    expect_no_failure();
    assert_int_equal(accel_dataset_length(dataset), 5);
    assert_int_equal(accel_record_dataset_skipped(dataset), 20);
    int lines = 0;
    for (const char *at = log_lines; *at; at++)
        lines += *at == '\n';
    assert_int_equal(lines, 11);
    snprintf(expected, sizeof expected, "%s: left out 20 bad rows so far\n", path);
    assert_non_null(strstr(log_lines, expected));
    accel_free(dataset);
}

static accel_dict *refuse_as_asked(void *user, const accel_record *record)
{
    accel_error_raise(*(const accel_status *)user, "my_transform", "does not suit");
    (void)record;
    return NULL;
}

static accel_dict *give_nothing(void *user, const accel_record *record)
{
    (void)user;
    (void)record;
    return NULL;
}

/* Only what is wrong with the row is left out, not what is wrong with the program. */
static void other_failures_end_it(void **state)
{
    (void)state;
    accel_status status = ACCEL_EINVAL;
    const char *path = FILE_OF("t.csv", "n\n1\n");
    EXPECT_REFUSED(accel_record_dataset(path, .transform = refuse_as_asked, .user = &status,
                                        .on_bad_lines = ACCEL_BAD_LINES_SKIP),
                   ACCEL_EINVAL, "t.csv:2: does not suit");
    EXPECT_REFUSED(accel_record_dataset(path, .transform = give_nothing, .on_bad_lines = ACCEL_BAD_LINES_SKIP),
                   ACCEL_EINVAL, "t.csv:2: transform gave no sample");
    status = ACCEL_EFORMAT;
    accel_dataset *dataset = accel_record_dataset(path, .transform = refuse_as_asked, .user = &status,
                                                  .on_bad_lines = ACCEL_BAD_LINES_SKIP);
    expect_no_failure();
    assert_int_equal(accel_dataset_length(dataset), 0);
    accel_free(dataset);
}

/* ---- files ---- */

static void a_pattern_is_many_files(void **state)
{
    (void)state;
    FILE_OF("part-2.csv", "n\n4\n5\n");
    FILE_OF("part-1.csv", "n\n1\n2\n3");
    FILE_OF("part-3.csv", "n\n");
    FILE_OF("part-4.csv", "\xef\xbb\xbfn\r\n6\r\n");
    FILE_OF("other.csv", "m\n7\n");
    for (int streaming = 0; streaming < 2; streaming++)
        accel_scoped() {
            accel_dataset *dataset =
                accel_record_dataset(path_of("part-*.csv"), .transform = number_of, .streaming = streaming);
            assert_string_equal(numbers_of(dataset, 4), "1+2+3+4 5+6 1+2+3+4 5+6 ");
            expect_no_failure();
            dataset = accel_record_dataset(path_of("*.csv"), .transform = number_of, .streaming = streaming);
            if (streaming)
                numbers_of(dataset, 4);
            expect_failure_with(ACCEL_EFORMAT, "part-1.csv: has other columns than ");
        }
    EXPECT_REFUSED(accel_record_dataset(path_of("none-*.csv"), .transform = number_of), ACCEL_ENOTFOUND,
                   "none-*.csv: there is no such file, and none that the pattern stands for");
    const char *path = FILE_OF("[1]*.csv", "n\n1\n");
    accel_dataset *dataset = accel_record_dataset(path, .transform = number_of);
    assert_int_equal(accel_dataset_length(dataset), 1);
    accel_free(dataset);
}

static void streams_without_a_length_or_with_one(void **state)
{
    (void)state;
    const char *path = FILE_OF("t.csv", "n\n1\n2\n");
    accel_scoped() {
        accel_dataset *dataset = accel_record_dataset(path, .transform = number_of, .streaming = true);
        assert_int_equal(accel_dataset_length(dataset), -1);
        dataset = accel_record_dataset(path, .transform = number_of, .streaming = true, .length = 2);
        assert_int_equal(accel_dataset_length(dataset), 2);
        assert_string_equal(numbers_of(dataset, 1), "1 2 1 2 ");
        dataset = accel_record_dataset(path, .transform = number_of, .streaming = true, .length = 3);
        assert_string_equal(numbers_of(dataset, 2), "1+2 ");
        expect_file_failure(ACCEL_EFORMAT, "accel_loader_next", "t.csv", ": gave 2 samples, length is 3");
        dataset = accel_record_dataset(path, .transform = number_of, .streaming = true, .length = 1);
        assert_string_equal(numbers_of(dataset, 1), "1 ");
        expect_file_failure(ACCEL_EFORMAT, "accel_loader_next", "t.csv",
                            ": gave more than 1 samples, length is 1");
    }
}

static void refuses_what_cannot_be_meant(void **state)
{
    (void)state;
    const char *path = FILE_OF("t.csv", "n\n1\n");
    accel_record_field nameless = {0};
#define REFUSED(file, status, part, ...) EXPECT_REFUSED(accel_record_dataset(file, __VA_ARGS__), status, part)
    REFUSED(NULL, ACCEL_EINVAL, "accel_record_dataset: path is NULL", .transform = number_of);
    REFUSED(path, ACCEL_EINVAL, "neither transform nor fields is given: which is to make a sample?",
            .format = ACCEL_FILE_CSV);
    REFUSED(path, ACCEL_EINVAL, "transform is given, and fields, too", .transform = number_of,
            .fields = &nameless, .fields_count = 1);
    REFUSED(path, ACCEL_EINVAL, "fields_count is 0", .fields = &nameless);
    REFUSED(path, ACCEL_EINVAL, "fields[0] has no name or no dtype", .fields = &nameless, .fields_count = 1);
    REFUSED(path, ACCEL_EINVAL, "delimiter must be one of , ; | : tab and space, got 'x'",
            .transform = number_of, .delimiter = 'x');
    REFUSED(path, ACCEL_EINVAL, "length is for streaming, and -1 or more, got 5", .transform = number_of,
            .length = 5);
    REFUSED(path, ACCEL_EINVAL, "format must be one of the four, got 9", .transform = number_of,
            .format = (accel_file_format)9);
    REFUSED(path, ACCEL_EINVAL, "on_bad_lines must be one of the two, got 9", .transform = number_of,
            .on_bad_lines = (accel_bad_lines)9);
    REFUSED(path, ACCEL_EFORMAT, "column_names: two columns are called \"a\"", .transform = number_of,
            .column_names = "a,b,a");
    REFUSED(FILE_OF("t.jsonl", "{}"), ACCEL_EINVAL, "column_names is given, but JSON Lines have keys",
            .transform = number_of, .column_names = "a");
    REFUSED(FILE_OF("t.csv", ""), ACCEL_EFORMAT, "t.csv: has no rows", .transform = number_of);
    REFUSED(FILE_OF("t.csv", "a,a\n"), ACCEL_EFORMAT, "t.csv: two columns are called \"a\"",
            .transform = number_of);
    REFUSED(FILE_OF("t.csv", "\"a\n"), ACCEL_EFORMAT, "t.csv: has a quote that is never closed",
            .transform = number_of);
    REFUSED(FILE_OF("t.txt", "a\n"), ACCEL_EINVAL,
            "t.txt: its name does not end in .csv, .tsv or .jsonl, and format is not given",
            .transform = number_of);
    REFUSED(path_of("none.csv"), ACCEL_ENOTFOUND, "none.csv: cannot be opened: No such file or directory",
            .transform = number_of);
    REFUSED("/dev/null", ACCEL_EINVAL, "/dev/null: is not a regular file; .streaming reads others",
            .transform = number_of, .format = ACCEL_FILE_JSON_LINES);
    assert_int_equal(mkfifo(path_of("pipe.csv"), 0600), 0);
    REFUSED(path_of("pipe.csv"), ACCEL_EINVAL, "pipe.csv: is not a regular file; .streaming reads others",
            .transform = number_of);
    REFUSED(path_of("pipe.csv"), ACCEL_EINVAL,
            "pipe.csv: is not a regular file; where column_names is given, .streaming reads others",
            .transform = number_of, .streaming = true);
    assert_int_equal(accel_record_dataset_skipped(NULL), -1);
    expect_failure_with(ACCEL_EINVAL, "dataset is NULL");
    accel_dict *x = accel_dict_create();
    accel_dict_set(x, "x", accel_arange(2));
    accel_dataset *other = accel_tensor_dataset(x);
    assert_int_equal(accel_record_dataset_skipped(other), -1);
    expect_failure(ACCEL_EINVAL,
                   "accel_record_dataset_skipped: the dataset was not made by accel_record_dataset");
    accel_free(accel_dict_get(x, "x"));
    accel_free(x);
    accel_free(other);
}

static void count_release(void *user) { ++*(int *)user; }

static void survives_failed_allocations(void **state)
{
    (void)state;
    for (int streaming = 0; streaming < 2; streaming++) {
        const char *path = FILE_OF("t.csv", "n\n1\n\"2\"\n");
        int releases = 0;
        accel_dataset *dataset = NULL;
        for (size_t nth = 1; !dataset; nth++) {
            assert_in_range(nth, 1, 60);
            memory_fail_at(nth);
            accel_scoped()
                dataset = accel_keep(accel_record_dataset(path, .transform = number_of, .streaming = streaming,
                                                          .user = &releases, .release = count_release));
            memory_fail_at(0);
            assert_int_equal(accel_error_status(), dataset ? ACCEL_OK : ACCEL_ENOMEM);
            if (nth > 1) /* the first is the scope's */
                assert_string_equal(accel_error_last()->call, dataset ? "" : "accel_record_dataset");
            assert_int_equal(releases, 0);
            accel_error_clear();
        }
        accel_free(dataset);
        assert_int_equal(releases, 1);
    }
}

static void options_are_those_of_the_macro(void **state)
{
    (void)state;
    const accel_record_dataset_options by_macro = {ACCEL_RECORD_DATASET_DEFAULTS()};
    const accel_record_dataset_options by_function = accel_record_dataset_options_default();
    EXPECT_SAME_MEMBER(by_macro, by_function, struct_size);
    EXPECT_SAME_MEMBER(by_macro, by_function, format);
    EXPECT_SAME_MEMBER(by_macro, by_function, delimiter);
    EXPECT_SAME_MEMBER(by_macro, by_function, column_names);
    EXPECT_SAME_MEMBER(by_macro, by_function, transform);
    EXPECT_SAME_MEMBER(by_macro, by_function, fields);
    EXPECT_SAME_MEMBER(by_macro, by_function, collate);
    EXPECT_SAME_MEMBER(by_macro, by_function, on_bad_lines);
    EXPECT_SAME_MEMBER(by_macro, by_function, streaming);
    EXPECT_SAME_MEMBER(by_macro, by_function, length);
    EXPECT_SAME_MEMBER(by_macro, by_function, release);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_what_python_writes),
        TEST(reads_columns),
        TEST(reads_keys),
        TEST(reads_arrays),
        TEST(makes_tensors_of_fields),
        TEST(a_bad_row_is_named),
        TEST(bad_rows_are_left_out),
        TEST(many_bad_rows_are_counted),
        TEST(other_failures_end_it),
        TEST(a_pattern_is_many_files),
        TEST(streams_without_a_length_or_with_one),
        TEST(refuses_what_cannot_be_meant),
        TEST(survives_failed_allocations),
        TEST(options_are_those_of_the_macro),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
