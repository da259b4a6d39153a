/* BERT: embeddings, encoder, pooler, and a classifier over the pooled first token. */
#ifndef ACCEL_MODELS_BERT_H
#define ACCEL_MODELS_BERT_H

#include <accel/module.h>

#include "models/model_config.h"

#define BERT_ARCHITECTURE "BertForSequenceClassification"

/* The model a config.json describes: new, its parameters not initialised. `release` is called with `c` when the model
   ends, and not on failure. */
accel_module *bert_create(model_config *c, int64_t num_labels, void (*release)(void *user));

/* The configuration that the `user` of such a module was made with; NULL when it is not the user of one. */
const model_config *bert_config(const void *user);

#endif
