/* Several bars, other text, and the terminal that they share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <accel/log.h>
#include <accel/progress.h>

#include "track/progress.h"
#include "track/terminal.h"

static void ends_with_its_handle(void **state)
{
    (void)state;
    accel_scoped() {
        accel_progress_create(2, "a", .stream = term.stream);
        accel_progress_create(2, "b", .stream = term.stream);
    }
    expect_screen("b:   0%|                              | 0/2 [00:00<?, ?it/s]",
                  "a:   0%|                              | 0/2 [00:00<?, ?it/s]", "");
}

static void nests(void **state)
{
    (void)state;
    resize(ROWS, 40);
    accel_progress *outer = accel_progress_create(2, "epochs", .stream = term.stream);
    for (int epoch = 0; epoch < 2; epoch++) {
        accel_progress *inner = accel_progress_create(2, "steps", .stream = term.stream);
        for (int step = 0; step < 2; step++) {
            set_clock(now + 1);
            accel_progress_advance(inner, 1);
        }
        accel_progress_advance(outer, 1);
        if (epoch == 0)
            expect_screen("epochs:  50%|▌| 1/2 [00:02<00:02,  2.00", "steps: 100%|█| 2/2 [00:02<00:00,  1.00i");
        assert_int_equal(accel_progress_close(inner), ACCEL_OK);
        accel_free(inner);
        if (epoch == 0)
            expect_screen("steps: 100%|█| 2/2 [00:02<00:00,  1.00i", "epochs:  50%|▌| 1/2 [00:02<00:02,  2.00");
    }
    accel_free(outer);
    expect_screen("steps: 100%|█| 2/2 [00:02<00:00,  1.00i", "steps: 100%|█| 2/2 [00:02<00:00,  1.00i",
                  "epochs: 100%|█| 2/2 [00:04<00:00,  2.00", "");
}

/* One bar for each evaluation, below the one that goes on. */
static void takes_away_what_is_not_left(void **state)
{
    (void)state;
    accel_progress *outer = accel_progress_create(-1, "outer", .stream = term.stream, .minimum_interval = 0);
    for (int i = 0; i < 3; i++) {
        accel_progress *a = accel_progress_create(-1, "a", .stream = term.stream, .leave = false);
        accel_progress *b = accel_progress_create(-1, "b", .stream = term.stream, .leave = false);
        expect_screen(i == 0   ? "outer: 0it [00:00, ?it/s]"
                      : i == 1 ? "outer: 1it [00:00, ?it/s]"
                               : "outer: 2it [00:00, ?it/s]",
                      "a: 0it [00:00, ?it/s]", "b: 0it [00:00, ?it/s]");
        accel_free(a);
        accel_progress_advance(outer, 1);
        assert_int_equal(accel_progress_close(b), ACCEL_OK);
        accel_free(b);
    }
    expect_screen("outer: 3it [00:00, ?it/s]");
    accel_free(outer);
    expect_screen("outer: 3it [00:00, ?it/s]", "");
}

/* The outer bar ends first, and the count that it has while only the inner one is drawn is its true one. */
static void ends_in_any_order(void **state)
{
    (void)state;
    accel_progress *outer = accel_progress_create(-1, "outer", .stream = term.stream);
    accel_progress *inner = accel_progress_create(-1, "inner", .stream = term.stream);
    accel_progress_advance(outer, 5);
    set_clock(1001);
    accel_progress_advance(inner, 1);
    expect_screen("outer: 5it [00:01,  5.00it/s]", "inner: 1it [00:01,  1.00it/s]");
    accel_free(outer);
    expect_screen("outer: 5it [00:01,  5.00it/s]", "inner: 1it [00:01,  1.00it/s]");
    accel_free(inner);
    expect_screen("outer: 5it [00:01,  5.00it/s]", "inner: 1it [00:01,  1.00it/s]", "");
}

static void clears_what_a_longer_line_left(void **state)
{
    (void)state;
    accel_progress *outer = accel_progress_create(-1, "outer", .stream = term.stream, .minimum_interval = 0);
    accel_progress *inner = accel_progress_create(-1, "inner", .stream = term.stream, .minimum_interval = 0);
    accel_progress_set_postfix(outer, "long");
    accel_progress_set_postfix(inner, "long");
    expect_screen("outer: 0it [00:00, ?it/s, long]", "inner: 0it [00:00, ?it/s, long]");
    accel_progress_set_postfix(outer, "%s", "");
    accel_progress_set_postfix(inner, "%s", "");
    expect_screen("outer: 0it [00:00, ?it/s]", "inner: 0it [00:00, ?it/s]");
    accel_free(inner);
    accel_free(outer);
}

static void scrolls(void **state)
{
    (void)state;
    resize(4, 61);
    accel_progress *outer = accel_progress_create(-1, "outer", .stream = term.stream);
    for (int i = 0; i < 3; i++) {
        accel_progress *inner = accel_progress_create(-1, "inner", .stream = term.stream);
        accel_progress_advance(inner, i);
        accel_free(inner);
    }
    progress_print(term.stream, "text\n");
    expect_screen("inner: 1it [00:00, ?it/s]", "inner: 2it [00:00, ?it/s]", "text",
                  "outer: 0it [00:00, ?it/s]");
    accel_free(outer);
    expect_screen("inner: 2it [00:00, ?it/s]", "text", "outer: 0it [00:00, ?it/s]", "");
}

