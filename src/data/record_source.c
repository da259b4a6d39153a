#include "data/record_source.h"

#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#include <accel/log.h>
#include <accel/options.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/object.h"
#include "data/encoding.h"
#include "data/record.h"

static const char call[] = "accel_record_dataset";

enum { TOLD_MAX = 10, COLUMNS_MAX = 1 << 16 };

/* ---- files ---- */

static accel_status list_files(record_source *s, char *const *paths, size_t count)
{
    s->paths = memory_alloc(count, sizeof *s->paths);
    for (size_t i = 0; s->paths && i < count; i++) {
        s->paths[i] = memory_copy_string(paths[i]);
        if (!s->paths[i])
            break;
        s->paths_count++;
    }
    return accel_error_status();
}

/* A path that is there is a file, whatever characters it has; another one may be a pattern. */
static accel_status find_files(record_source *s, const char *path)
{
    glob_t found = {0};
    char *const one = (char *)(uintptr_t)path;
    if (file_exists(path) || !strpbrk(path, "*?["))
        return list_files(s, &one, 1);
    int failure = glob(path, 0, NULL, &found);
    if (failure == 0)
        list_files(s, found.gl_pathv, found.gl_pathc);
    else
        accel_error_raise(failure == GLOB_NOSPACE ? ACCEL_ENOMEM : ACCEL_ENOTFOUND, call,
                          "%s: there is no such file, and none that the pattern stands for", path);
    globfree(&found);
    return accel_error_status();
}

static accel_status find_format(record_source *s)
{
    static const struct {
        const char *end;
        accel_file_format format;
    } names[] = {{".csv", ACCEL_FILE_CSV},
                 {".tsv", ACCEL_FILE_TSV},
                 {".jsonl", ACCEL_FILE_JSON_LINES},
                 {".ndjson", ACCEL_FILE_JSON_LINES},
                 {".json", ACCEL_FILE_JSON_LINES}};
    for (size_t i = 0; s->options.format == ACCEL_FILE_BY_NAME && i < sizeof names / sizeof *names; i++)
        if (file_has_ending(s->paths[0], names[i].end))
            s->options.format = names[i].format;
    if (s->options.format == ACCEL_FILE_BY_NAME)
        return accel_error_raise(ACCEL_EINVAL, call,
                                 "%s: its name does not end in .csv, .tsv or .jsonl, and format is not given",
                                 s->paths[0]);
    if (s->options.format == ACCEL_FILE_TSV)
        s->options.delimiter = '\t';
    return ACCEL_OK;
}

/* ---- columns ---- */

/* Splits a row; `*wrong` says what is wrong with it. Fields to be freed; NULL on failure. */
static csv_field *split(const record_source *s, char *bytes, size_t size, size_t max, size_t *count,
                        const char **wrong)
{
    csv_field *fields = memory_alloc(max, sizeof *fields);
    *wrong = NULL;
    if (fields && s->options.format == ACCEL_FILE_CSV)
        *wrong = csv_split(bytes, size, s->options.delimiter, fields, max, count);
    else if (fields)
        csv_split_plain(bytes, size, s->options.delimiter, fields, max, count);
    return fields;
}

static accel_status set_columns(record_source *s, const char *names, size_t size, const char *where)
{
    const char *wrong = encoding_has_zero(names, size) ? encoding_zero : NULL;
    s->names = memory_copy_bytes(names, size);
    if (wrong)
        return accel_error_raise(ACCEL_EFORMAT, call, "%s: %s", where, wrong);
    s->columns = s->names ? split(s, s->names, size, COLUMNS_MAX, &s->columns_count, &wrong) : NULL;
    if (s->columns && !wrong && s->columns_count > COLUMNS_MAX)
        wrong = "has more than 65536 columns";
    for (size_t i = 0; s->columns && !wrong && i < s->columns_count; i++)
        for (size_t j = 0; j < i && !wrong; j++)
            if (s->columns[i].size == s->columns[j].size &&
                memcmp(s->columns[i].text, s->columns[j].text, s->columns[i].size) == 0)
                return accel_error_raise(ACCEL_EFORMAT, call, "%s: two columns are called \"%.60s\"", where,
                                         s->columns[i].text);
    return wrong ? accel_error_raise(ACCEL_EFORMAT, call, "%s: %s", where, wrong) : accel_error_status();
}

