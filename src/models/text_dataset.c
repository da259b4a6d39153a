#include <stdlib.h>
#include <string.h>

#include <accel/model.h>
#include <accel/options.h>

typedef struct text_dataset {
    accel_tokenizer *tokenizer; /* retained */
    accel_table *table;         /* retained */
    accel_labelled_row *rows;
    accel_text_dataset_options options;
    double padding; /* the tokenizer's padding id */
} text_dataset;

static void release(void *user)
{
    text_dataset *d = user;
    accel_release(d->tokenizer);
    accel_release(d->table);
    free(d->rows);
    free(d);
}

static void set_ids(accel_dict *sample, const char *name, const int64_t *ids, size_t length)
{
    accel_dict_set(sample, name, accel_tensor_copy_from(ids, ACCEL_INT64, ACCEL_SHAPE((int64_t)length)));
}

static accel_dict *sample(void *user, int64_t index)
{
    text_dataset *d = user;
    accel_encoding encoding;
    size_t size;
    const char *text = accel_table_field(d->table, d->rows[index].row, d->options.text_column, &size);
    if (!text || accel_tokenizer_encode(d->tokenizer, text, size, &encoding,
                                        .max_length = d->options.max_length) != ACCEL_OK)
        return NULL;
    accel_dict *result = accel_dict_create();
    set_ids(result, "input_ids", encoding.input_ids, encoding.length);
    set_ids(result, "token_type_ids", encoding.token_type_ids, encoding.length);
    set_ids(result, "attention_mask", encoding.attention_mask, encoding.length);
    accel_dict_set(result, "labels", accel_tensor_copy_from(&d->rows[index].label, ACCEL_INT64, NULL, 0));
    accel_encoding_dispose(&encoding);
    return accel_error_is_set() ? NULL : result;
}

static accel_dict *collate(void *user, accel_dict *const *samples, size_t count)
{
    const text_dataset *d = user;
    return accel_collate_padded(samples, count, &(accel_padding){"input_ids", d->padding}, 1);
}

accel_text_dataset_options accel_text_dataset_options_default(void)
{
    return (accel_text_dataset_options){ACCEL_TEXT_DATASET_DEFAULTS()};
}

/* Every row is one of the table's, so that no batch can fail on it later. */
static accel_status check(accel_table *table, const accel_labelled_row *rows, size_t count,
                          const accel_text_dataset_options *o)
{
    static const char call[] = "accel_text_dataset";
    if (!rows && count > 0)
        return accel_error_raise(ACCEL_EINVAL, call, "rows is NULL, count is %zu", count);
    if (o->text_column < 0 || o->text_column >= accel_table_columns(table))
        return accel_error_raise(ACCEL_ENOTFOUND, call,
                                 "text_column is %lld, the table has %lld columns (from 0)",
                                 (long long)o->text_column, (long long)accel_table_columns(table));
    if (o->max_length < 0)
        return accel_error_raise(ACCEL_EINVAL, call, "max_length must not be negative, got %lld",
                                 (long long)o->max_length);
    for (size_t i = 0; i < count; i++)
        if (rows[i].row < 0 || rows[i].row >= accel_table_rows(table))
            return accel_error_raise(ACCEL_EINVAL, call, "rows[%zu] is row %lld, the table has %lld", i,
                                     (long long)rows[i].row, (long long)accel_table_rows(table));
    return accel_error_status();
}

static text_dataset *create(accel_tokenizer *tokenizer, accel_table *table, const accel_labelled_row *rows,
                            size_t count, const accel_text_dataset_options *o)
{
    text_dataset *d = calloc(1, sizeof *d);
    accel_labelled_row *copy = calloc(count ? count : 1, sizeof *copy);
    if (!d || !copy) {
        accel_error_raise(ACCEL_ENOMEM, "accel_text_dataset", "no memory for %zu rows", count);
        free(d);
        free(copy);
        return NULL;
    }
    if (count > 0)
        memcpy(copy, rows, count * sizeof *copy);
    int64_t padding = accel_tokenizer_pad_id(tokenizer);
    *d = (text_dataset){.tokenizer = accel_retain(tokenizer),
                        .table = accel_retain(table),
                        .rows = copy,
                        .options = *o,
                        .padding = padding > 0 ? (double)padding : 0};
    return d;
}

accel_dataset *accel_text_dataset_with(accel_tokenizer *tokenizer, accel_table *table,
                                       const accel_labelled_row *rows, size_t count,
                                       const accel_text_dataset_options *options)
{
    if (accel_error_is_set())
        return NULL;
    accel_text_dataset_options o = accel_text_dataset_options_default();
    if (accel_options_read("accel_text_dataset", &o, sizeof o, options) != ACCEL_OK ||
        check(table, rows, count, &o) != ACCEL_OK)
        return NULL;
    text_dataset *d = create(tokenizer, table, rows, count, &o);
    if (!d)
        return NULL;
    accel_dataset *dataset = accel_dataset_create(.length = (int64_t)count, .sample = sample,
                                                  .collate = collate, .user = d, .release = release);
    if (!dataset)
        release(d);
    return dataset;
}
