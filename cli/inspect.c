#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/shown.h"
#include "cli/weights.h"

enum { NAME_WIDTH_MAX = 60 }; /* wider names push the columns behind them */

typedef struct settings {
    bool json;
} settings;

static const option options[] = {
    {.name = "json",
     .kind = OPTION_SWITCH,
     .offset = offsetof(settings, json),
     .text = "Writes one object of JSON: \"files\", \"tensors\", \"values\", \"elements\" and \"bytes\"."},
};

static int run(char **words);

const command inspect_command = {
    .name = "inspect",
    .arguments = "path",
    .summary = "Lists the tensors that files of weights hold.",
    .description = "Lists the tensors of a file of safetensors or of torch.save, or of all files of a model: a "
                   "folder, or an index. Of "
                   "each it shows the name, the dtype as its file has it, the shape and the bytes; and what "
                   "the files hold besides, "
                   "metadata or plain values.\n\n"
                   "Files are checked as wherever they are read, and nothing in them is run. A name that has "
                   "other than plain "
                   "characters is shown as a string of JSON.",
    .table = {.command = "accelerate inspect", .options = options, .count = sizeof options / sizeof options[0]},
    .run = run,
};

/* ---- for people ---- */

/* As much of a text as a line has room for. */
static void print_start(const char *text)
{
    const int length = safetensors_shown_length(text);
    char *start = memory_copy_bytes(text, (size_t)length);
    if (start)
        shown_print(stdout, start);
    if (text[length])
        fputs("…", stdout);
    memory_free(start);
}

static void print_value(const pickle_value *value)
{
    switch (value->kind) {
    case PICKLE_NONE:
        fputs("None", stdout);
        break;
    case PICKLE_BOOLEAN:
        fputs(value->boolean ? "True" : "False", stdout);
        break;
    case PICKLE_INTEGER:
        printf("%" PRId64, value->integer);
        break;
    case PICKLE_REAL:
        printf("%.15g", value->real);
        break;
    case PICKLE_STRING:
    case PICKLE_GLOBAL:
        print_start(value->text.bytes);
        break;
    case PICKLE_LIST:
    case PICKLE_TUPLE:
    case PICKLE_DICT:
        printf("%s of %zu", pickle_kind_name(value->kind), value->items.count);
        break;
    default:
        fputs(pickle_kind_name(value->kind), stdout);
    }
}

static void print_metadata(const safetensors_file *file)
{
    size_t count = 0;
    const safetensors_pair *pairs = safetensors_metadata(file, &count);
    for (size_t i = 0; i < count; i++) {
        fputs("  ", stdout);
        print_start(pairs[i].key);
        fputs(": ", stdout);
        print_start(pairs[i].value);
        fputs("\n", stdout);
    }
}

static void print_file(const weights *w, size_t file)
{
    const weights_file *f = &w->files[file];
    shown_print(stdout, f->path);
    printf(": %s, %zu bytes\n", f->pickle ? "torch.save" : "safetensors", f->size);
    if (f->safetensors)
        print_metadata(f->safetensors);
    for (size_t i = 0; i < w->values_count; i++) {
        if (w->values[i].file != file)
            continue;
        fputs("  ", stdout);
        print_start(w->values[i].name);
        fputs(": ", stdout);
        print_value(w->values[i].value);
        fputs("\n", stdout);
    }
}

/* "[2, 3]" */
static int print_shape(const weight *t)
{
    int width = printf("[");
    for (size_t i = 0; i < t->rank; i++)
        width += printf("%s%" PRId64, i ? ", " : "", t->shape[i]);
    return width + printf("]");
}

static int name_width(const weights *w)
{
    int widest = 0;
    for (size_t i = 0; i < w->count && widest < NAME_WIDTH_MAX; i++) {
        const int width = shown_width(w->at[i].name);
        widest = width > widest ? width : widest;
    }
    return widest < NAME_WIDTH_MAX ? widest : NAME_WIDTH_MAX;
}

static void fill(int from, int to) { printf("%*s", from < to ? to - from : 0, ""); }

static void print_tensor(const weights *w, size_t index, int width)
{
    const weight *t = &w->at[index];
    fill(shown_print(stdout, t->name), width);
    fill(printf("  %-8s  ", t->dtype) + print_shape(t), 32);
    printf("  %12zu", t->bytes);
    if (w->found.count > 1) {
        fputs("  ", stdout);
        shown_print(stdout, weights_file_name(w, t->file));
    }
    fputs("\n", stdout);
}