/* The first file has the names that the others must have, too. */
static accel_status read_header(record_source *s, row_reader *reader, const char *path)
{
    text_row row;
    if (!row_reader_next(reader, &row))
        return accel_error_is_set() ? accel_error_status()
                                    : accel_error_raise(ACCEL_EFORMAT, call, "%s: has no rows", path);
    if (!s->columns)
        return set_columns(s, row.bytes, row.size, path);
    record_source other = {.options = s->options};
    set_columns(&other, row.bytes, row.size, path);
    bool same = other.columns_count == s->columns_count;
    for (size_t i = 0; same && !accel_error_is_set() && i < s->columns_count; i++)
        same = strcmp(other.columns[i].text, s->columns[i].text) == 0;
    if (!same)
        accel_error_raise(ACCEL_EFORMAT, call, "%s: has other columns than %s", path, s->paths[0]);
    memory_free(other.names);
    memory_free(other.columns);
    return accel_error_status();
}

static bool has_columns(const record_source *s) { return s->options.format != ACCEL_FILE_JSON_LINES; }

row_reader *record_source_read(record_source *s, size_t file)
{
    const char *path = s->paths[file];
    row_reader *reader =
        row_reader_open(path, s->options.format == ACCEL_FILE_CSV ? s->options.delimiter : '\0');
    if (reader && has_columns(s) && !s->options.column_names)
        read_header(s, reader, path);
    if (!accel_error_is_set())
        return reader;
    row_reader_close(reader);
    return NULL;
}

/* ---- opening ---- */

static accel_status check(const accel_record_dataset_options *o)
{
    if (o->format > ACCEL_FILE_JSON_LINES)
        return accel_error_raise(ACCEL_EINVAL, call, "format must be one of the four, got %d", (int)o->format);
    if (o->on_bad_lines > ACCEL_BAD_LINES_SKIP)
        return accel_error_raise(ACCEL_EINVAL, call, "on_bad_lines must be one of the two, got %d",
                                 (int)o->on_bad_lines);
    if (!strchr(",;|:\t ", o->delimiter) || o->delimiter == '\0')
        return accel_error_raise(ACCEL_EINVAL, call, "delimiter must be one of , ; | : tab and space, got '%c'",
                                 o->delimiter);
    if (!o->transform == !o->fields)
        return accel_error_raise(ACCEL_EINVAL, call, "%s: which is to make a sample?",
                                 o->transform ? "transform is given, and fields, too"
                                              : "neither transform nor fields is given");
    if (o->fields && o->fields_count == 0)
        return accel_error_raise(ACCEL_EINVAL, call, "fields_count is 0");
    if (o->length < -1 || (o->length >= 0 && !o->streaming))
        return accel_error_raise(ACCEL_EINVAL, call, "length is for streaming, and -1 or more, got %lld",
                                 (long long)o->length);
    return ACCEL_OK;
}

static accel_status copy_fields(record_source *s)
{
    const accel_record_dataset_options *o = &s->options;
    if (!o->fields)
        return ACCEL_OK;
    s->fields = memory_alloc(o->fields_count, sizeof *s->fields);
    for (size_t i = 0; s->fields && i < o->fields_count; i++) {
        if (!o->fields[i].name || accel_dtype_size(o->fields[i].dtype) == 0)
            return accel_error_raise(ACCEL_EINVAL, call, "fields[%zu] has no name or no dtype", i);
        s->fields[i].dtype = o->fields[i].dtype;
        s->fields[i].name = memory_copy_string(o->fields[i].name);
    }
    return accel_error_status();
}

/* Names that the program gives are between commas whatever is between the fields of the file. */
static accel_status read_names(record_source *s)
{
    record_source given = {.options = {.format = ACCEL_FILE_CSV, .delimiter = ','}};
    const char *names = s->options.column_names;
    if (!has_columns(s))
        return accel_error_raise(ACCEL_EINVAL, call, "column_names is given, but JSON Lines have keys");
    set_columns(&given, names, strlen(names), "column_names");
    s->names = given.names;
    s->columns = given.columns;
    s->columns_count = given.columns_count;
    return accel_error_status();
}

/* A pipe gives its rows once: they can be streamed, unless the first one is to tell the columns before. */
static accel_status check_kinds(const record_source *s)
{
    struct stat info;
    bool names_columns = has_columns(s) && !s->options.column_names;
    if (s->options.streaming && !names_columns)
        return ACCEL_OK;
    for (size_t i = 0; i < s->paths_count; i++)
        if (stat(s->paths[i], &info) == 0 && !S_ISREG(info.st_mode))
            return accel_error_raise(ACCEL_EINVAL, NULL, "%s: is not a regular file; %s", s->paths[i],
                                     s->options.streaming
                                         ? "where column_names is given, .streaming reads others"
                                         : ".streaming reads others");
    return ACCEL_OK;
}

accel_status record_source_open(record_source *s, const char *path, const accel_record_dataset_options *options)
{
    *s = (record_source){.options = *options};
    if (!path)
        return accel_error_raise(ACCEL_EINVAL, call, "path is NULL");
    if (check(&s->options) != ACCEL_OK || find_files(s, path) != ACCEL_OK || find_format(s) != ACCEL_OK ||
        copy_fields(s) != ACCEL_OK || check_kinds(s) != ACCEL_OK)
        return accel_error_status();
    if (s->options.column_names)
        return read_names(s);
    if (has_columns(s))
        row_reader_close(record_source_read(s, 0));
    return accel_error_status();
}

