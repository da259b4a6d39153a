/* The line against what tqdm.format_meter writes for the same numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

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

/* As after one sample of it; 0: none yet. */
static void set_rate(meter *m, double rate)
{
    m->smoothing = 1;
    m->samples = rate > 0;
    m->smooth_count = rate;
    m->smooth_seconds = rate > 0;
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
        const char *description, *postfix, *line;
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
        meter m = {.unit = "it", .total = rows[i].total};
        meter_start(&m, 0, 1000);
        strcpy(m.description, rows[i].description);
        m.count = rows[i].count;
        set_rate(&m, rows[i].rate);
        strcpy(m.postfix, rows[i].postfix);
        expect_line(&m, 1000 + rows[i].elapsed, rows[i].columns, rows[i].ascii, rows[i].line);
    }
}

/* tqdm with its clock set to these times. */
static void smooths_the_rate_as_tqdm(void **state)
{
    (void)state;
    meter m = {.description = "t", .unit = "it", .smoothing = 0.3, .total = 100};
    meter_start(&m, 0, 100);
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

/* ---- tqdm itself, asked by oracle_meter.py ---- */

/* One of its files: new. Without it the test is skipped by name. */
static json_t *ask_oracle(const char *name)
{
    const char *folder = getenv("ACCEL_TEST_ORACLE");
    char path[4096];
    snprintf(path, sizeof path, "%s/meter/%s.json", folder ? folder : "", name);
    if (!folder || access(path, F_OK) != 0) {
        print_message("skipped, no file meter/%s.json in ACCEL_TEST_ORACLE\n", name);
        skip();
    }
    json_t *cases = json_load_file(path, 0, NULL);
    assert_true(json_array_size(cases) > 0);
    return cases;
}

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static int64_t integer(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool is_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void reads_as_tqdm_in_every_mix(void **state)
{
    (void)state;
    json_t *cases = ask_oracle("lines"), *c;
    size_t i;
    json_array_foreach(cases, i, c)
    {
        meter m = {.total = integer(c, "total"),
                   .scaled = is_true(c, "unit_scale"),
                   .divisor = number(c, "unit_divisor")};
        meter_start(&m, integer(c, "initial"), 0);
        strcpy(m.description, text(c, "prefix"));
        strcpy(m.postfix, text(c, "postfix"));
        strcpy(m.unit, text(c, "unit"));
        m.count = integer(c, "n");
        set_rate(&m, number(c, "rate"));
        expect_line(&m, number(c, "elapsed"), (size_t)integer(c, "ncols"), is_true(c, "ascii"),
                    text(c, "line"));
    }
    json_decref(cases);
}

static void follows_the_steps_as_tqdm(void **state)
{
    (void)state;
    json_t *cases = ask_oracle("steps"), *c, *step;
    size_t i, k;
    json_array_foreach(cases, i, c)
    {
        meter m = {.unit = "it", .divisor = 1000};
        m.total = integer(c, "total");
        m.scaled = is_true(c, "unit_scale");
        m.smoothing = number(c, "smoothing");
        meter_start(&m, integer(c, "initial"), 0);
        double now = 0;
        json_array_foreach(json_object_get(c, "steps"), k, step)
        {
            m.count += integer(step, "count");
            meter_sample(&m, now += number(step, "seconds"));
            expect_line(&m, now, 60, false, text(step, "line"));
        }
        meter_average(&m);
        expect_line(&m, now, 60, false, text(c, "closed"));
    }
    json_decref(cases);
}

/* ---- what tqdm leaves open ---- */

static void ends_a_description_once(void **state)
{
    (void)state;
    meter m = {.description = "t: ", .unit = "it"};
    expect_line(&m, 0, 40, false, "t: 0it [00:00, ?it/s]");
}

static void takes_no_sample_backwards(void **state)
{
    (void)state;
    meter m = {.unit = "it", .smoothing = 0.3, .total = 10};
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
    meter m = {.unit = "it", .smoothing = 0.3, .total = INT64_MAX, .sampled_count = INT64_MIN};
    const int64_t counts[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    const double times[] = {-1e300, 0, 1e-300, 1, 1e300};
    for (size_t i = 0; i < 50; i++) {
        m.count = counts[i % 25 / 5];
        m.scaled = i >= 25;
        m.divisor = i % 3 ? 1000 : 1.0625;
        meter_sample(&m, times[i % 5]);
        for (size_t columns = 0; columns < 200; columns += 13) {
            buffer line = {0};
            assert_int_equal(meter_print(&m, times[i % 5], columns, i % 2, &line), ACCEL_OK);
            assert_true(line.size > 0 && (columns == 0 || line.size <= 4 * columns));
            buffer_dispose(&line);
        }
    }
    expect_line(&(meter){.unit = "it", .total = 9}, 1e300, 0, true,
                "  0% 0/9 [2500000000000000:00:00<?, ?it/s]");
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
        cmocka_unit_test(reads_as_tqdm_in_every_mix),
        cmocka_unit_test(follows_the_steps_as_tqdm),
        cmocka_unit_test(ends_a_description_once),
        cmocka_unit_test(smooths_the_rate_as_tqdm),
        cmocka_unit_test(takes_no_sample_backwards),
        cmocka_unit_test(survives_absurd_numbers),
    };
    return cmocka_run_group_tests(tests, forget_errors, NULL);
}
