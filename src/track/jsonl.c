/* The tracker that writes lines of JSON. */
#include <inttypes.h>
#include <math.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "track/builtin.h"
#include "track/journal.h"
#include "track/number.h"

typedef struct lines {
    const char *logging_dir;
    journal metrics;
} lines;

/* JSON has no numbers that are not finite. */
static void append_value(buffer *line, const accel_log_value *value)
{
    char number[NUMBER_MAX] = "null";
    if (!value->text && isfinite(value->number))
        number_print(number, value->number);
    quote_append(line, value->name);
    buffer_append_string(line, ": ");
    if (value->text)
        quote_append(line, value->text);
    else
        buffer_append_string(line, number);
}

static accel_status append_line(journal *file, const accel_log_value *values, size_t count, int64_t step)
{
    buffer line = {0};
    buffer_append_string(&line, "{");
    if (step >= 0)
        buffer_printf(&line, "\"step\": %" PRId64, step);
    for (size_t i = 0; i < count; i++) {
        buffer_append_string(&line, i > 0 || step >= 0 ? ", " : "");
        append_value(&line, &values[i]);
    }
    buffer_append_string(&line, "}\n");
    journal_append(file, line.data, line.size);
    buffer_dispose(&line);
    return accel_error_status();
}

/* A line that was cut short stays what it is, and alone. */
static accel_status open_lines(journal *file, const char *folder, const char *name)
{
    char *path = file_join(folder, name);
    if (path && journal_open(file, path) == ACCEL_OK && !journal_ends_line(file))
        journal_append(file, "\n", 1);
    memory_free(path);
    return accel_error_status();
}

static void write_hparams(const char *folder, const accel_log_value *values, size_t count)
{
    journal file = {0};
    if (open_lines(&file, folder, "hparams.jsonl") == ACCEL_OK)
        append_line(&file, values, count, -1);
    journal_close(&file);
}

static accel_status start(void *user, const char *run_name, const accel_log_value *values, size_t count)
{
    lines *l = user;
    char *folder = run_folder(l->logging_dir, run_name);
    if (folder && open_lines(&l->metrics, folder, "metrics.jsonl") == ACCEL_OK && count > 0)
        write_hparams(folder, values, count);
    memory_free(folder);
    if (accel_error_is_set())
        journal_close(&l->metrics);
    return accel_error_status();
}

static accel_status log_values(void *user, const accel_log_value *values, size_t count, int64_t step)
{
    lines *l = user;
    return append_line(&l->metrics, values, count, step);
}

static accel_status finish(void *user)
{
    lines *l = user;
    return journal_close(&l->metrics);
}

accel_tracker_callbacks jsonl_tracker(const char *logging_dir)
{
    lines *l = memory_alloc(1, sizeof *l);
    if (l)
        l->logging_dir = logging_dir;
    return (accel_tracker_callbacks){
        .name = "jsonl", .start = start, .log = log_values, .finish = finish, .user = l};
}
