/* Any bytes at all as a CSV file and as JSON Lines: every row is a sample, a bad row that is named, or the file is refused; read in
   order and by number the rows are the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <accel/loader.h>
#include <accel/log.h>
#include <accel/record.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char path[] = "fuzz_record.csv";

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Looks at fields in every way; the sample is the line that the row begins in. */
static accel_dict *sample(void *user, const accel_record *record)
{
    static const char *const names[] = {"a", "b.c", "list.0", "0"};
    (void)user;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        accel_try(err) {
            size_t length = 0;
            const char *text = accel_record_text(record, names[i], &length);
            require(!text || text[length] == '\0');
            accel_error_clear();
            accel_record_number(record, names[i]);
            accel_error_clear();
            accel_record_tensor(record, names[i], ACCEL_INT8);
            accel_error_clear();
            accel_record_tensor(record, names[i], ACCEL_FLOAT32);
        }
    accel_dict *made = accel_dict_create();
    accel_dict_set(made, "line", accel_scalar((double)accel_record_line(record), ACCEL_INT64));
    return made;
}

/* The lines of the rows, folded into one number; how many there are in `count`. */
static uint64_t read_all(accel_dataset *dataset, int64_t *count)
{
    uint64_t sum = 0;
    accel_loader *loader = accel_loader_create(dataset, .num_workers = 0);
    *count = 0;
    accel_for_each (batch, loader) {
        sum = sum * 31 + (uint64_t)accel_item_integer(accel_get(batch, "line"));
        ++*count;
    }
    return sum;
}

static void check(accel_file_format format, const char *columns)
{
    accel_scoped() {
        int64_t indexed, streamed;
        accel_dataset *dataset =
            accel_record_dataset(path, .format = format, .transform = sample, .column_names = columns,
                                 .on_bad_lines = ACCEL_BAD_LINES_SKIP);
        if (dataset) {
            uint64_t sum = read_all(dataset, &indexed);
            require(!accel_error_is_set() && indexed == accel_dataset_length(dataset));
            accel_dataset *stream =
                accel_record_dataset(path, .format = format, .transform = sample, .column_names = columns,
                                     .on_bad_lines = ACCEL_BAD_LINES_SKIP, .streaming = true);
            require(read_all(stream, &streamed) == sum && streamed == indexed && !accel_error_is_set());
        }
        require((dataset == NULL) == accel_error_is_set());
        accel_error_clear();
    }
}

static void ignore(accel_log_level level, const char *line, void *user)
{
    (void)level;
    (void)line;
    (void)user;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "w");
    require(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
    accel_log_set_callback(ignore, NULL);
    check(ACCEL_FILE_CSV, NULL);
    check(ACCEL_FILE_CSV, "a,b");
    check(ACCEL_FILE_TSV, "a");
    check(ACCEL_FILE_JSON_LINES, NULL);
    return 0;
}
