/* Weights of either kind, in one file or several: what they are called, and where their bytes are. */
#ifndef ACCEL_CLI_WEIGHTS_H
#define ACCEL_CLI_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/weight_files.h"
#include "pickle/reader.h"
#include "safetensors/reader.h"

/* A tensor. What is nested in a file of torch.save has its keys joined by dots as its name. */
typedef struct weight {
    const char *name;
    const char *dtype; /* as its kind of file has it: "F32", "float32" */
    size_t rank;
    const int64_t *shape;
    size_t elements, bytes;
    size_t file;                    /* which one */
    bool is_nested;                 /* no entry of a dict that is the whole file */
    const safetensors_entry *entry; /* this in a file of safetensors, */
    const pickle_tensor *tensor;    /* this in one of torch.save */
} weight;

/* What a file of torch.save holds besides tensors. */
typedef struct weights_value {
    const char *name;
    const pickle_value *value;
    size_t file;
} weights_value;

typedef struct weights_file {
    const char *path;
    size_t size;                   /* bytes */
    safetensors_file *safetensors; /* one of the two */
    pickle_file *pickle;
} weights_file;

typedef struct weights {
    weight_files found;
    weights_file *files; /* one for each path that was found */
    weight *at;          /* in the order of files and, within one, in the file's own */
    size_t count, capacity;
    weights_value *values;
    size_t values_count, values_capacity;
    pickle_arena *names;
} weights;

/* Maps the files that a path stands for, see weight_files_find, and checks that no name is there twice and that an index and its
   files say the same. New; end it with weights_close. NULL on failure. */
weights *weights_open(const char *path, bool shards_first);

void weights_close(weights *w); /* NULL does nothing */

/* The first weight that is the same elements of the same storage, by its place; its own for most. */
size_t *weights_find_tied(const weights *w); /* new, to be freed with memory_free; NULL on failure */

/* A file's name without its folders. Borrowed. */
const char *weights_file_name(const weights *w, size_t file);

#endif
