/**
 * Pretrained models from Hugging Face folders, and datasets of text for them.
 *
 *     accel_module *model = accel_model_from_pretrained("minilm", .task = "sequence-classification", .num_labels = 2);
 *     accel_dict *outputs = accel_forward(model, batch);      // batch: input_ids, attention_mask, …, labels
 *     accel_tensor *loss = accel_get(outputs, "loss"), *logits = accel_get(outputs, "logits");
 *     accelerator_save_pretrained(acc, model, "out");         // transformers loads it
 */
#ifndef ACCEL_MODEL_H
#define ACCEL_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include <accel/accelerator.h>
#include <accel/checkpoint.h>
#include <accel/dataset.h>
#include <accel/module.h>
#include <accel/table.h>
#include <accel/tokenizer.h>

ACCEL_BEGIN_DECLS

typedef struct accel_model_options {
    size_t struct_size;
    const char *task;   /**< "sequence-classification" */
    int64_t num_labels; /**< classes, ≥ 2; 0: as config.json says, else 2 */
} accel_model_options;
#define ACCEL_MODEL_DEFAULTS()                                                                                 \
    .struct_size = sizeof(accel_model_options), .task = "sequence-classification", .num_labels = 0

/**
 * A model from a folder with config.json and weights in any form that accel_load reads: new, in training mode.
 *
 * Families: BERT ("model_type": "bert"), with absolute positions and the activations gelu or relu.
 *
 * Inputs, a dict: input_ids (int64): (B, T); attention_mask (B, T), 1 where there is a token, 0 for padding, may be
 * absent: all 1; token_type_ids (int64): (B, T), may be absent: all 0; labels (int64, 0 ≤ label < C): (B), may be absent.
 * Outputs: logits: (B, C); with labels the mean cross entropy, loss: ().
 *
 * Weights may be named with or without the "bert." prefix. A head or pooler that the folder lacks is initialised from
 * the default generator (one normal draw of config.json's initializer_range a weight, biases 0) and reported in the
 * log of the first process of each machine; any other missing weight, and a shape that does not fit, is an error.
 * Tensors that the model does not have are left alone.
 *
 * Source: transformers' AutoModelForSequenceClassification.from_pretrained. Difference: that initialises any weight
 * that is missing.
 */
ACCEL_API accel_module *accel_model_from_pretrained_with(const char *folder,
                                                         const accel_model_options *options);
ACCEL_API accel_model_options accel_model_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_1(accel_module *, accel_model_from_pretrained, const char *, accel_model_options)
#else
#define accel_model_from_pretrained(...)                                                                       \
    ACCEL_CALL_1(accel_model_from_pretrained_with, accel_model_options, ACCEL_MODEL_DEFAULTS, __VA_ARGS__)
#endif

/* transformers' own default is larger than Accelerate's. */
#define ACCEL_SAVE_PRETRAINED_DEFAULTS()                                                                       \
    .struct_size = sizeof(accel_save_state_dict_options), .max_shard_size = "50GB", .safe_serialization = true

/** Writes config.json and the weights, as accel_save_state_dict does, into the folder, which is made; the files of the tokenizer that
    lay beside the model when it was loaded, if they still do, are copied along. Source: PreTrainedModel.save_pretrained. Difference:
    no number of parameters in an index. */
ACCEL_API accel_status accel_model_save_pretrained_with(accel_module *model, const char *folder,
                                                        const accel_save_state_dict_options *options);
/** accel_model_save_pretrained(model, "out", .max_shard_size = "1GB") */
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_status, accel_model_save_pretrained, accel_module *, const char *,
                  accel_save_state_dict_options)
#else
#define accel_model_save_pretrained(...)                                                                       \
    ACCEL_CALL_2(accel_model_save_pretrained_with, accel_save_state_dict_options,                              \
                 ACCEL_SAVE_PRETRAINED_DEFAULTS, __VA_ARGS__)
#endif

/** The same by the main process only, for which the others wait. Collective. Source:
    save_pretrained(is_main_process=…). */
ACCEL_API accel_status accelerator_save_pretrained_with(accelerator *acc, accel_module *model,
                                                        const char *folder,
                                                        const accel_save_state_dict_options *options);
/** accelerator_save_pretrained(acc, model, "out") */
#ifdef __cplusplus
ACCEL_OVERLOADS_3(accel_status, accelerator_save_pretrained, accelerator *, accel_module *, const char *,
                  accel_save_state_dict_options)
#else
#define accelerator_save_pretrained(...)                                                                       \
    ACCEL_CALL_3(accelerator_save_pretrained_with, accel_save_state_dict_options,                              \
                 ACCEL_SAVE_PRETRAINED_DEFAULTS, __VA_ARGS__)
#endif

typedef struct accel_text_dataset_options {
    size_t struct_size;
    int64_t text_column; /**< of the table, from 0 */
    int64_t max_length;  /**< tokens a text is cut to, special ones included; 0: not cut */
} accel_text_dataset_options;
#define ACCEL_TEXT_DATASET_DEFAULTS()                                                                          \
    .struct_size = sizeof(accel_text_dataset_options), .text_column = 0, .max_length = 0

/** Which row of a table a sample is, and its label. */
typedef struct accel_labelled_row {
    int64_t row;
    int64_t label;
} accel_labelled_row;

/** A dataset of labelled texts: new. Sample i is rows[i] as input_ids, token_type_ids, attention_mask: (T), and labels:
    (); a batch fills them up to its longest text. Texts are tokenised when a batch needs them, by the loader's
    threads. The tokenizer and the table are retained, `rows` is copied. */
ACCEL_API accel_dataset *accel_text_dataset_with(accel_tokenizer *tokenizer, accel_table *table,
                                                 const accel_labelled_row *rows, size_t count,
                                                 const accel_text_dataset_options *options);
ACCEL_API accel_text_dataset_options accel_text_dataset_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_4(accel_dataset *, accel_text_dataset, accel_tokenizer *, accel_table *,
                  const accel_labelled_row *, size_t, accel_text_dataset_options)
#else
#define accel_text_dataset(...)                                                                                \
    ACCEL_CALL_4(accel_text_dataset_with, accel_text_dataset_options, ACCEL_TEXT_DATASET_DEFAULTS, __VA_ARGS__)
#endif

ACCEL_END_DECLS

#endif
