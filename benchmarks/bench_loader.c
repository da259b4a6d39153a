/*
 * Loaders, timed: the C side of reference_loader.py.
 *
 *     bench_loader --model FOLDER --data FILE
 *
 * The main process prints one JSON line: batch_s, seconds for a batch of 32 rows of 8 numbers in memory; wait_s, seconds that a loop
 * waits for a batch which the main process reads for all, while steps of 3 ms run between; and where there is one process,
 * sentence_s, seconds for a sentence that is cut into tokens and padded into a batch of 32.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <accel/accel.h>

#include "timing.h"

enum { ROUNDS = 7, ROWS = 32000, WAITED_ROWS = 32 * 64, STEP_NANOSECONDS = 3000000 };

static accel_dataset *numbers(int64_t rows)
{
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x", accel_rand(NULL, ACCEL_SHAPE(rows, 8)));
    accel_dict_set(data, "y", accel_arange(rows));
    return accel_tensor_dataset(data);
}

static double time_batch(void)
{
    double seconds[ROUNDS];
    accelerator *acc = accelerator_create(.cpu = true);
    accel_loader *loader = accel_loader_create(numbers(ROWS), .batch_size = 32, .shuffle = true);
    accelerator_prepare(acc, loader);
    for (int round = 0; round < ROUNDS; round++) {
        double begin = seconds_now();
        accel_for_each (batch, loader)
            ;
        seconds[round] = (seconds_now() - begin) / (double)accel_loader_length(loader);
    }
    double each = median(seconds, ROUNDS);
    return accelerator_finish(acc) == 0 ? each : -1;
}

static double time_wait(bool *is_main)
{
    double seconds[ROUNDS];
    const struct timespec step = {.tv_nsec = STEP_NANOSECONDS};
    accelerator *acc = accelerator_create(.cpu = true, .dispatch_batches = true);
    accel_loader *loader = accel_loader_create(numbers(WAITED_ROWS), .batch_size = 32, .shuffle = true);
    accelerator_prepare(acc, loader);
    *is_main = accelerator_is_main_process(acc);
    for (int round = 0; round < ROUNDS; round++) {
        double waited = 0;
        accelerator_wait_for_everyone(acc);
        accel_loader_begin(loader);
        for (double begin = seconds_now(); accel_loader_next(loader); begin = seconds_now()) {
            waited += seconds_now() - begin;
            nanosleep(&step, NULL);
        }
        accel_loader_end(loader);
        seconds[round] = waited / (double)accel_loader_length(loader);
    }
    double each = median(seconds, ROUNDS);
    return accelerator_finish(acc) == 0 ? each : -1;
}

static double time_sentence(const char *model, const char *data)
{
    enum { TOKEN_ROUNDS = 3 };
    double seconds[TOKEN_ROUNDS];
    accelerator *acc = accelerator_create(.cpu = true);
    accel_table *table = accel_table_read(data);
    int64_t count = accel_table_rows(table);
    accel_labelled_row *rows = calloc(count > 0 ? (size_t)count : 1, sizeof *rows);
    for (int64_t i = 0; rows && i < count; i++)
        rows[i].row = i;
    accel_dataset *sentences = accel_text_dataset(accel_tokenizer_load(model), table, rows, (size_t)count,
                                                  .text_column = 2, .max_length = 64);
    accel_loader *loader = accel_loader_create(sentences, .batch_size = 32);
    accelerator_prepare(acc, loader);
    for (int round = 0; round < TOKEN_ROUNDS; round++) {
        double begin = seconds_now();
        accel_for_each (batch, loader)
            ;
        seconds[round] = (seconds_now() - begin) / (double)count;
    }
    free(rows);
    double each = median(seconds, TOKEN_ROUNDS);
    return accelerator_finish(acc) == 0 ? each : -1;
}

int main(int argc, char **argv)
{
    if (argc != 5 || strcmp(argv[1], "--model") != 0 || strcmp(argv[3], "--data") != 0) {
        fprintf(stderr, "usage: bench_loader --model FOLDER --data FILE\n");
        return 2;
    }
    const char *processes = getenv("WORLD_SIZE");
    bool is_main = true, alone = !processes || strcmp(processes, "1") == 0;
    double batch = time_batch(), wait = time_wait(&is_main);
    double sentence = alone ? time_sentence(argv[2], argv[4]) : 0;
    if (is_main)
        printf("{\"name\": \"loader\", \"batch_s\": %.9f, \"wait_s\": %.9f, \"sentence_s\": %.9f}\n", batch,
               wait, sentence);
    return batch < 0 || wait < 0 || sentence < 0;
}
