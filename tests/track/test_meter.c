/* The line against what tqdm.format_meter writes for the same numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <accel/error.h>

#include "track/meter.h"

static void expect_line(const meter *m, double now, size_t columns, bool ascii, const char *expected)
{
    buffer line = {0};
    assert_int_equal(buffer_append_string(&line, "kept "), ACCEL_OK);
    assert_int_equal(meter_print(m, now, columns, ascii, &line), ACCEL_OK);
    assert_memory_equal(line.data, "kept ", 5);
    assert_string_equal(line.data + 5, expected);
    assert_int_equal(strlen(line.data), line.size);
    buffer_dispose(&line);
}

static void reads_as_tqdm(void **state)
{
    (void)state;
    const struct {
        int64_t count, total;
        double elapsed;
        size_t columns; /* 0 in tqdm too: no bar */
        bool ascii;
        double rate; /* 0: the average */
        const char *label, *postfix, *line;
    } rows[] = {
        {43, 100, 4.25, 79, false, 10.12, "train", "loss=0.31",
         "train:  43%|█████████▉             | 43/100 [00:04<00:05, 10.12it/s, loss=0.31]"},
        {43, 100, 4.25, 79, true, 10.12, "train", "loss=0.31",
         "train:  43%|#########8             | 43/100 [00:04<00:05, 10.12it/s, loss=0.31]"},
        {0, 100, 0.0, 79, false, 0, "train", "",
         "train:   0%|                                           | 0/100 [00:00<?, ?it/s]"},
        {0, 100, 3.0, 79, false, 0, "train", "",
         "train:   0%|                                           | 0/100 [00:03<?, ?it/s]"},
        {100, 100, 9.99, 79, false, 0, "", "",
         "100%|████████████████████████████████████████| 100/100 [00:09<00:00, 10.01it/s]"},
        {1, 3, 7.0, 60, false, 0, "eval", "accuracy=0.5",
         "eval:  33%|█▋   | 1/3 [00:07<00:14,  7.00s/it, accuracy=0.5]"},
        {5, 0, 2.5, 79, false, 0, "x", "", "x: 5it [00:02,  2.00it/s]"},
        {5, -1, 2.5, 79, false, 0, "", "a=1", "5it [00:02,  2.00it/s, a=1]"},
        {11, 10, 2.5, 79, false, 0, "over", "", "over: 11it [00:02,  4.40it/s]"},
        {1, 1000000, 3600.0, 79, false, 0, "slow", "",
         "slow:   0%|                     | 1/1000000 [1:00:00<999999:00:00, 3600.00s/it]"},
        {999, 1000, 3599.9, 79, false, 0.25, "", "",
         "100%|██████████████████████████████████████▉| 999/1000 [59:59<00:04,  4.00s/it]"},
        {50, 100, 360000.0, 40, false, 0, "t", "", "t:  50%|▌| 50/100 [100:00:00<100:00:00, "},
        {7, 9, 1.0, 25, false, 0, "a label that is long", "p", "a label that is long:  78"},
        {1, 2, 1.0, 10, false, 0, "é学習x", "", "é学習x:  5"},
        {1, 2, 1.0, 1, false, 0, "t", "", "t"},
        {50, 100, 5.0, 0, false, 0, "log", "loss=1", "log:  50% 50/100 [00:05<00:05, 10.00it/s, loss=1]"},
        {5, -1, 5.0, 0, false, 0, "log", "loss=1", "log: 5it [00:05,  1.00it/s, loss=1]"},
        {123456789012, 999999999999, 86400.0, 100, false, 0, "big", "",
         "big:  12%|███▏                      | 123456789012/999999999999 [24:00:00<170:24:00, "
         "1428898.02it/s]"},
        {1, 3, 1.0, 50, false, 0, "学習", "", "学習:  33%|███      | 1/3 [00:01<00:02,  1.00it/s]"},
        {995, 1000, 10.0, 79, false, 0, "", "",
         "100%|██████████████████████████████████████▊| 995/1000 [00:10<00:00, 99.50it/s]"},
        {5, 1000, 10.0, 79, false, 0, "", "",
         "  0%|▏                                        | 5/1000 [00:10<33:10,  2.00s/it]"},
        {1, 100, 1.0, 79, false, 1.0, "", "",
         "  1%|▍                                         | 1/100 [00:01<01:39,  1.00it/s]"},
        {1, 100, 1.0, 79, false, 0.999, "", "",
         "  1%|▍                                         | 1/100 [00:01<01:39,  1.00s/it]"},
        {1, 8, 1.0, 34, false, 0, "", "", " 12%|▏| 1/8 [00:01<00:07,  1.00it/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char label[64];
        meter m = {.label = strcpy(label, rows[i].label), .total = rows[i].total, .started = 1000};
        m.count = rows[i].count;
        m.smooth_count = rows[i].rate;
        m.smooth_seconds = rows[i].rate > 0;
        strcpy(m.postfix, rows[i].postfix);
        expect_line(&m, 1000 + rows[i].elapsed, rows[i].columns, rows[i].ascii, rows[i].line);
    }
}