void record_source_dispose(record_source *s)
{
    for (size_t i = 0; s->fields && i < s->options.fields_count; i++)
        memory_free((void *)(uintptr_t)s->fields[i].name);
    for (size_t i = 0; i < s->paths_count; i++)
        memory_free(s->paths[i]);
    memory_free(s->fields);
    memory_free(s->paths);
    memory_free(s->names);
    memory_free(s->columns);
}

/* ---- samples ---- */

static accel_dict *sample_of_fields(const record_source *s, const accel_record *record)
{
    accel_dict *sample = accel_dict_create();
    for (size_t i = 0; sample && i < s->options.fields_count; i++)
        accel_dict_set(sample, s->fields[i].name,
                       accel_record_tensor(record, s->fields[i].name, s->fields[i].dtype));
    return accel_error_is_set() ? NULL : sample;
}

static accel_dict *make(const record_source *s, const accel_record *record)
{
    accel_dict *sample =
        s->fields ? sample_of_fields(s, record) : s->options.transform(s->options.user, record);
    if (!sample && !accel_error_is_set())
        accel_error_raise(ACCEL_EINVAL, "accel_loader_next", "transform gave no sample");
    return accel_error_is_set() ? NULL : sample;
}

static accel_dict *sample_of_columns(const record_source *s, accel_record *record, const char *bytes,
                                     size_t size)
{
    const char *wrong;
    char *row = memory_copy_bytes(bytes, size);
    csv_field *fields = row ? split(s, row, size, s->columns_count, &record->count, &wrong) : NULL;
    accel_dict *sample = NULL;
    if (fields && wrong) {
        accel_error_raise(ACCEL_EFORMAT, call, "%s", wrong);
    } else if (fields && record->count != s->columns_count) {
        accel_error_raise(ACCEL_EFORMAT, call, "has %zu fields, there are %zu columns", record->count,
                          s->columns_count);
    } else if (fields) {
        record->fields = fields;
        record->columns = s->columns;
        sample = make(s, record);
    }
    memory_free(fields);
    memory_free(row);
    return sample;
}

static accel_dict *sample_of_json(const record_source *s, accel_record *record, const char *bytes, size_t size)
{
    json_error_t error;
    json_t *json = json_loadb(bytes, size, JSON_ALLOW_NUL, &error);
    accel_dict *sample = NULL;
    if (json) {
        record->json = json;
        sample = make(s, record);
    } else if (json_error_code(&error) == json_error_out_of_memory) {
        accel_error_raise(ACCEL_ENOMEM, call, "no memory for a row of %zu bytes", size);
    } else {
        accel_error_raise(ACCEL_EFORMAT, call, "is no JSON object or array: column %d: %s", error.column,
                          error.text);
    }
    json_decref(json);
    return sample;
}

/* Puts where the row is before what is wrong with it. */
static void name_row(const accel_record *record)
{
    accel_error error;
    error_take(&error);
    accel_error_raise(error.status, error.call, "%s:%lld: %s", record->path, (long long)record->line,
                      error.message);
}

accel_dict *record_source_sample(record_source *s, size_t file, int64_t line, const char *bytes, size_t size)
{
    accel_record record = {.path = s->paths[file], .line = line};
    accel_dict *sample = NULL;
    if (encoding_has_zero(bytes, size))
        accel_error_raise(ACCEL_EFORMAT, call, "%s", encoding_zero);
    else
        sample = has_columns(s) ? sample_of_columns(s, &record, bytes, size)
                                : sample_of_json(s, &record, bytes, size);
    if (accel_error_is_set())
        name_row(&record);
    return accel_error_is_set() ? NULL : sample;
}

/* ---- bad rows ---- */

bool record_source_skips(record_source *s)
{
    if (s->options.on_bad_lines != ACCEL_BAD_LINES_SKIP || accel_error_status() != ACCEL_EFORMAT)
        return false;
    if (atomic_fetch_add(&s->skipped, 1) < TOLD_MAX)
        accel_log_local_main_line(ACCEL_LOG_WARNING, "left out: %s", accel_error_last()->message);
    accel_error_clear();
    return true;
}

void record_source_sum_up(record_source *s)
{
    if (s->skipped > TOLD_MAX)
        accel_log_local_main_line(ACCEL_LOG_WARNING, "%s%s: left out %lld bad rows so far", s->paths[0],
                                  s->paths_count > 1 ? " and others" : "", (long long)s->skipped);
}
