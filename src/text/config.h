/* tokenizer_config.json: what a checkpoint's folder says over its tokenizer.json or vocab.txt. */
#ifndef ACCEL_TEXT_CONFIG_H
#define ACCEL_TEXT_CONFIG_H

#include "text/normalizer.h"

typedef enum config_token {
    CONFIG_UNK,
    CONFIG_SEP,
    CONFIG_PAD,
    CONFIG_CLS,
    CONFIG_MASK,
    CONFIG_TOKENS
} config_token;

/* Start with {0}, which says nothing. */
typedef struct config {
    bool has_lowercase, lowercase;
    bool has_chinese, chinese;
    bool has_accents;
    normalizer_accents accents;
    char *tokens[CONFIG_TOKENS]; /* NULL where the file names none */
} config;

/* Reads the file's bytes; `path` names them in messages. */
accel_status config_read(config *c, const char *path, const char *bytes, size_t size);
void config_dispose(config *c);

/* Puts what the config says over the switches. */
void config_apply(const config *c, normalizer *n);

/* The config's token of a kind, or BERT's. */
const char *config_token_or_default(const config *c, config_token token);

#endif
