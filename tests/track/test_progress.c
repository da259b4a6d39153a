/* One bar: when it is drawn, what it shows, and the same in a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <accel/progress.h>

#include "track/terminal.h"

static void draws_at_once_and_in_place(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(100, "train", .stream = term.stream);
    assert_non_null(bar);
    expect_screen("train:   0%|                        | 0/100 [00:00<?, ?it/s]");
    set_clock(1004.25);
    assert_int_equal(accel_progress_advance(bar, 43), ACCEL_OK);
    expect_screen("train:  43%|██████▍        | 43/100 [00:04<00:05, 10.12it/s]");
    accel_free(bar);
}

/* As tqdm draws the same steps; its own figures are in test_meter.c. */
static void redraws_when_it_is_time(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(100, "t", .stream = term.stream);
    set_clock(1000.5);
    accel_progress_advance(bar, 1);
    expect_screen("t:   1%|▏                   | 1/100 [00:00<00:49,  2.00it/s]");
    size_t before = output_size();
    set_clock(1000.5625);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(accel_progress_advance(bar, i % 2 ? -1 : 1), ACCEL_OK);
    assert_int_equal(output_size(), before);
    set_clock(1001);
    accel_progress_advance(bar, 2);
    expect_screen("t:   3%|▌                   | 3/100 [00:01<00:30,  3.18it/s]");
    accel_free(bar);
}

static void redraws_each_step_without_interval(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(3, NULL, .stream = term.stream, .minimum_interval = 0);
    accel_progress_advance(bar, 1);
    expect_screen(" 33%|███████████                      | 1/3 [00:00<?, ?it/s]");
    accel_free(bar);
}

static void shows_the_total_when_reached(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(4, "t", .stream = term.stream, .minimum_interval = INFINITY);
    set_clock(1002);
    accel_progress_advance(bar, 3);
    expect_screen("t:   0%|                              | 0/4 [00:00<?, ?it/s]");
    accel_progress_advance(bar, 1);
    expect_screen("t: 100%|██████████████████████| 4/4 [00:02<00:00,  2.00it/s]");
    accel_free(bar);
}

static void shows_a_postfix_in_either_order(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(10, "t", .stream = term.stream);
    set_clock(1001);
    accel_progress_advance(bar, 1);
    assert_int_equal(accel_progress_set_postfix(bar, "loss=%.2f, n=%d", 0.5, 1), ACCEL_OK);
    expect_screen("t:  10%|▌    | 1/10 [00:01<00:09,  1.00it/s, loss=0.50, n=1]");
    set_clock(1002);
    accel_progress_set_postfix(bar, "loss=%.2f", 0.25);
    accel_progress_advance(bar, 1);
    expect_screen("t:  20%|██        | 2/10 [00:02<00:08,  1.00it/s, loss=0.25]");
    accel_progress_advance(bar, 4); /* counted, but too early for the rate */
    set_clock(1002.25);
    accel_progress_set_postfix(bar, "loss=%.2f", 0.25);
    expect_screen("t:  60%|██████    | 6/10 [00:02<00:04,  1.00it/s, loss=0.25]");
    accel_progress_advance(bar, -4);
    size_t before = output_size();
    accel_progress_set_postfix(bar, "loss=%.2f", 0.125);
    assert_int_equal(output_size(), before);
    accel_progress_set_postfix(bar, "%s", "");
    accel_progress_close(bar);
    expect_screen("t:  20%|████▏                | 2/10 [00:02<00:09,  1.12s/it]", "");
    accel_free(bar);
}

static void shows_a_new_description_at_once(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(2, "a", .stream = term.stream, .minimum_interval = INFINITY);
    accel_progress_set_postfix(bar, "x=1");
    assert_int_equal(accel_progress_set_description(bar, "epoch %d\n", 2), ACCEL_OK);
    expect_screen("epoch 2 :   0%|                  | 0/2 [00:00<?, ?it/s, x=1]");
    assert_int_equal(accel_progress_set_description(bar, "%s", ""), ACCEL_OK);
    expect_screen("  0%|                            | 0/2 [00:00<?, ?it/s, x=1]");
    accel_progress_close(bar);
    size_t before = output_size();
    assert_int_equal(accel_progress_set_description(bar, "late"), ACCEL_OK);
    assert_int_equal(output_size(), before);
    accel_free(bar);
}