static void total(const weights *w, uint64_t *elements, uint64_t *bytes)
{
    *elements = *bytes = 0;
    for (size_t i = 0; i < w->count; i++) {
        *elements += w->at[i].elements;
        *bytes += w->at[i].bytes;
    }
}

static void print_all(const weights *w)
{
    uint64_t elements, bytes;
    const int width = name_width(w);
    for (size_t i = 0; i < w->found.count; i++)
        print_file(w, i);
    for (size_t i = 0; i < w->count; i++)
        print_tensor(w, i, width);
    total(w, &elements, &bytes);
    printf("%zu tensors, %" PRIu64 " elements, %" PRIu64 " bytes\n", w->count, elements, bytes);
}

/* ---- for programs ---- */

static void write_key(const char *before, const char *key) { printf("%s\"%s\": ", before, key); }

static void write_value(const pickle_value *value)
{
    if (value->kind == PICKLE_BOOLEAN)
        fputs(value->boolean ? "true" : "false", stdout);
    else if (value->kind == PICKLE_INTEGER)
        printf("%" PRId64, value->integer);
    else if (value->kind == PICKLE_REAL && isfinite(value->real))
        printf("%.17g", value->real);
    else if (value->kind == PICKLE_STRING)
        shown_quote(stdout, value->text.bytes);
    else
        fputs("null", stdout);
}

static void write_metadata(const safetensors_file *file)
{
    size_t count = 0;
    const safetensors_pair *pairs = safetensors_metadata(file, &count);
    fputs("{", stdout);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? ", " : "", stdout);
        shown_quote(stdout, pairs[i].key);
        fputs(": ", stdout);
        shown_quote(stdout, pairs[i].value);
    }
    fputs("}", stdout);
}

static void write_file(const weights_file *f)
{
    write_key("{", "path");
    shown_quote(stdout, f->path);
    write_key(", ", "format");
    shown_quote(stdout, f->pickle ? "torch.save" : "safetensors");
    write_key(", ", "size");
    printf("%zu", f->size);
    if (f->safetensors) {
        write_key(", ", "metadata");
        write_metadata(f->safetensors);
    }
    fputs("}", stdout);
}

static void write_tensor(const weights *w, const weight *t)
{
    write_key("{", "name");
    shown_quote(stdout, t->name);
    write_key(", ", "dtype");
    shown_quote(stdout, t->dtype);
    write_key(", ", "shape");
    print_shape(t);
    write_key(", ", "bytes");
    printf("%zu", t->bytes);
    write_key(", ", "file");
    shown_quote(stdout, weights_file_name(w, t->file));
    fputs("}", stdout);
}

static void write_named(const weights *w, const weights_value *v)
{
    write_key("{", "name");
    shown_quote(stdout, v->name);
    write_key(", ", "kind");
    shown_quote(stdout, pickle_kind_name(v->value->kind));
    write_key(", ", "value");
    write_value(v->value);
    write_key(", ", "file");
    shown_quote(stdout, weights_file_name(w, v->file));
    fputs("}", stdout);
}

static void write_all(const weights *w)
{
    uint64_t elements, bytes;
    write_key("{", "files");
    for (size_t i = 0; i < w->found.count; i++) {
        fputs(i ? ",\n  " : "[\n  ", stdout);
        write_file(&w->files[i]);
    }
    write_key("],\n ", "tensors");
    fputs("[", stdout);
    for (size_t i = 0; i < w->count; i++) {
        fputs(i ? ",\n  " : "\n  ", stdout);
        write_tensor(w, &w->at[i]);
    }
    write_key("],\n ", "values");
    fputs("[", stdout);
    for (size_t i = 0; i < w->values_count; i++) {
        fputs(i ? ",\n  " : "\n  ", stdout);
        write_named(w, &w->values[i]);
    }
    total(w, &elements, &bytes);
    printf("],\n \"elements\": %" PRIu64 ", \"bytes\": %" PRIu64 "}\n", elements, bytes);
}

static int run(char **words)
{
    static const char *const names[] = {"path", NULL};
    const char *operands[1] = {NULL};
    settings s = {false};
    int status;
    if (!command_read(&inspect_command, words, &s, names, operands, &status))
        return status;
    weights *w = weights_open(operands[0], false);
    if (!w)
        return command_fail(&inspect_command);
    (s.json ? write_all : print_all)(w);
    weights_close(w);
    return accel_error_is_set() ? command_fail(&inspect_command) : 0;
}
