#include "track/csv_table.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "track/number.h"
#include "track/values.h"

/* ---- columns ---- */

static void forget_columns(csv_table *table, size_t except)
{
    while (table->count > except)
        memory_free(table->columns[--table->count]);
}

/* The name is taken; NULL for one that there was no memory for. */
static accel_status add_column(csv_table *table, char *name)
{
    char **columns = name ? memory_resize(table->columns, table->count + 1, sizeof *columns) : NULL;
    if (!columns) {
        memory_free(name);
        return accel_error_status();
    }
    table->columns = columns;
    table->columns[table->count++] = name;
    return ACCEL_OK;
}

static bool has_column(const csv_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->columns[i], name) == 0)
            return true;
    return false;
}

/* ---- writing ---- */

static void append_quoted(buffer *out, const char *text)
{
    buffer_append_string(out, "\"");
    for (; *text; text++)
        buffer_append(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    buffer_append_string(out, "\"");
}

static void append_names(const csv_table *table, size_t from, buffer *out)
{
    for (size_t i = from; i < table->count; i++) {
        buffer_append_string(out, i ? "," : "");
        if (strpbrk(table->columns[i], ",\"\r\n"))
            append_quoted(out, table->columns[i]);
        else
            buffer_append_string(out, table->columns[i]);
    }
}

static void append_row(const csv_table *table, const accel_log_value *values, size_t count, buffer *out)
{
    for (size_t i = 0; i < table->count; i++) {
        const accel_log_value *value = values_find(values, count, table->columns[i]);
        char number[NUMBER_MAX] = "";
        if (value && !value->text)
            number_print(number, value->number);
        buffer_append_string(out, i ? "," : "");
        if (value && value->text)
            append_quoted(out, value->text);
        else
            buffer_append_string(out, number);
    }
    buffer_append_string(out, "\n");
}

/* ---- reading ---- */

/* Where the line that begins at `from` ends; a line break between quotes is none. */
static size_t line_end(const char *text, size_t size, size_t from, bool *quoted)
{
    size_t at = from;
    *quoted = false;
    for (; at < size && (text[at] != '\n' || *quoted); at++)
        *quoted ^= text[at] == '"';
    return at;
}

/* The same without the \r that other programs put before the end. */
static size_t content_end(const char *text, size_t from, size_t end)
{
    return end > from && text[end - 1] == '\r' ? end - 1 : end;
}

/* A cell without its quotes: new memory. */
static char *read_cell(const char *text, size_t size)
{
    char *cell = memory_alloc(size + 1, 1);
    bool quoted = size > 0 && text[0] == '"';
    size_t length = 0;
    for (size_t i = quoted; cell && i < size; i++) {
        if (quoted && text[i] == '"' && ++i == size)
            break;
        cell[length++] = text[i];
    }
    return cell;
}

static accel_status read_columns(csv_table *table, const char *text, size_t end)
{
    bool quoted = false;
    for (size_t at = 0, begin = 0; at <= end && !accel_error_is_set(); at++) {
        if (at < end && text[at] == '"')
            quoted = !quoted;
        if (at < end && (text[at] != ',' || quoted))
            continue;
        add_column(table, read_cell(text + begin, at - begin));
        begin = at + 1;
    }
    return accel_error_status();
}

/* What the last line of a writer that was killed lacks, so that the next one is a line of its own. */
static const char *missing_end(const char *text, size_t size)
{
    bool quoted = false;
    size_t at = 0;
    while (at < size) {
        at = line_end(text, size, at, &quoted);
        if (at == size)
            return quoted ? "\"\n" : "\n";
        at++;
    }
    return "";
}

/* Another program's file is not to be spoiled. */
static accel_status check_first(const csv_table *table, const char *first)
{
    if (!first || strcmp(table->columns[0], first) == 0)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EFORMAT, NULL,
                             "%s: is another table: its first column is \"%s\", not \"%s\"", table->file.path,
                             table->columns[0], first);
}

static accel_status read_table(csv_table *table, const char *first)
{
    size_t size = 0;
    char *text = file_read(table->file.path, &size);
    if (!text)
        return accel_error_status();
    bool quoted;
    size_t end = content_end(text, 0, line_end(text, size, 0, &quoted));
    if (read_columns(table, text, end) == ACCEL_OK && check_first(table, first) == ACCEL_OK) {
        const char *missing = missing_end(text, size);
        journal_append(&table->file, missing, strlen(missing));
    }
    memory_free(text);
    return accel_error_status();
}

/* ---- growing ---- */

/* Every line that is there with the columns from `from` on behind it: their names, then nothing. */
static void append_widened(const csv_table *table, size_t from, const char *text, size_t size, buffer *out)
{
    for (size_t begin = 0, end; begin < size; begin = end + 1) {
        bool quoted;
        end = line_end(text, size, begin, &quoted);
        buffer_append(out, text + begin, content_end(text, begin, end) - begin);
        if (begin == 0)
            append_names(table, from, out);
        for (size_t i = from; i < table->count && begin > 0; i++)
            buffer_append_string(out, ",");
        buffer_append_string(out, "\n");
    }
}

/* Whether the file has the row, and the columns from `from` on: all at once or not at all. */
static bool add_with_columns(csv_table *table, size_t from, const accel_log_value *values, size_t count)
{
    size_t size = 0;
    char *text = file_read(table->file.path, &size);
    buffer content = {0};
    if (text) {
        append_widened(table, from, text, size, &content);
        append_row(table, values, count, &content);
    }
    bool done =
        !accel_error_is_set() && file_write_atomic(table->file.path, content.data, content.size) == ACCEL_OK;
    if (done)
        journal_reopen(&table->file);
    buffer_dispose(&content);
    memory_free(text);
    return done;
}

static bool add_plainly(csv_table *table, const accel_log_value *values, size_t count)
{
    buffer lines = {0};
    if (table->file.size == 0) {
        append_names(table, 0, &lines);
        buffer_append_string(&lines, "\n");
    }
    append_row(table, values, count, &lines);
    journal_append(&table->file, lines.data, lines.size);
    buffer_dispose(&lines);
    return !accel_error_is_set();
}

/* ---- life ---- */

accel_status csv_table_open(csv_table *table, const char *path, const char *first)
{
    *table = (csv_table){0};
    if (journal_open(&table->file, path) != ACCEL_OK)
        return accel_error_status();
    if (table->file.size > 0)
        read_table(table, first);
    else if (first)
        add_column(table, memory_copy_string(first));
    if (accel_error_is_set())
        csv_table_close(table);
    return accel_error_status();
}

/* Columns are there when the file has them. */
accel_status csv_table_add(csv_table *table, const accel_log_value *values, size_t count)
{
    RETURN_STATUS_IF_FAILED();
    const size_t before = table->count;
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        if (!has_column(table, values[i].name))
            add_column(table, memory_copy_string(values[i].name));
    bool plain = table->count == before || table->file.size == 0;
    if (accel_error_is_set() ||
        !(plain ? add_plainly(table, values, count) : add_with_columns(table, before, values, count)))
        forget_columns(table, before);
    return accel_error_status();
}

accel_status csv_table_close(csv_table *table)
{
    forget_columns(table, 0);
    memory_free(table->columns);
    journal_close(&table->file);
    *table = (csv_table){0};
    return accel_error_status();
}