static void goes_on_where_another_run_ended(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(100, "t", .stream = term.stream, .initial = 50);
    expect_screen("t:  50%|█████████████▌             | 50/100 [00:00<?, ?it/s]");
    set_clock(1002);
    accel_progress_advance(bar, 10);
    expect_screen("t:  60%|███████████▍       | 60/100 [00:02<00:08,  5.00it/s]");
    accel_progress_close(bar);
    expect_screen("t:  60%|███████████▍       | 60/100 [00:02<00:08,  5.00it/s]", "");
    accel_free(bar);
}

static void counts_in_units(void **state)
{
    (void)state;
    char unit[] = "B";
    accel_progress *bar = accel_progress_create(1 << 20, "get", .stream = term.stream, .unit = unit,
                                                .unit_scale = true, .unit_divisor = 1024);
    unit[0] = 'x'; /* was copied */
    set_clock(1002);
    accel_progress_advance(bar, 1 << 19);
    expect_screen("get:  50%|███████▌       | 512k/1.00M [00:02<00:02, 262kB/s]");
    accel_free(bar);
    bar = accel_progress_create(-1, NULL, .stream = term.stream, .unit = " a unit of many, many, many words\n");
    drain();
    expect_row(term.row, "0 a unit of many, many, many wor [00:00, ? a unit of many, m");
    accel_free(bar);
}

static void is_gone_when_it_is_not_left(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(2, "t", .stream = term.stream, .leave = false);
    accel_progress_advance(bar, 2);
    accel_progress_close(bar);
    expect_screen("");
    accel_free(bar);
}

