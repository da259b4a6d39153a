/**
 * Datasets of tokens: files of numbers, one after another, that language models are trained on.
 *
 *     accel_dataset *train = accel_token_dataset("train.bin", .token_bytes = 2, .sequence_length = 1024);
 *
 * Source: the memory-mapped training files of nanoGPT, llm.c and Megatron.
 */
#ifndef ACCEL_TOKEN_DATASET_H
#define ACCEL_TOKEN_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/dataset.h>

ACCEL_BEGIN_DECLS

typedef struct accel_token_dataset_options {
    size_t struct_size;
    int64_t sequence_length; /**< T, tokens in a sample, ≥ 1: needed */
    int64_t stride;  /**< tokens from the start of a sample to that of the next, ≥ 1; 0: sequence_length */
    int token_bytes; /**< of a token in the file, little-endian: 2 or 4 without a sign, 8 with one */
    int64_t offset;  /**< bytes before the first token, such as 1024 in the files of llm.c */
    bool
        shift_labels; /**< labels are the tokens after the inputs, for models that do not shift them; otherwise the inputs */
} accel_token_dataset_options;
#define ACCEL_TOKEN_DATASET_DEFAULTS()                                                                         \
    .struct_size = sizeof(accel_token_dataset_options), .sequence_length = 0, .stride = 0, .token_bytes = 2,   \
    .offset = 0, .shift_labels = false

/** A dataset over a file of tokens, of which only the samples of a batch are read, so that it may be larger than memory: new. Samples:
    input_ids, labels (int64): (T). Sample i begins at token i · stride; what is left at the end of the file is not used. A file of NumPy
    (one dimension, uint16, int16, uint32, int32 or int64) has its own token_bytes and offset. ACCEL_EFORMAT for a file that ends within a token
    or has fewer tokens than a sample; ACCEL_EIO, from the loop, for one that was written to or got shorter. */
ACCEL_API accel_dataset *accel_token_dataset_with(const char *path, const accel_token_dataset_options *options);
ACCEL_API accel_token_dataset_options accel_token_dataset_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_1(accel_dataset *, accel_token_dataset, const char *, accel_token_dataset_options)
#else
#define accel_token_dataset(...)                                                                               \
    ACCEL_CALL_1(accel_token_dataset_with, accel_token_dataset_options, ACCEL_TOKEN_DATASET_DEFAULTS,          \
                 __VA_ARGS__)
#endif

ACCEL_END_DECLS

#endif
