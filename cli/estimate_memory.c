#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/family.h"
#include "cli/table.h"
#include "cli/weights.h"

enum { FLOAT_SIZE = 4 }; /* the reference loads what is floating as float32, and divides for the other dtypes */

typedef struct settings {
    const char *dtypes[OPTION_WORDS_MAX + 1];
    const char *library_name;
    bool trust_remote_code;
} settings;

/* What a model is loaded as. Training takes weights, gradients and two states of Adam of float32; half of it is what float16 takes,
   by the reference. */
typedef struct loaded {
    const char *dtype;
    double share;    /* of the size in float32: one part of so many */
    double training; /* how often it takes the size in float32; 0: there is none */
} loaded;

#define LOADED(ROW) ROW("float32", 1, 4) ROW("float16", 2, 2) ROW("int8", 4, 0) ROW("int4", 8, 0)
#define ROW_OF(dtype_, share_, training_) {.dtype = dtype_, .share = share_, .training = training_},
#define DTYPE_OF(dtype_, share_, training_) dtype_,

static const loaded all_loaded[] = {LOADED(ROW_OF)};
static const char *const dtypes[] = {LOADED(DTYPE_OF) NULL};
static const char *const libraries[] = {"timm", "transformers", NULL};

static const option options[] = {
    {.name = "library_name",
     .kind = OPTION_WORD,
     .offset = offsetof(settings, library_name),
     .value = "LIBRARY",
     .words = libraries,
     .text = "Whose model it is, timm or transformers, where config.json does not tell."},
    {.name = "dtypes",
     .kind = OPTION_WORDS,
     .offset = offsetof(settings, dtypes),
     .value = "DTYPES",
     .words = dtypes,
     .text = "One or several of float32, float16, int8 and int4; all of them by default."},
    {.name = "trust_remote_code",
     .kind = OPTION_SWITCH,
     .offset = offsetof(settings, trust_remote_code),
     .text = "Accepted, without effect: no code of a model is ever run."},
};

static int run(char **words);

const command estimate_memory_command = {
    .name = "estimate-memory",
    .arguments = "model_name",
    .summary = "Tells how much memory a model needs.",
    .description =
        "Tells how much memory a model needs to be loaded, and to be trained with Adam and batches of one "
        "sample. model_name "
        "is a folder, an index or a file of weights: sizes are those of the tensors in the files, and "
        "config.json beside "
        "them tells which modules are not to be split. Nothing is fetched, and only headers are read.",
    .table = {.command = "accelerate estimate-memory",
              .options = options,
              .count = sizeof options / sizeof options[0]},
    .run = run,
};

typedef struct sizes {
    uint64_t total, largest;
} sizes;

/* ---- sizes ---- */

static bool is_floating(const char *dtype)
{
    return dtype[0] == 'F' || strncmp(dtype, "BF", 2) == 0 || strncmp(dtype, "float", 5) == 0 ||
           strncmp(dtype, "bfloat", 6) == 0;
}

static accel_status take_weights(const weights *w, layers_tensor *tensors, size_t *count)
{
    size_t *tied = weights_find_tied(w);
    for (size_t i = 0; tied && i < w->count; i++) {
        const weight *t = &w->at[i];
        uint64_t bytes = t->bytes;
        if (tied[i] != i)
            continue;
        if (is_floating(t->dtype) &&
            __builtin_mul_overflow((uint64_t)t->elements, (uint64_t)FLOAT_SIZE, &bytes))
            accel_error_raise(ACCEL_EFORMAT, NULL, "%s: \"%.100s\" is too large", w->files[t->file].path,
                              t->name);
        tensors[(*count)++] = (layers_tensor){t->name, bytes};
    }
    memory_free(tied);
    return accel_error_status();
}

/* Where the tensors of the module `module` begin in a name; NULL: the name is of no such module. */
static const char *find_module(const char *name, const char *module)
{
    const size_t length = strlen(module);
    for (const char *part = name; part; part = strchr(part, '.') ? strchr(part, '.') + 1 : NULL)
        if (strncmp(part, module, length) == 0 && part[length] == '.')
            return part + length + 1;
    return NULL;
}

/* The name of a buffer, in the module of that name which comes first; NULL: the model has none, or the files have the buffer. */
static char *name_buffer(const layers_tensor *tensors, size_t count, const family_buffer *b)
{
    const char *of = NULL, *rest = NULL;
    for (size_t i = 0; b->module[0] && i < count && !of; i++)
        if ((rest = find_module(tensors[i].name, b->module)))
            of = tensors[i].name;
    if (b->module[0] && !of)
        return NULL;
    buffer name = {0};
    buffer_append(&name, of ? of : "", of ? (size_t)(rest - of) : 0);
    buffer_append_string(&name, b->name);
    for (size_t i = 0; i < count && name.data; i++)
        if (strcmp(tensors[i].name, name.data) == 0)
            buffer_dispose(&name);
    return name.data;
}