/* One speed: half a second a step, then a second. */
static void weighs_the_newest_speed_as_wished(void **state)
{
    (void)state;
    const struct {
        double smoothing;
        const char *line;
    } cases[] = {
        {0, "t: 3it [00:02,  1.20it/s]"}, {0.3, "t: 3it [00:02,  1.15it/s]"}, {1, "t: 3it [00:02,  1.00it/s]"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_clock(1000);
        accel_progress *bar = accel_progress_create(-1, "t", .stream = term.stream,
                                                    .smoothing = cases[i].smoothing, .leave = false);
        set_clock(1000.5);
        accel_progress_advance(bar, 1);
        set_clock(1002.5);
        accel_progress_advance(bar, 2);
        expect_screen(cases[i].line);
        accel_free(bar);
    }
}

static void is_not_drawn_once_closed(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(2, "t", .stream = term.stream);
    accel_progress_advance(bar, 1);
    accel_progress_close(bar);
    size_t before = output_size();
    accel_progress_advance(bar, 1); /* reaches the total */
    assert_int_equal(output_size(), before);
    accel_free(bar);
}

static void leaves_its_last_line(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(-1, "t", .stream = term.stream);
    expect_screen("t: 0it [00:00, ?it/s]");
    set_clock(1002);
    accel_progress_advance(bar, 1);
    set_clock(1004);
    accel_progress_advance(bar, 7);
    expect_screen("t: 8it [00:04,  2.26it/s]");
    assert_int_equal(accel_progress_close(bar), ACCEL_OK);
    expect_screen("t: 8it [00:04,  2.00it/s]", "");
    set_clock(2000);
    size_t before = output_size();
    assert_int_equal(accel_progress_close(bar), ACCEL_OK);
    assert_int_equal(accel_progress_advance(bar, 1), ACCEL_OK);
    assert_int_equal(accel_progress_set_postfix(bar, "late"), ACCEL_OK);
    accel_free(bar);
    assert_int_equal(output_size(), before);
}

/* The count stops with the first failure, and the line is whole for the message that follows. */
static void stops_after_a_failure(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(10, "t", .stream = term.stream, .minimum_interval = 0);
    accel_progress_advance(bar, 5);
    accel_error_raise(ACCEL_EIO, "test", "a failure");
    size_t before = output_size();
    assert_int_equal(accel_progress_advance(bar, 1), ACCEL_EIO);
    assert_int_equal(accel_progress_set_postfix(bar, "x"), ACCEL_EIO);
    assert_int_equal(accel_progress_set_description(bar, "x"), ACCEL_EIO);
    assert_null(accel_progress_create(10, "u", .stream = term.stream));
    assert_int_equal(output_size(), before);
    assert_int_equal(accel_progress_close(bar), ACCEL_EIO);
    expect_screen("t:  50%|██████████████▌              | 5/10 [00:00<?, ?it/s]", "");
    assert_string_equal(accel_error_text(), "test: a failure");
    accel_error_clear();
    accel_free(bar);
}

static void is_not_seen_when_disabled(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(10, "t", .enabled = false, .stream = term.stream);
    assert_non_null(bar);
    set_clock(2000);
    assert_int_equal(accel_progress_advance(bar, 10), ACCEL_OK);
    assert_int_equal(accel_progress_set_postfix(bar, "loss=%g", 1.0), ACCEL_OK);
    assert_int_equal(accel_progress_set_description(bar, "u"), ACCEL_OK);
    assert_int_equal(accel_progress_close(bar), ACCEL_OK);
    accel_free(bar);
    assert_int_equal(output_size(), 0);
}

static void writes_lines_now_and_then(FILE *file)
{
    set_clock(1000);
    accel_progress *bar = accel_progress_create(49, "a", .stream = file, .minimum_interval = 0);
    accel_progress_set_description(bar, "train"); /* no line for that */
    for (int i = 1; i <= 49; i++) {
        set_clock(1000 + 0.5 * i);
        accel_progress_set_postfix(bar, "i=%d\n", i);
        assert_int_equal(accel_progress_advance(bar, 1), ACCEL_OK);
    }
    accel_progress_close(bar);
    accel_free(bar);
}

static const char log_lines[] = "train:  41% 20/49 [00:10<00:14,  2.00it/s, i=20 ]\n"
                                "train:  82% 40/49 [00:20<00:04,  2.00it/s, i=40 ]\n"
                                "train: 100% 49/49 [00:24<00:00,  2.00it/s, i=49 ]\n";

static void is_plain_in_a_file(void **state)
{
    (void)state;
    char text[1000] = "";
    FILE *file = tmpfile();
    assert_non_null(file);
    writes_lines_now_and_then(file);
    rewind(file);
    assert_int_equal(fread(text, 1, sizeof text - 1, file), strlen(log_lines));
    assert_string_equal(text, log_lines);
    fclose(file);
}

/* Neither a stream without a descriptor nor a terminal that cannot move its cursor. */
static void is_plain_where_nothing_can_be_redrawn(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    writes_lines_now_and_then(file);
    fclose(file);
    assert_string_equal(text, log_lines);
    free(text);
    setenv("TERM", "dumb", 1);
    writes_lines_now_and_then(term.stream);
    drain();
    expect_row(0, "train:  41% 20/49 [00:10<00:14,  2.00it/s, i=20 ]");
    expect_row(3, "");
    assert_int_equal(term.row, 3);
}

static void writes_no_last_line_when_it_is_not_left(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    accel_progress *bar = accel_progress_create(4, "eval", .stream = file, .leave = false);
    set_clock(1010);
    accel_progress_advance(bar, 2);
    set_clock(1011);
    accel_progress_advance(bar, 2);
    accel_free(bar);
    fclose(file);
    assert_string_equal(text, "eval:  50% 2/4 [00:10<00:10,  5.00s/it]\n");
    free(text);
}

static void bears_a_stream_that_fails(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    accel_progress *bar = accel_progress_create(2, "t", .stream = full);
    set_clock(1100);
    assert_int_equal(accel_progress_advance(bar, 1), ACCEL_OK);
    assert_int_equal(accel_progress_close(bar), ACCEL_OK);
    accel_free(bar);
    fclose(full);
}

static void bears_absurd_numbers_and_texts(void **state)
{
    (void)state;
    char *label = malloc(100001);
    memset(label, 'x', 100000);
    label[100000] = '\0';
    accel_progress *bar = accel_progress_create(INT64_MAX, label, .stream = term.stream, .minimum_interval = 0);
    drain();
    assert_int_equal(term.column, 60);
    accel_free(bar);
    bar = accel_progress_create(INT64_MAX, "a\033[2J\n\xff\xe5", .stream = term.stream, .minimum_interval = 0);
    assert_int_equal(accel_progress_advance(bar, INT64_MAX), ACCEL_OK);
    assert_int_equal(accel_progress_advance(bar, INT64_MAX), ACCEL_OK);
    assert_int_equal(accel_progress_advance(bar, INT64_MIN), ACCEL_OK);
    label[5000] = '\0';
    assert_int_equal(accel_progress_set_postfix(bar, "%s", label), ACCEL_OK);
    accel_progress_set_postfix(bar, "\xc3\xa9 %s", "\033[A\r\n");
    accel_free(bar);
    drain(); /* refuses what moves the cursor */
    assert_int_equal(term.row, 2);
    free(label);
}

static void refuses_wrong_arguments(void **state)
{
    (void)state;
    assert_null(accel_progress_create(-2, "t", .stream = term.stream));
    assert_string_equal(accel_error_text(),
                        "accel_progress_create: total must be -1 (unknown) or more, got -2");
    accel_error_clear();
    assert_null(accel_progress_create(1, "t", .minimum_interval = -0.5));
    assert_string_equal(accel_error_text(),
                        "accel_progress_create: minimum_interval must not be negative, got -0.5");
    accel_error_clear();
    assert_null(accel_progress_create(1, "t", .minimum_interval = NAN));
    accel_error_clear();
    assert_null(accel_progress_create(1, "t", .initial = -1));
    assert_string_equal(accel_error_text(), "accel_progress_create: initial must not be negative, got -1");
    accel_error_clear();
    assert_null(accel_progress_create(1, "t", .unit = NULL));
    assert_string_equal(accel_error_text(), "accel_progress_create: unit is NULL");
    accel_error_clear();
    assert_null(accel_progress_create(1, "t", .unit_divisor = 1));
    assert_string_equal(accel_error_text(), "accel_progress_create: unit_divisor must be above 1, got 1");
    accel_error_clear();
    assert_null(accel_progress_create(1, "t", .smoothing = 1.5));
    assert_string_equal(accel_error_text(), "accel_progress_create: smoothing must be in [0, 1], got 1.5");
    accel_error_clear();
    assert_null(accel_progress_create_with(1, "t", &(accel_progress_options){.struct_size = 1000}));
    accel_error_clear();
    assert_int_equal(accel_progress_advance(NULL, 1), ACCEL_EINVAL);
    assert_string_equal(accel_error_text(), "accel_progress_advance: bar is NULL");
    accel_error_clear();
    assert_int_equal(accel_progress_close(NULL), ACCEL_EINVAL);
    accel_error_clear();
    accel_progress *bar = accel_progress_create(1, "t", .enabled = false);
    assert_int_equal(accel_progress_set_postfix(bar, NULL), ACCEL_EINVAL);
    accel_error_clear();
    assert_int_equal(accel_progress_set_description(bar, NULL), ACCEL_EINVAL);
    assert_string_equal(accel_error_text(), "accel_progress_set_description: format is NULL");
    accel_error_clear();
    accel_free(bar);
    assert_int_equal(accel_progress_advance(bar, 1), ACCEL_ESTALE);
    accel_error_clear();
    assert_int_equal(accel_progress_close(bar), ACCEL_ESTALE);
}

static void has_its_documented_defaults(void **state)
{
    (void)state;
    const accel_progress_options plain = accel_progress_options_default();
    assert_int_equal(plain.struct_size, sizeof plain);
    assert_true(plain.enabled && !plain.stream && plain.minimum_interval == 0.1);
    assert_true(plain.initial == 0 && strcmp(plain.unit, "it") == 0 && !plain.unit_scale);
    assert_true(plain.unit_divisor == 1000 && plain.leave && plain.smoothing == 0.3);
    const accel_progress_options macro = {ACCEL_PROGRESS_DEFAULTS()};
    assert_true(macro.enabled == plain.enabled && macro.minimum_interval == plain.minimum_interval);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_terminal, close_terminal)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(draws_at_once_and_in_place),
        TEST(redraws_when_it_is_time),
        TEST(redraws_each_step_without_interval),
        TEST(shows_the_total_when_reached),
        TEST(shows_a_postfix_in_either_order),
        TEST(shows_a_new_description_at_once),
        TEST(goes_on_where_another_run_ended),
        TEST(counts_in_units),
        TEST(is_gone_when_it_is_not_left),
        TEST(weighs_the_newest_speed_as_wished),
        TEST(is_not_drawn_once_closed),
        TEST(leaves_its_last_line),
        TEST(stops_after_a_failure),
        TEST(is_not_seen_when_disabled),
        TEST(is_plain_in_a_file),
        TEST(is_plain_where_nothing_can_be_redrawn),
        TEST(writes_no_last_line_when_it_is_not_left),
        TEST(bears_a_stream_that_fails),
        TEST(bears_absurd_numbers_and_texts),
        TEST(refuses_wrong_arguments),
        TEST(has_its_documented_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
