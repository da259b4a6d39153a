#include "pickle/writer.h"

#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "pickle/pickler.h"
#include "pickle/zip_writer.h"

/* torch names it after the file; any name will do, and this one makes the file the same wherever it is written. */
#define FOLDER "archive/"

static accel_status add_storages(zip_writer *zip, const pickler_storages *storages)
{
    for (size_t i = 0; i < storages->count && !accel_error_is_set(); i++) {
        char name[sizeof FOLDER + 32];
        snprintf(name, sizeof name, FOLDER "data/%zu", i);
        zip_writer_add(zip, name, storages->at[i]->data, storages->at[i]->size);
    }
    return accel_error_status();
}

static file_writer *stage(const char *path, const buffer *program, const pickler_storages *storages)
{
    zip_writer *zip = zip_writer_open(path);
    zip_writer_add(zip, FOLDER "data.pkl", program->data, program->size);
    zip_writer_add(zip, FOLDER ".format_version", "1", 1);
    zip_writer_add(zip, FOLDER ".storage_alignment", "64", 2);
    zip_writer_add(zip, FOLDER "byteorder", "little", 6);
    add_storages(zip, storages);
    zip_writer_add(zip, FOLDER "version", "3\n", 2);
    return zip_writer_end(zip);
}

file_writer *pickle_stage(const char *path, const pickle_value *root)
{
    buffer program = {0};
    pickler_storages storages = {0};
    accel_status status = pickler_run(root, &program, &storages);
    file_writer *writer = status == ACCEL_OK ? stage(path, &program, &storages) : NULL;
    buffer_dispose(&program);
    memory_free(storages.at);
    return writer;
}

accel_status pickle_write(const char *path, const pickle_value *root)
{
    file_writer *writer = pickle_stage(path, root);
    return writer ? file_writer_commit(writer) : accel_error_status();
}
