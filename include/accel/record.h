/**
 * Records: the rows of CSV, TSV and JSON Lines files, and datasets of them.
 *
 *     static accel_dict *transform(void *user, const accel_record *record)
 *     {
 *         accel_dict *sample = accel_dict_create();
 *         accel_dict_set(sample, "x", accel_record_tensor(record, "features", ACCEL_FLOAT32));
 *         accel_dict_set(sample, "labels", accel_record_tensor(record, "answer.label", ACCEL_INT64));
 *         return sample;
 *     }
 *
 *     accel_dataset *train = accel_record_dataset("train-*.jsonl", .transform = transform);
 *
 * Files are never read into memory as a whole: only where each row begins is kept, 16 bytes a row, or with .streaming
 * nothing at all. They are regular files: one that is written to after it was opened is ACCEL_EIO from the loop, one that takes
 * its name meanwhile is another. With .streaming, and column_names where the first row would tell them, pipes, too, for one pass.
 *
 * Line ends are LF or CRLF, the last line may lack one, empty lines are skipped, and so is a byte order mark. ACCEL_EFORMAT for
 * UTF-16, for line ends that are CR alone, and, as of a bad row, for zero bytes.
 * CSV: fields between commas or another delimiter; a field that begins with a double quote ends at the next one and may hold
 * delimiters, line breaks, and double quotes written twice (RFC 4180). TSV: fields between tabs, no quoting. JSON Lines: an
 * object or array a line. A row is at most 256 MiB long.
 *
 * Source: datasets.load_dataset("csv" or "json", data_files=…, streaming=…), pandas.read_csv(on_bad_lines=…).
 */
#ifndef ACCEL_RECORD_H
#define ACCEL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/dataset.h>
#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

/** A row of a file, while a transform looks at it. */
typedef struct accel_record accel_record;

/* ---- fields ----
 *
 * `name` is a column of a CSV or TSV file. In JSON Lines it is a key; keys of objects inside objects are joined by dots,
 * elements of arrays are numbered from 0: "meta.scores.0". A key that has dots itself is found first.
 *
 * Failures: ACCEL_ENOTFOUND when the file has no such column, ACCEL_EFORMAT when this row lacks the key or has something else
 * there; messages of the dataset begin with file and line.
 */

/** Whether the field is there and holds something: not the empty text, not null. A column that the file lacks: false. */
ACCEL_API bool accel_record_has(const accel_record *record, const char *name);

/** A text: its bytes, borrowed until the transform returns and followed by a zero byte, and their number in `size` (NULL: not
    wanted). In JSON a string; NULL on failure. */
ACCEL_API const char *accel_record_text(const accel_record *record, const char *name, size_t *size);

/** A number, finite, in decimal; in JSON true and false are 1 and 0. NaN on failure. */
ACCEL_API double accel_record_number(const accel_record *record, const char *name);

/** A whole number, exact over 64 bits; 3.0 is one, 3.5 is a failure: -1. */
ACCEL_API int64_t accel_record_integer(const accel_record *record, const char *name);

/** A number as a 0-dimensional tensor, or an array of JSON, whose rows have equal lengths, as an n-dimensional one: new. For an
    integer dtype every number must be whole and fit. */
ACCEL_API accel_tensor *accel_record_tensor(const accel_record *record, const char *name, accel_dtype dtype);

/** Where the row is: the file, borrowed until the transform returns, and the line that it begins in, from 1. */
ACCEL_API const char *accel_record_path(const accel_record *record);
ACCEL_API int64_t accel_record_line(const accel_record *record);

/* ---- datasets ---- */

/** Makes a sample of a row: a new dict. Called from a loader's threads, several at once; it must not call what no
    function of a dataset may. A failure of status ACCEL_EFORMAT, of
    a function above or one that it records itself, says that the row is bad; any other is the program's. */
typedef accel_dict *accel_record_function(void *user, const accel_record *record);

typedef enum accel_file_format {
    ACCEL_FILE_BY_NAME, /**< by how the name ends: .csv; .tsv; .jsonl, .ndjson or .json */
    ACCEL_FILE_CSV,
    ACCEL_FILE_TSV,
    ACCEL_FILE_JSON_LINES,
} accel_file_format;

typedef enum accel_bad_lines {
    ACCEL_BAD_LINES_ERROR, /**< a bad row ends the loop, or the opening, with an error that names file and line */
    ACCEL_BAD_LINES_SKIP, /**< a bad row is left out; the first ten are named in the log, and how many there were */
} accel_bad_lines;

/** A field that becomes a tensor of the same name, as accel_record_tensor makes it. */
typedef struct accel_record_field {
    const char *name;
    accel_dtype dtype;
} accel_record_field;

typedef struct accel_record_dataset_options {
    size_t struct_size;
    accel_file_format format;
    char delimiter;                   /**< of CSV, an ASCII character */
    const char *column_names;         /**< of CSV and TSV, "id,score,text"; NULL: the first line has them */
    accel_record_function *transform; /**< this, or `fields` */
    const accel_record_field *fields; /**< copied */
    size_t fields_count;
    accel_collate_function *collate; /**< NULL: accel_collate_stack */
    accel_bad_lines on_bad_lines;
    bool streaming; /**< an iterable dataset, which begins at once and keeps nothing of the file */
    int64_t
        length; /**< with streaming: number of samples in a pass, where it is known; -1: it is not. A pass of
                         another number is ACCEL_EFORMAT */
    void *user; /**< borrowed while the dataset lives, or until `release` */
    void (*release)(void *user); /**< called when the dataset ends; NULL: nothing */
} accel_record_dataset_options;
#define ACCEL_RECORD_DATASET_DEFAULTS()                                                                        \
    .struct_size = sizeof(accel_record_dataset_options), .format = ACCEL_FILE_BY_NAME, .delimiter = ',',       \
    .column_names = NULL, .transform = NULL, .fields = NULL, .fields_count = 0, .collate = NULL,               \
    .on_bad_lines = ACCEL_BAD_LINES_ERROR, .streaming = false, .length = -1, .user = NULL, .release = NULL

/** A dataset over the rows of a file, or of the files that a pattern such as "part-*.csv" stands for, in the order of their names: new. On
    failure NULL, and `release` is not called.
    Opening reads through the files once to find the rows. To skip bad rows it also makes, and drops, a sample of each, since
    only then does it know how many are good. With .streaming a bad row is found when its turn comes; skipping them has the thread
    that reads also make the samples. */
ACCEL_API accel_dataset *accel_record_dataset_with(const char *path,
                                                   const accel_record_dataset_options *options);
ACCEL_API accel_record_dataset_options accel_record_dataset_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_1(accel_dataset *, accel_record_dataset, const char *, accel_record_dataset_options)
#else
#define accel_record_dataset(...)                                                                              \
    ACCEL_CALL_1(accel_record_dataset_with, accel_record_dataset_options, ACCEL_RECORD_DATASET_DEFAULTS,       \
                 __VA_ARGS__)
#endif

/** How many bad rows were left out: of the files, or with .streaming of all passes so far. -1 on failure, and for a dataset of
    another kind. */
ACCEL_API int64_t accel_record_dataset_skipped(accel_dataset *dataset);

ACCEL_END_DECLS

#endif