static void hides_bars_that_do_not_fit(void **state)
{
    (void)state;
    resize(4, 61);
    accel_progress *bars[5];
    const char *const labels[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < 5; i++)
        bars[i] = accel_progress_create(-1, labels[i], .stream = term.stream);
    expect_screen("a: 0it [00:00, ?it/s]", "b: 0it [00:00, ?it/s]", "c: 0it [00:00, ?it/s]");
    accel_free(bars[1]);
    expect_screen("b: 0it [00:00, ?it/s]", "a: 0it [00:00, ?it/s]", "c: 0it [00:00, ?it/s]",
                  "d: 0it [00:00, ?it/s]");
    accel_free(bars[4]); /* was never seen */
    expect_screen("e: 0it [00:00, ?it/s]", "a: 0it [00:00, ?it/s]", "c: 0it [00:00, ?it/s]",
                  "d: 0it [00:00, ?it/s]");
    accel_free(bars[0]);
    accel_free(bars[2]);
    accel_free(bars[3]);
    expect_screen("a: 0it [00:00, ?it/s]", "c: 0it [00:00, ?it/s]", "d: 0it [00:00, ?it/s]", "");
}

static void fits_the_terminal(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(4, "t", .stream = term.stream, .minimum_interval = 0);
    resize(ROWS, 42);
    accel_progress_advance(bar, 1);
    expect_screen("t:  25%|██▊        | 1/4 [00:00<?, ?it/s]");
    resize(0, 0);
    accel_progress_advance(bar, 0);
    drain();
    assert_int_equal(term.column, 79);
    setenv("COLUMNS", "31", 1);
    accel_progress_advance(bar, 0);
    expect_screen("t:  25%|▎| 1/4 [00:00<?, ?it/s");
    setenv("COLUMNS", "many", 1);
    accel_progress_advance(bar, 0);
    drain();
    assert_int_equal(term.column, 79);
    accel_free(bar);
}

static void is_ascii_where_the_locale_is(void **state)
{
    (void)state;
    const struct {
        const char *all, *language;
        bool ascii;
    } locales[] = {{"de_DE.UTF-8", "C", false}, {"", "en_US.utf8", false},       {"", "", false},
                   {"C", "de_DE", false},       {"de_DE.ISO-8859-1", "x", true}, {"", "de_DE@euro", true}};
    unsetenv("LC_CTYPE");
    for (size_t i = 0; i < sizeof locales / sizeof locales[0]; i++) {
        setenv("LC_ALL", locales[i].all, 1);
        setenv("LANG", locales[i].language, 1);
        accel_progress *bar =
            accel_progress_create(7, "t", .stream = term.stream, .minimum_interval = INFINITY);
        accel_progress_advance(bar, 1);
        accel_free(bar);
        drain();
        expect_row((int)i, locales[i].ascii ? "t:  14%|####2                         | 1/7 [00:00<?, ?it/s]"
                                            : "t:  14%|████▎                         | 1/7 [00:00<?, ?it/s]");
    }
}

static void prints_above_the_bars(void **state)
{
    (void)state;
    progress_print(term.stream, "before ");
    progress_print(term.stream, "them\n");
    fflush(term.stream);
    accel_progress *a = accel_progress_create(-1, "a", .stream = term.stream);
    accel_progress *b = accel_progress_create(-1, "b", .stream = term.stream);
    progress_print(term.stream, "one\ntwo\n");
    progress_print(term.stream, "three");
    progress_print(term.stream, "");
    expect_screen("before them", "one", "two", "three", "a: 0it [00:00, ?it/s]", "b: 0it [00:00, ?it/s]");
    accel_error_raise(ACCEL_EIO, "test", "a failure");
    progress_print(term.stream, "four\n");
    accel_error_clear();
    accel_free(b);
    accel_free(a);
    expect_screen("before them", "one", "two", "three", "four", "b: 0it [00:00, ?it/s]",
                  "a: 0it [00:00, ?it/s]", "");
}

static void log_to_terminal(const char *line)
{
    int before = dup(STDERR_FILENO);
    assert_true(dup2(fileno(term.stream), STDERR_FILENO) >= 0);
    accel_log_line(ACCEL_LOG_WARNING, "%s", line);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    close(before);
}

static void has_the_log_above_the_bars(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(-1, "t", .stream = term.stream);
    log_to_terminal("one");
    accel_progress_advance(bar, 1);
    log_to_terminal("two");
    expect_screen("accel: warning: one", "accel: warning: two", "t: 1it [00:00, ?it/s]");
    accel_free(bar);
    log_to_terminal("three");
    expect_screen("accel: warning: one", "accel: warning: two", "t: 1it [00:00, ?it/s]",
                  "accel: warning: three", "");
}

