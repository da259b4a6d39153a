#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <accel/options.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/object.h"
#include "data/dataset.h"
#include "data/record_source.h"
#include "tensor/tensor.h"

static const char call[] = "accel_record_dataset", loading[] = "accel_loader_next";

/* Where a row of a file is. */
typedef struct row_place {
    int64_t offset;
    uint32_t size, line;
} row_place;

typedef struct record_dataset {
    record_source source;
    int *files;         /* open, to read rows from in any order; NULL with streaming */
    file_state *states; /* of each, when its rows were found */
    int64_t *firsts;    /* of each one's rows among all */
    row_place *rows;
    int64_t count, capacity;
} record_dataset;

static void dispose(record_dataset *d)
{
    for (size_t i = 0; d->files && i < d->source.paths_count; i++)
        if (d->files[i] >= 0)
            close(d->files[i]);
    memory_free(d->files);
    memory_free(d->states);
    memory_free(d->firsts);
    memory_free(d->rows);
    record_source_dispose(&d->source);
    memory_free(d);
}

static void release(void *user)
{
    record_dataset *d = user;
    if (d->source.options.release)
        d->source.options.release(d->source.options.user);
    dispose(d);
}

/* ---- rows that have numbers ---- */

static accel_status add_row(record_dataset *d, const text_row *row)
{
    if (row->line > UINT32_MAX)
        return accel_error_raise(ACCEL_EUNSUPPORTED, call, "a file of more than 2^32 lines needs .streaming");
    if (d->count == d->capacity) {
        int64_t capacity = d->capacity ? d->capacity * 2 : 1024;
        row_place *rows = memory_resize(d->rows, (size_t)capacity, sizeof *rows);
        if (!rows)
            return accel_error_status();
        d->rows = rows;
        d->capacity = capacity;
    }
    d->rows[d->count++] =
        (row_place){.offset = row->offset, .size = (uint32_t)row->size, .line = (uint32_t)row->line};
    return ACCEL_OK;
}

/* Whether a sample can be made of it, where that matters yet. */
static bool is_good(record_dataset *d, size_t file, const text_row *row)
{
    if (d->source.options.on_bad_lines != ACCEL_BAD_LINES_SKIP)
        return true;
    accel_scoped()
        record_source_sample(&d->source, file, row->line, row->bytes, row->size);
    return !record_source_skips(&d->source);
}

static accel_status open_file(record_dataset *d, size_t file)
{
    const char *path = d->source.paths[file];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    d->files[file] = fd;
    d->firsts[file] = d->count;
    if (fd < 0)
        return file_raise_errno(path, "cannot be opened");
    return ACCEL_OK;
}

static accel_status find_rows(record_dataset *d, size_t file)
{
    text_row row;
    if (open_file(d, file) != ACCEL_OK)
        return accel_error_status();
    row_reader *reader = record_source_read(&d->source, file);
    while (reader && row_reader_next(reader, &row))
        if (is_good(d, file, &row) && add_row(d, &row) != ACCEL_OK)
            break;
    if (reader) {
        d->states[file] = *row_reader_state(reader);
        file_state_check(&d->states[file], d->files[file], call, d->source.paths[file]);
    }
    row_reader_close(reader);
    return accel_error_status();
}

static accel_status find_all_rows(record_dataset *d)
{
    size_t count = d->source.paths_count;
    d->files = memory_alloc(count, sizeof *d->files);
    d->states = memory_alloc(count, sizeof *d->states);
    d->firsts = memory_alloc(count, sizeof *d->firsts);
    for (size_t i = 0; d->files && i < count; i++)
        d->files[i] = -1;
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        find_rows(d, i);
    if (!accel_error_is_set())
        record_source_sum_up(&d->source);
    return accel_error_status();
}

/* ACCEL_EIO that says where the row is, and why. */
static accel_status raise_unread(const record_dataset *d, size_t file, const row_place *row, const char *why)
{
    return accel_error_raise(ACCEL_EIO, loading, "%s:%u: cannot be read: %s", d->source.paths[file], row->line,
                             why);
}

/* A file that was written to has other rows there, or parts of them: that is looked at once the bytes are read. */
static accel_status read_row(const record_dataset *d, size_t file, const row_place *row, char *bytes)
{
    size_t done = 0;
    while (done < row->size) {
        ssize_t got = pread(d->files[file], bytes + done, row->size - done, row->offset + (off_t)done);
        if (got < 0 && errno != EINTR)
            return raise_unread(d, file, row, strerror(errno));
        if (got == 0)
            break;
        done += got > 0 ? (size_t)got : 0;
    }
    if (file_state_check(&d->states[file], d->files[file], loading, d->source.paths[file]) != ACCEL_OK)
        return accel_error_status();
    return done == row->size ? ACCEL_OK : raise_unread(d, file, row, "the file ends within it");
}

static accel_dict *sample(void *user, int64_t index)
{
    record_dataset *d = user;
    size_t file = dataset_part(d->firsts, d->source.paths_count, index);
    const row_place *row = &d->rows[index];
    accel_dict *made = NULL;
    char *bytes = memory_alloc((size_t)row->size + 1, 1);
    if (bytes && read_row(d, file, row, bytes) == ACCEL_OK)
        made = record_source_sample(&d->source, file, row->line, bytes, row->size);
    memory_free(bytes);
    return made;
}

