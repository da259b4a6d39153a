/* A small BERT in a folder of its own, as sound or as wrong as a test makes it; and what every test begins and ends
 * with. */
#ifndef TESTS_MODELS_TINY_H
#define TESTS_MODELS_TINY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <accel/accel.h>

#include "base/memory.h"

enum { VOCABULARY = 20, HIDDEN = 8, WIDE = 12, LAYERS = 2, POSITIONS = 16 };

#define CONFIG_BODY                                                                                            \
    "\"hidden_size\": 8, \"intermediate_size\": 12, \"num_hidden_layers\": 2, \"num_attention_heads\": 2, "    \
    "\"vocab_size\": 20, \"max_position_embeddings\": 16, \"type_vocab_size\": 2, \"pad_token_id\": 3, "       \
    "\"hidden_act\": \"gelu\", \"hidden_dropout_prob\": 0.1, \"attention_probs_dropout_prob\": 0.1"
#define CONFIG "{\"model_type\": \"bert\", " CONFIG_BODY "}"

static char folder[64];
static accel_scope *scope;
static size_t live_before;

static inline const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static inline void write_text(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

static inline int remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static inline int begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/accel-models-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    live_before = accel_live_handles();
    scope = accel_scope_begin();
    accel_set_seed(42);
    return scope ? 0 : -1;
}

static inline int end(void **state)
{
    (void)state;
    accel_error_clear();
    memory_fail_at(0);
    accel_log_set_callback(NULL, NULL);
    accel_scope_end(scope);
    if (accel_live_handles() != live_before)
        print_error("%zu handles are alive, %zu were before\n", accel_live_handles(), live_before);
    return remove_folder() == 0 && accel_live_handles() == live_before ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static inline void expect_failure(accel_status status, const char *text)
{
    assert_string_equal(accel_error_text(), text);
    assert_int_equal(accel_error_status(), status);
    accel_error_clear();
}

/* The same, where `text` follows the folder in the message. */
static inline void expect_folder_failure(accel_status status, const char *call, const char *text)
{
    char expected[1200];
    snprintf(expected, sizeof expected, "%s%s%s%s", call, *call ? ": " : "", folder, text);
    expect_failure(status, expected);
}

static inline void expect_no_failure(void)
{
    if (accel_error_is_set())
        fail_msg("%s", accel_error_text());
}

/* Adds "<prefix><layer><name>" with random values; `columns` 0 makes it 1-dimensional. */
typedef struct naming {
    accel_dict *dict;
    const char *prefix, *layer;
} naming;

static inline void set_random(naming n, const char *name, const char *kind, int64_t rows, int64_t columns)
{
    char full[512];
    snprintf(full, sizeof full, "%s%s%s.%s", n.prefix, n.layer, name, kind);
    accel_tensor *values =
        columns ? accel_randn(NULL, ACCEL_SHAPE(rows, columns)) : accel_randn(NULL, ACCEL_SHAPE(rows));
    accel_dict_set(n.dict, full, accel_mul_scalar(values, 0.3));
}

static inline void set_dense(naming n, const char *name, int64_t out, int64_t in)
{
    set_random(n, name, "weight", out, in);
    set_random(n, name, "bias", out, 0);
}

/* Every weight, all random: with `prefix` before those of the encoder, and a classifier of `labels` unless that is 0. */
static inline accel_dict *tiny_weights(const char *prefix, int64_t labels)
{
    accel_dict *dict = accel_dict_create();
    naming top = {dict, prefix, ""};
    set_random(top, "embeddings.word_embeddings", "weight", VOCABULARY, HIDDEN);
    set_random(top, "embeddings.position_embeddings", "weight", POSITIONS, HIDDEN);
    set_random(top, "embeddings.token_type_embeddings", "weight", 2, HIDDEN);
    set_dense(top, "embeddings.LayerNorm", HIDDEN, 0);
    for (int i = 0; i < LAYERS; i++) {
        naming layer = {dict, prefix, i ? "encoder.layer.1." : "encoder.layer.0."};
        set_dense(layer, "attention.self.query", HIDDEN, HIDDEN);
        set_dense(layer, "attention.self.key", HIDDEN, HIDDEN);
        set_dense(layer, "attention.self.value", HIDDEN, HIDDEN);
        set_dense(layer, "attention.output.dense", HIDDEN, HIDDEN);
        set_dense(layer, "attention.output.LayerNorm", HIDDEN, 0);
        set_dense(layer, "intermediate.dense", WIDE, HIDDEN);
        set_dense(layer, "output.dense", HIDDEN, WIDE);
        set_dense(layer, "output.LayerNorm", HIDDEN, 0);
    }
    set_dense(top, "pooler.dense", HIDDEN, HIDDEN);
    if (labels)
        set_dense((naming){dict, "", ""}, "classifier", labels, HIDDEN);
    return dict;
}

/* Writes both files into the folder and loads them. */
static inline accel_module *load_tiny(const char *config, accel_dict *weights)
{
    write_text("config.json", config);
    assert_int_equal(accel_save(weights, in_folder("model.safetensors")), ACCEL_OK);
    return accel_model_from_pretrained(folder);
}

static inline double largest_difference(accel_tensor *a, accel_tensor *b)
{
    double worst = accel_item(accel_max(accel_abs(accel_sub(a, b))));
    expect_no_failure();
    return worst;
}

#endif
