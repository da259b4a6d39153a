/* The files of a dataset of records: how their rows become samples. */
#ifndef ACCEL_DATA_RECORD_SOURCE_H
#define ACCEL_DATA_RECORD_SOURCE_H

#include <stdatomic.h>

#include <accel/record.h>

#include "data/csv.h"
#include "data/row_reader.h"

typedef struct record_source {
    accel_record_dataset_options options; /* format and delimiter as they are found out */
    char **paths;
    size_t paths_count;
    char *names;        /* of the columns, as a row */
    csv_field *columns; /* point into it; NULL until they are known, and for JSON Lines */
    size_t columns_count;
    accel_record_field *fields; /* copies */
    atomic_llong skipped;
} record_source;

/* Reads what the options say and what the first file's first line says. Dispose of it also after a failure. */
accel_status record_source_open(record_source *source, const char *path,
                                const accel_record_dataset_options *options);
void record_source_dispose(record_source *source);

/* Opens a file at its first row. A header is read, and must be the first file's. NULL with the failure recorded. */
row_reader *record_source_read(record_source *source, size_t file);

/* A sample of a row: new. NULL with a failure recorded, which names file and line. */
accel_dict *record_source_sample(record_source *source, size_t file, int64_t line, const char *bytes,
                                 size_t size);

/* Whether the failure on record is a bad row's and such are left out: then it is counted, told and cleared. */
bool record_source_skips(record_source *source);

/* Says how many rows were left out, if more than were named. */
void record_source_sum_up(record_source *source);

#endif
