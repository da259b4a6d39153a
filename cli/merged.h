/* The one file that weights of several are merged into. */
#ifndef ACCEL_CLI_MERGED_H
#define ACCEL_CLI_MERGED_H

#include "base/file.h"
#include "cli/weights.h"

/* What went in. Tied tensors are one of safetensors; of the others the first is an example. */
typedef struct merged {
    size_t tensors, left_out;
    uint64_t bytes;
    const char *left_out_name, *kept_name;
} merged;

/* Both write everything but the file's place, see file_writer_commit, from where it is in the files of `w`. NULL on failure: for
   what is no named tensor, or of a type that the kind of file lacks. */
file_writer *merged_stage_safetensors(const weights *w, const char *path, merged *made);
file_writer *merged_stage_pickle(const weights *w, const char *path, merged *made);

#endif
