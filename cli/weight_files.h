/* Which files hold the weights that a path stands for. */
#ifndef ACCEL_CLI_WEIGHT_FILES_H
#define ACCEL_CLI_WEIGHT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/error.h>

#include "safetensors/index.h"

typedef struct weight_files {
    char **paths; /* in the order of their names */
    size_t count;
    char *index_path;         /* NULL: there is none */
    safetensors_index *index; /* and what it says */
} weight_files;

/* A file of weights stands for itself and an index for its shards. In a folder it is model.safetensors, then its index, then
   shards without an index, which must all be there; then the same of pytorch_model.bin. `shards_first`: a whole file
   comes last among those of its kind. On failure, too, end it with weight_files_dispose. */
accel_status weight_files_find(weight_files *files, const char *path, bool shards_first);

void weight_files_dispose(weight_files *files);

/* Whether a file is one of torch.save, by its first bytes or, if it is too old to be read, by its name. */
bool weight_files_is_pickle(const char *path);

#endif