/* tqdm with its clock set to these times. */
static void smooths_the_rate_as_tqdm(void **state)
{
    (void)state;
    char label[] = "t";
    meter m = {.label = label, .total = 100, .started = 100, .sampled_at = 100};
    const struct {
        double now;
        int64_t counted;
        const char *line;
    } steps[] = {
        {100.5, 1, "t:   1%|▏                   | 1/100 [00:00<00:49,  2.00it/s]"},
        {101, 2, "t:   3%|▌                   | 3/100 [00:01<00:30,  3.18it/s]"},
        {103, 1, "t:   4%|▊                   | 4/100 [00:03<01:26,  1.11it/s]"},
        {103.3, 8, "t:  12%|██▎                | 12/100 [00:03<00:18,  4.74it/s]"},
        {133.3, 3, "t:  15%|██▊                | 15/100 [00:33<04:27,  3.14s/it]"},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        m.count += steps[i].counted;
        meter_sample(&m, steps[i].now);
        meter_sample(&m, steps[i].now + 0.01); /* nothing new */
        expect_line(&m, steps[i].now, 60, false, steps[i].line);
    }
    meter_average(&m);
    expect_line(&m, 134.3, 60, false, "t:  15%|██▊                | 15/100 [00:34<03:14,  2.29s/it]");
}

static void takes_no_sample_backwards(void **state)
{
    (void)state;
    char label[] = "";
    meter m = {.label = label, .total = 10, .started = 0, .sampled_at = 0};
    m.count = 5;
    meter_sample(&m, 0);
    m.count = -5;
    meter_sample(&m, 1);
    assert_true(m.smooth_seconds == 0);
    expect_line(&m, 1, 40, true, "  0%|           | -5/10 [00:01<?, ?it/s]");
}

static void survives_absurd_numbers(void **state)
{
    (void)state;
    char label[] = "";
    meter m = {.label = label, .total = INT64_MAX, .sampled_count = INT64_MIN};
    const int64_t counts[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    const double times[] = {-1e300, 0, 1e-300, 1, 1e300};
    for (size_t i = 0; i < 25; i++) {
        m.count = counts[i / 5];
        meter_sample(&m, times[i % 5]);
        for (size_t columns = 0; columns < 200; columns += 13) {
            buffer line = {0};
            assert_int_equal(meter_print(&m, times[i % 5], columns, i % 2, &line), ACCEL_OK);
            assert_true(line.size > 0 && (columns == 0 || line.size <= 4 * columns));
            buffer_dispose(&line);
        }
    }
    expect_line(&(meter){.label = label, .total = 9}, 1e300, 0, true, "  0% 0/9 [277777777777:46:40<?, ?it/s]");
}

static int forget_errors(void **state)
{
    (void)state;
    accel_error_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_as_tqdm),
        cmocka_unit_test(smooths_the_rate_as_tqdm),
        cmocka_unit_test(takes_no_sample_backwards),
        cmocka_unit_test(survives_absurd_numbers),
    };
    return cmocka_run_group_tests(tests, forget_errors, NULL);
}
