/* What config.json tells of a model beside its weights. */
#ifndef ACCEL_CLI_FAMILY_H
#define ACCEL_CLI_FAMILY_H

#include <accel/error.h>

#include "cli/layers.h"

enum { FAMILY_BUFFERS_MAX = 2 };

/* A tensor that a model makes for itself and that no file needs to have. */
typedef struct family_buffer {
    const char *module, *name; /* in the module of that name, "" for the model itself */
    uint64_t bytes;
} family_buffer;

typedef struct family {
    layers_kept kept;
    family_buffer buffers[FAMILY_BUFFERS_MAX];
    size_t buffers_count;
} family;

/* Reads config.json, which may be missing: then, and for a model_type that is not known, blocks are kept whole; for one of timm
   nothing is. ACCEL_EUNSUPPORTED for weights that are quantized. */
accel_status family_read(family *f, const char *config_path, bool is_timm);

#endif