static void prints_elsewhere_as_it_is(void **state)
{
    (void)state;
    accel_progress *bar = accel_progress_create(-1, "t", .stream = term.stream);
    size_t before = output_size();
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    progress_print(file, "no line break");
    fclose(file);
    assert_string_equal(text, "no line break");
    assert_int_equal(output_size(), before);
    free(text);
    accel_free(bar);
}

static void shares_a_terminal_between_streams(void **state)
{
    (void)state;
    FILE *other = fdopen(dup(fileno(term.stream)), "w");
    accel_progress *a = accel_progress_create(-1, "a", .stream = term.stream);
    accel_progress *b = accel_progress_create(-1, "b", .stream = other);
    progress_print(other, "text\n");
    accel_free(a);
    expect_screen("text", "a: 0it [00:00, ?it/s]", "b: 0it [00:00, ?it/s]");
    accel_free(b);
    fclose(other);
}

static void keeps_terminals_apart(void **state)
{
    (void)state;
    int controller, terminal;
    assert_int_equal(openpty(&controller, &terminal, NULL, NULL, NULL), 0);
    FILE *other = fdopen(terminal, "w");
    accel_progress *a = accel_progress_create(-1, "a", .stream = term.stream);
    accel_progress *b = accel_progress_create(-1, "b", .stream = other);
    accel_progress *c = accel_progress_create(-1, "c", .stream = term.stream);
    progress_print(other, "text\n");
    expect_screen("a: 0it [00:00, ?it/s]", "c: 0it [00:00, ?it/s]");
    accel_free(b);
    expect_screen("a: 0it [00:00, ?it/s]", "c: 0it [00:00, ?it/s]");
    accel_free(c);
    accel_free(a);
    fclose(other);
    close(controller);
}

enum { THREADS = 4, STEPS = 2000 };

static void *count_up(void *bar)
{
    for (int i = 0; i < STEPS; i++) {
        accel_progress_advance(bar, 1);
        accel_progress_set_postfix(bar, "i=%d", i);
    }
    return NULL;
}

/* Reads whatever the bars draw, until the mark. */
static void *read_all(void *unused)
{
    (void)unused;
    for (char byte = 0; byte != END_OF_OUTPUT && read(term.controller, &byte, 1) == 1;)
        if (byte != END_OF_OUTPUT)
            take(byte);
    return NULL;
}

static void counts_from_many_threads(void **state)
{
    (void)state;
    pthread_t reader, threads[THREADS];
    pthread_create(&reader, NULL, read_all, NULL);
    accel_progress *a = accel_progress_create(-1, "a", .stream = term.stream, .minimum_interval = 0);
    accel_progress *b = accel_progress_create(-1, "b", .stream = term.stream, .minimum_interval = 0);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, count_up, i % 2 ? b : a);
    for (int i = 0; i < 100; i++) {
        progress_print(term.stream, "text\n");
        accel_free(accel_progress_create(1, "c", .stream = term.stream));
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    accel_free(b);
    accel_free(a);
    const char mark = END_OF_OUTPUT;
    assert_int_equal(write(fileno(term.stream), &mark, 1), 1);
    pthread_join(reader, NULL);
    expect_row(term.row - 2, "b: 4000it [00:00, ?it/s, i=1999]");
    expect_row(term.row - 1, "a: 4000it [00:00, ?it/s, i=1999]");
    expect_row(term.row, "");
}

/* Whichever allocation fails, nothing is lost and the cursor ends on a line of its own. */
static void survives_without_memory(void **state)
{
    (void)state;
    size_t needed = 0;
    for (size_t nth = 0; nth <= needed; nth++) {
        memory_fail_at(nth);
        accel_progress *a = accel_progress_create(-1, "a", .stream = term.stream, .minimum_interval = 0);
        accel_progress *b = accel_progress_create(-1, "b", .stream = term.stream, .minimum_interval = 0);
        accel_progress_advance(b, 1);
        accel_progress_set_postfix(b, "x=%d", 1);
        progress_print(term.stream, "text\n");
        accel_free(a);
        accel_free(b);
        size_t made = memory_fail_at(0);
        needed = nth == 0 ? made : needed;
        assert_int_equal(accel_error_status(), nth > 0 && made >= nth ? ACCEL_ENOMEM : ACCEL_OK);
        accel_error_clear();
        drain();
        assert_int_equal(term.column, 0);
        expect_row(term.row, "");
    }
    assert_in_range(needed, 15, 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_terminal, close_terminal)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ends_with_its_handle),
        TEST(nests),
        TEST(takes_away_what_is_not_left),
        TEST(ends_in_any_order),
        TEST(clears_what_a_longer_line_left),
        TEST(scrolls),
        TEST(hides_bars_that_do_not_fit),
        TEST(fits_the_terminal),
        TEST(is_ascii_where_the_locale_is),
        TEST(prints_above_the_bars),
        TEST(has_the_log_above_the_bars),
        TEST(prints_elsewhere_as_it_is),
        TEST(shares_a_terminal_between_streams),
        TEST(keeps_terminals_apart),
        TEST(counts_from_many_threads),
        TEST(survives_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
