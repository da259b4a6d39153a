/* What the benchmarks of a sequence classifier are told, and what they train on. */
#ifndef BENCHMARKS_CLASSIFIER_H
#define BENCHMARKS_CLASSIFIER_H

#include <stdlib.h>
#include <string.h>

#include <accel/accel.h>

typedef struct arguments {
    const char *model;
    long batch, tokens, steps, warmup;
} arguments;

/* --model FOLDER [--batch 32] [--tokens 32] [--steps 10] [--warmup 3] */
static arguments parse(int argc, char **argv)
{
    arguments a = {.batch = 32, .tokens = 32, .steps = 10, .warmup = 3};
    for (int i = 1; i + 1 < argc; i += 2) {
        long number = strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--model") == 0)
            a.model = argv[i + 1];
        else if (strcmp(argv[i], "--batch") == 0)
            a.batch = number;
        else if (strcmp(argv[i], "--tokens") == 0)
            a.tokens = number;
        else if (strcmp(argv[i], "--steps") == 0)
            a.steps = number;
        else if (strcmp(argv[i], "--warmup") == 0)
            a.warmup = number;
    }
    return a;
}

/* Random ids, every token attended to: nothing but the step is timed. */
static accel_dict *make_batch(long batch, long tokens)
{
    accel_tensor *ids = accel_op("aten::randint.low", 1000, 30000, ACCEL_INTS(batch, tokens));
    accel_tensor *labels = accel_op("aten::randint.low", 0, 2, ACCEL_INTS(batch));
    accel_dict *result = accel_dict_create();
    accel_dict_set(result, "input_ids", ids);
    accel_dict_set(result, "token_type_ids", accel_zeros(ACCEL_INT64, ACCEL_SHAPE(batch, tokens)));
    accel_dict_set(result, "attention_mask", accel_ones(ACCEL_INT64, ACCEL_SHAPE(batch, tokens)));
    accel_dict_set(result, "labels", labels);
    return result;
}

#endif
