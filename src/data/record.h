/* Records, as what reads the files makes them. */
#ifndef ACCEL_DATA_RECORD_H
#define ACCEL_DATA_RECORD_H

#include <accel/record.h>

#include <jansson.h>

#include "data/csv.h"

struct accel_record {
    const char *path;
    int64_t line;
    /* of CSV and TSV */
    const csv_field *fields;
    const csv_field *columns; /* their names */
    size_t count;             /* of either */
    /* of JSON Lines; NULL otherwise */
    const json_t *json;
};

#endif
