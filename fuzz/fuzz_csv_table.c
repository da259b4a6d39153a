/* Any bytes at all as the table of an earlier run: what is there stays, and what is added is found again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <accel/error.h>

#include "base/file.h"
#include "base/memory.h"
#include "track/csv_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char path[] = "fuzz.csv";

static void require(bool holds)
{
    if (!holds)
        abort();
}

static csv_table open_table(void)
{
    csv_table table;
    require(csv_table_open(&table, path, NULL) == ACCEL_OK);
    return table;
}

static void add(csv_table *table, const char *name)
{
    const accel_log_value value = {.name = name, .number = 0.5};
    require(csv_table_add(table, &value, 1) == ACCEL_OK);
}

/* The file begins with these bytes and ends with a line. */
static void check_file(const uint8_t *data, size_t size)
{
    size_t now = 0;
    char *content = file_read(path, &now);
    require(content && now > size && content[now - 1] == '\n' && memcmp(content, data, size) == 0);
    memory_free(content);
}

static bool has(const csv_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->columns[i], name) == 0)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    require(file_write_atomic(path, data, size) == ACCEL_OK);
    csv_table table = open_table();
    size_t count = table.count;
    if (count > 0) {
        add(&table, table.columns[0]);
        check_file(data, size);
    }
    bool late = !has(&table, "late, \"new\"");
    add(&table, "late, \"new\"");
    require(table.count == count + late);
    require(csv_table_close(&table) == ACCEL_OK);

    csv_table again = open_table();
    require(again.count == count + late && has(&again, "late, \"new\""));
    require(csv_table_close(&again) == ACCEL_OK);
    accel_error_clear();
    return 0;
}
