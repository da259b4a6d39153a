/* A model's config.json: read with checks that name the file and the key. */
#ifndef ACCEL_MODELS_MODEL_CONFIG_H
#define ACCEL_MODELS_MODEL_CONFIG_H

#include <jansson.h>
#include <stdint.h>

#include <accel/error.h>

typedef struct model_config {
    json_t *root; /* owned */
    char *path;   /* of the file: owned */
    char *folder; /* that the file is in, wherever the program is later: owned; NULL when it is gone */
} model_config;

/* Reads FOLDER/config.json. End it with model_config_dispose, also after a failure. */
accel_status model_config_read(model_config *c, const char *folder);
void model_config_dispose(model_config *c);

/* A key's value; `absent` when there is no such key or it is null. Another type, or a value outside the limits, is an
   error. An `absent` outside the limits means that the key must be there. */
int64_t model_config_integer(const model_config *c, const char *key, int64_t absent, int64_t min, int64_t max);
double model_config_real(const model_config *c, const char *key, double absent, double min, double max);
const char *model_config_string(const model_config *c, const char *key, const char *absent);

/* More labels than anybody has. */
enum { MODEL_CONFIG_LABELS_MAX = 1 << 20 };

/* The number of labels that "num_labels" or "id2label" says; 0 when neither is there. */
int64_t model_config_labels(const model_config *c);

/* Makes the number of labels, their names ("LABEL_0", …), the dtype and the architecture what the model has. */
accel_status model_config_describe(model_config *c, const char *architecture, int64_t num_labels);

/* Writes FOLDER/config.json. */
accel_status model_config_write(const model_config *c, const char *folder);

#endif