static accel_dict *collate(void *user, accel_dict *const *samples, size_t count)
{
    const record_dataset *d = user;
    const accel_record_dataset_options *o = &d->source.options;
    return o->collate ? o->collate(o->user, samples, count) : accel_collate_stack(NULL, samples, count);
}

/* ---- rows that come one after another ---- */

typedef struct record_pass {
    size_t file; /* the next one to be opened is this one, once `reader` is NULL */
    row_reader *reader;
    int64_t samples; /* that were given */
} record_pass;

static void *begin(void *user, int64_t epoch)
{
    (void)user;
    (void)epoch;
    return memory_alloc(1, sizeof(record_pass));
}

static void end(void *user, void *pass)
{
    record_pass *p = pass;
    (void)user;
    if (p)
        row_reader_close(p->reader);
    memory_free(p);
}

/* The next row; false after the last one of the last file, or on failure. */
static bool next_row(record_dataset *d, record_pass *p, text_row *row)
{
    while (p->file < d->source.paths_count) {
        if (!p->reader)
            p->reader = record_source_read(&d->source, p->file);
        if (p->reader && row_reader_next(p->reader, row))
            return true;
        row_reader_close(p->reader);
        p->reader = NULL;
        if (accel_error_is_set())
            return false;
        p->file++;
    }
    record_source_sum_up(&d->source);
    return false;
}

/* A row on its way to the thread that makes a sample of it. */
static accel_dict *carry(size_t file, const text_row *row)
{
    const int64_t place[] = {(int64_t)file, row->line};
    accel_dict *carried = accel_dict_create();
    accel_dict_set(carried, "row",
                   accel_tensor_copy_from(row->bytes, ACCEL_UINT8, ACCEL_SHAPE((int64_t)row->size)));
    accel_dict_set(carried, "place", accel_tensor_copy_from(place, ACCEL_INT64, ACCEL_SHAPE(2)));
    return accel_error_is_set() ? NULL : carried;
}

/* The next row, or where bad ones are left out the sample of the next good one; NULL: there is none. */
static accel_dict *next_carried(record_dataset *d, record_pass *p)
{
    text_row row;
    while (next_row(d, p, &row)) {
        if (d->source.options.on_bad_lines != ACCEL_BAD_LINES_SKIP)
            return carry(p->file, &row);
        accel_dict *made = record_source_sample(&d->source, p->file, row.line, row.bytes, row.size);
        if (made || !record_source_skips(&d->source))
            return made;
    }
    return NULL;
}

/* Steps and schedules were counted with the length that the program gave. */
static accel_status check_length(const record_dataset *d, const record_pass *p, bool at_end)
{
    int64_t length = d->source.options.length;
    if (length < 0 || (at_end ? p->samples == length : p->samples <= length))
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EFORMAT, loading, "%s%s: gave %s%lld samples, length is %lld",
                             d->source.paths[0], d->source.paths_count > 1 ? " and others" : "",
                             at_end ? "" : "more than ", (long long)(at_end ? p->samples : length),
                             (long long)length);
}

static accel_dict *next(void *user, void *pass)
{
    const record_dataset *d = user;
    record_pass *p = pass;
    accel_dict *carried = next_carried(user, p);
    p->samples += carried ? 1 : 0;
    if (!accel_error_is_set())
        check_length(d, p, !carried);
    return accel_error_is_set() ? NULL : carried;
}

static accel_dict *transform(void *user, accel_dict *carried)
{
    record_dataset *d = user;
    if (d->source.options.on_bad_lines == ACCEL_BAD_LINES_SKIP)
        return carried; /* is a sample already */
    accel_tensor *row = accel_dict_get(carried, "row");
    const int64_t *place = accel_tensor_data(accel_dict_get(carried, "place"));
    if (!place)
        return NULL;
    return record_source_sample(&d->source, (size_t)place[0], place[1], accel_tensor_data(row),
                                accel_tensor_bytes(row));
}

/* ---- datasets ---- */

accel_record_dataset_options accel_record_dataset_options_default(void)
{
    return (accel_record_dataset_options){ACCEL_RECORD_DATASET_DEFAULTS()};
}

static accel_dataset *create(record_dataset *d)
{
    if (d->source.options.streaming)
        return accel_iterable_dataset(.begin = begin, .next = next, .end = end, .transform = transform,
                                      .collate = collate, .length = d->source.options.length, .user = d,
                                      .release = release);
    if (find_all_rows(d) != ACCEL_OK)
        return NULL;
    return accel_dataset_create(.length = d->count, .sample = sample, .collate = collate, .user = d,
                                .release = release);
}

accel_dataset *accel_record_dataset_with(const char *path, const accel_record_dataset_options *options)
{
    RETURN_NULL_IF_FAILED();
    accel_record_dataset_options o = accel_record_dataset_options_default();
    if (accel_options_read(call, &o, sizeof o, options) != ACCEL_OK)
        return NULL;
    record_dataset *d = memory_alloc(1, sizeof *d);
    accel_dataset *dataset = NULL;
    if (d && record_source_open(&d->source, path, &o) == ACCEL_OK)
        dataset = create(d);
    if (d && !dataset)
        dispose(d);
    error_name_memory(call, false);
    return dataset;
}

int64_t accel_record_dataset_skipped(accel_dataset *dataset)
{
    const record_dataset *d = dataset_user(dataset, release, __func__);
    if (d)
        return d->source.skipped;
    if (!accel_error_is_set())
        RAISE(ACCEL_EINVAL, "the dataset was not made by accel_record_dataset");
    return -1;
}
