/* The tracker that writes tables. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "track/builtin.h"
#include "track/csv_table.h"

typedef struct tables {
    const char *logging_dir;
    csv_table metrics;
} tables;

static accel_status open_table(csv_table *table, const char *folder, const char *name, const char *first)
{
    char *path = file_join(folder, name);
    if (path)
        csv_table_open(table, path, first);
    memory_free(path);
    return accel_error_status();
}

static void write_hparams(const char *folder, const accel_log_value *values, size_t count)
{
    csv_table table = {0};
    if (open_table(&table, folder, "hparams.csv", NULL) == ACCEL_OK)
        csv_table_add(&table, values, count);
    csv_table_close(&table);
}

static accel_status start(void *user, const char *run_name, const accel_log_value *values, size_t count)
{
    tables *t = user;
    char *folder = run_folder(t->logging_dir, run_name);
    if (folder && open_table(&t->metrics, folder, "metrics.csv", "step") == ACCEL_OK && count > 0)
        write_hparams(folder, values, count);
    memory_free(folder);
    if (accel_error_is_set())
        csv_table_close(&t->metrics);
    return accel_error_status();
}

static accel_status log_values(void *user, const accel_log_value *values, size_t count, int64_t step)
{
    tables *t = user;
    if (step < 0)
        return csv_table_add(&t->metrics, values, count);
    accel_log_value *row = memory_alloc(count + 1, sizeof *row);
    if (!row)
        return accel_error_status();
    row[0] = (accel_log_value){.name = "step", .number = (double)step};
    if (count > 0)
        memcpy(row + 1, values, count * sizeof *row);
    csv_table_add(&t->metrics, row, count + 1);
    memory_free(row);
    return accel_error_status();
}

static accel_status finish(void *user)
{
    tables *t = user;
    return csv_table_close(&t->metrics);
}

accel_tracker_callbacks csv_tracker(const char *logging_dir)
{
    tables *t = memory_alloc(1, sizeof *t);
    if (t)
        t->logging_dir = logging_dir;
    return (accel_tracker_callbacks){
        .name = "csv", .start = start, .log = log_values, .finish = finish, .user = t};
}