static accel_status measure(const weights *w, const family *f, sizes *s)
{
    char *names[FAMILY_BUFFERS_MAX] = {NULL};
    size_t count = 0;
    layers_tensor *tensors = memory_alloc(w->count + FAMILY_BUFFERS_MAX, sizeof *tensors);
    if (tensors)
        take_weights(w, tensors, &count);
    for (size_t i = 0; i < f->buffers_count && !accel_error_is_set(); i++)
        if ((names[i] = name_buffer(tensors, count, &f->buffers[i])))
            tensors[count++] = (layers_tensor){names[i], f->buffers[i].bytes};
    *s = (sizes){0};
    for (size_t i = 0; i < count && !accel_error_is_set(); i++)
        if (__builtin_add_overflow(s->total, tensors[i].bytes, &s->total))
            accel_error_raise(ACCEL_EFORMAT, NULL, "%s: its tensors are too large", w->files[0].path);
    if (!accel_error_is_set())
        s->largest = layers_largest(tensors, count, f->kept);
    for (size_t i = 0; i < FAMILY_BUFFERS_MAX; i++)
        memory_free(names[i]);
    memory_free(tensors);
    return accel_error_status();
}

/* ---- the table ---- */

/* As Python shows a number that was rounded to two digits; the bytes of a whole number have no point. */
static void show_bytes(char cell[TABLE_CELL_SIZE], double bytes, bool is_whole)
{
    static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        bytes /= 1024;
    char number[TABLE_CELL_SIZE - 8];
    int length = snprintf(number, sizeof number, is_whole && unit == 0 ? "%.0f" : "%.2f", bytes);
    if (length > 3 && strchr(number, '.') && number[length - 1] == '0')
        number[length - 1] = '\0';
    snprintf(cell, TABLE_CELL_SIZE, "%s %s", number, units[unit]);
}

static table_row make_row(const sizes *s, const char *dtype)
{
    const loaded *l = all_loaded;
    while (strcmp(l->dtype, dtype) != 0)
        l++;
    table_row row = {.cells[3] = "N/A"};
    snprintf(row.cells[0], TABLE_CELL_SIZE, "%s", l->dtype);
    show_bytes(row.cells[1], (double)s->largest / l->share, l->share == 1);
    show_bytes(row.cells[2], (double)s->total / l->share, l->share == 1);
    if (l->training > 0)
        show_bytes(row.cells[3], (double)s->total * l->training, true);
    return row;
}

static accel_status print(const char *model, const sizes *s, const char *const *chosen)
{
    static const table_row header = {{"dtype", "Largest Layer", "Total Size", "Training using Adam"}};
    table_row rows[OPTION_WORDS_MAX];
    size_t count = 0;
    buffer title = {0};
    for (; chosen[count]; count++)
        rows[count] = make_row(s, chosen[count]);
    if (buffer_printf(&title, "Memory Usage for loading `%s`", model) == ACCEL_OK)
        table_print(stdout, title.data, &header, rows, count);
    buffer_dispose(&title);
    return accel_error_status();
}

/* ---- the command ---- */

static accel_status read_family(family *f, const char *model, bool is_timm)
{
    char *folder = file_is_directory(model) ? memory_copy_string(model) : file_directory(model);
    char *path = folder ? file_join(folder, "config.json") : NULL;
    if (path)
        family_read(f, path, is_timm);
    memory_free(path);
    memory_free(folder);
    return accel_error_status();
}

static accel_status estimate(const char *model, const settings *set)
{
    family f;
    sizes s;
    if (!file_exists(model))
        return accel_error_raise(ACCEL_ENOTFOUND, NULL, "%s: no such file or folder; models are not fetched",
                                 model);
    const bool is_timm = set->library_name && strcmp(set->library_name, "timm") == 0;
    weights *w = read_family(&f, model, is_timm) == ACCEL_OK ? weights_open(model, false) : NULL;
    if (w && measure(w, &f, &s) == ACCEL_OK)
        print(model, &s, set->dtypes[0] ? set->dtypes : dtypes);
    weights_close(w);
    return accel_error_status();
}

static int run(char **words)
{
    static const char *const names[] = {"model_name", NULL};
    const char *operands[1] = {NULL};
    settings s = {0};
    int status;
    if (!command_read(&estimate_memory_command, words, &s, names, operands, &status))
        return status;
    return estimate(operands[0], &s) == ACCEL_OK ? 0 : command_fail(&estimate_memory_command);
}
