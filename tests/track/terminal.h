/* A pseudo-terminal whose screen is kept here, and a clock that moves when a test moves it. */
#ifndef TESTS_TRACK_TERMINAL_H
#define TESTS_TRACK_TERMINAL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include <accel/error.h>
#include <accel/scope.h>

#include "base/clock.h"
#include "base/memory.h"

enum { ROWS = 24, COLUMNS = 200, END_OF_OUTPUT = 5 };

/* A terminal: what is on it, and the characters of a sequence that has not ended. */
static struct {
    int controller;
    FILE *stream;
    char cells[ROWS][COLUMNS][5];
    int rows, columns, row, column;
    char pending[16];
    size_t pending_size;
    size_t bytes; /* written to it so far */
} term;

static double now;
static accel_scope *scope;

static inline void set_clock(double seconds)
{
    now = seconds;
    clock_set_for_test(now);
}

static inline void blank(int row, int column)
{
    for (int i = column; i < COLUMNS; i++)
        strcpy(term.cells[row][i], " ");
}

static inline void line_feed(void)
{
    if (++term.row < term.rows)
        return;
    term.row--;
    memmove(term.cells[0], term.cells[1], sizeof term.cells[0] * (size_t)term.row);
    blank(term.row, 0);
}

/* The three sequences that bars may use. */
static inline void obey(const char *sequence)
{
    int number = 0;
    char letter = 0;
    if (sscanf(sequence, "\033[%d%c", &number, &letter) == 2 && letter == 'A') {
        assert_in_range(number, 1, term.row); /* not above the first row */
        term.row -= number;
    } else if (strcmp(sequence, "\033[K") == 0) {
        blank(term.row, term.column);
    } else if (strcmp(sequence, "\033[J") == 0) {
        blank(term.row, term.column);
        for (int row = term.row + 1; row < ROWS; row++)
            blank(row, 0);
    } else {
        fail_msg("unexpected sequence \"%s\"", sequence + 1);
    }
}

static inline void put(const char *character)
{
    assert_true((unsigned char)character[0] >= ' ');
    assert_true(term.column < term.columns - 1); /* bars leave the last one free */
    strcpy(term.cells[term.row][term.column++], character);
}

/* Whether what is pending is a whole character or sequence. */
static inline bool is_whole(void)
{
    unsigned char first = (unsigned char)term.pending[0];
    if (first == '\033')
        return term.pending_size > 2 && strchr("AKJ", term.pending[term.pending_size - 1]);
    return term.pending_size == (first < 0x80 ? 1U : first < 0xe0 ? 2U : first < 0xf0 ? 3U : 4U);
}

static inline void take(char byte)
{
    assert_true(term.pending_size < sizeof term.pending - 1);
    term.pending[term.pending_size++] = byte;
    term.pending[term.pending_size] = '\0';
    if (!is_whole())
        return;
    term.pending_size = 0;
    if (byte == '\r')
        term.column = 0;
    else if (byte == '\n')
        line_feed();
    else if (term.pending[0] == '\033')
        obey(term.pending);
    else
        put(term.pending);
}

/* Brings the screen up to date: everything up to a mark that no bar writes. */
static inline void drain(void)
{
    const char mark = END_OF_OUTPUT;
    assert_int_equal(write(fileno(term.stream), &mark, 1), 1);
    for (;;) {
        char byte;
        struct pollfd ready = {.fd = term.controller, .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 20000), 1);
        assert_int_equal(read(term.controller, &byte, 1), 1);
        if (byte == mark)
            return;
        term.bytes++;
        take(byte);
    }
}

static inline void resize(unsigned short rows, unsigned short columns)
{
    drain();
    const struct winsize size = {.ws_row = rows, .ws_col = columns};
    assert_int_equal(ioctl(term.controller, TIOCSWINSZ, &size), 0);
    term.rows = rows ? rows : ROWS;
    term.columns = columns ? columns : 80;
}

static inline size_t output_size(void)
{
    drain();
    return term.bytes;
}

static inline void expect_row(int row, const char *expected)
{
    char text[COLUMNS * 5] = "";
    for (int column = 0; column < COLUMNS; column++)
        strcat(text, term.cells[row][column]);
    for (size_t size = strlen(text); size > 0 && text[size - 1] == ' '; size--)
        text[size - 1] = '\0';
    assert_string_equal(text, expected);
}

/* The lines on the screen, and nothing below them. The cursor is behind the last, or begins it if it is "". */
#define expect_screen(...)                                                                                     \
    expect_lines((const char *const[]){__VA_ARGS__}, sizeof(const char *const[]){__VA_ARGS__} / sizeof(char *))
static inline void expect_lines(const char *const *lines, size_t count)
{
    drain();
    for (int row = 0; row < ROWS; row++)
        expect_row(row, (size_t)row < count ? lines[row] : "");
    assert_int_equal(term.row, count - 1);
    if (*lines[count - 1])
        assert_true(term.column > 0 && term.cells[term.row][term.column - 1][0] != ' ');
    else
        assert_int_equal(term.column, 0);
}

static inline int open_terminal(void **state)
{
    (void)state;
    int terminal;
    accel_error_clear();
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("COLUMNS");
    memset(&term, 0, sizeof term);
    for (int row = 0; row < ROWS; row++)
        blank(row, 0);
    term.columns = COLUMNS;
    if (openpty(&term.controller, &terminal, NULL, NULL, NULL) != 0)
        return -1;
    term.stream = fdopen(terminal, "w");
    resize(ROWS, 61);
    set_clock(1000);
    scope = accel_scope_begin();
    return scope ? 0 : -1;
}

static inline int close_terminal(void **state)
{
    (void)state;
    memory_fail_at(0);
    accel_error_clear();
    accel_scope_end(scope); /* what a failed test left */
    clock_set_for_test(-1);
    fclose(term.stream);
    close(term.controller);
    return accel_live_handles() == 0 ? 0 : -1;
}

#endif
