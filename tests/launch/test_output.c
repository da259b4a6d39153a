/* Lines of several processes, whole and with their rank before them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "launch/output.h"

enum { PROCESSES = 2 };

static output o;
static int ends[PROCESSES]; /* where the processes write */
static int reader;          /* of what was passed on */

static int set_up(void **state)
{
    (void)state;
    int sink[2];
    if (output_open(&o, PROCESSES) != ACCEL_OK || pipe2(sink, O_NONBLOCK | O_CLOEXEC) != 0)
        return -1;
    o.sinks[0].fd = sink[1];
    reader = sink[0];
    for (int rank = 0; rank < PROCESSES; rank++)
        if (output_add(&o, rank, 0, -1, &ends[rank]) != ACCEL_OK)
            return -1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int rank = 0; rank < PROCESSES; rank++)
        close(ends[rank]);
    close(o.sinks[0].fd);
    close(reader);
    output_dispose(&o);
    accel_error_clear();
    return 0;
}

static void put(int rank, const char *text)
{
    assert_int_equal(write(ends[rank], text, strlen(text)), strlen(text));
    output_move(&o);
}

static void expect(const char *text)
{
    char bytes[4096];
    ssize_t got = read(reader, bytes, sizeof bytes - 1);
    bytes[got > 0 ? got : 0] = '\0';
    assert_string_equal(bytes, text);
}

static void marks_whole_lines(void **state)
{
    (void)state;
    put(0, "a\nb\n\n");
    expect("[0] a\n[0] b\n[0] \n");
    put(0, "begin");
    put(1, "other\nrest");
    expect("[1] other\n");
    put(0, "ning\n");
    expect("[0] beginning\n");
    assert_true(output_drain(&o) || true);
    expect("[1] rest\n"); /* the last line needs no end */
}

static void notices_the_end_of_a_pipe(void **state)
{
    (void)state;
    put(0, "last");
    expect("");
    close(ends[0]);
    output_move(&o);
    expect("[0] last\n");
    assert_int_equal(o.streams[0].fd, -1);
    assert_true(o.streams[1].fd >= 0);
    ends[0] = -1;
}

enum { LONG = 3 << 20, MEBIBYTE = 1 << 20, PIPE = 1 << 16 };

/* What was passed on so far. */
static char written[2 * LONG];
static size_t length;

static void collect(void)
{
    ssize_t got;
    do {
        got = read(reader, written + length, sizeof written - length);
        length += got > 0 ? (size_t)got : 0;
        output_move(&o);
    } while (got > 0);
}

/* So many letters, without the end of a line. */
static void put_letters(int rank, char letter, int count)
{
    static char piece[4096];
    memset(piece, letter, sizeof piece);
    for (int i = 0; i < count; i += (int)sizeof piece) {
        assert_int_equal(write(ends[rank], piece, sizeof piece), sizeof piece);
        output_move(&o);
        assert_true(o.streams[rank].kept.size <= MEBIBYTE + PIPE);
        collect();
    }
}

static void expect_letters(size_t at, char letter, size_t count)
{
    size_t same = 0;
    while (same < count && at + same < length && written[at + same] == letter)
        same++;
    assert_int_equal(same, count);
}

static void keeps_a_long_line_whole(void **state)
{
    (void)state;
    length = 0;
    put_letters(0, 'x', LONG);
    assert_true(length > LONG / 2); /* in pieces */
    put(1, "other\n");
    collect();
    assert_null(memchr(written, '\n', length));
    put(0, "y\nnext\n");
    collect();
    const char end[] = "y\n[0] next\n[1] other\n";
    assert_int_equal(length, 4 + LONG + sizeof end - 1);
    assert_memory_equal(written, "[0] ", 4);
    expect_letters(4, 'x', LONG);
    assert_memory_equal(written + 4 + LONG, end, sizeof end - 1);
}

/* Who waits for the one whose line does not end is not kept waiting for ever. */
static void breaks_a_line_for_who_has_much_to_say(void **state)
{
    (void)state;
    length = 0;
    put_letters(0, 'x', LONG);
    put(1, "other\n");
    put_letters(1, 'y', MEBIBYTE);
    put(0, "rest\n");
    put(1, "\n");
    collect();
    const char broken[] = "\n[1] other\n[0] rest\n[1] ";
    size_t at = 4 + LONG;
    assert_int_equal(length, at + sizeof broken - 1 + MEBIBYTE + 1);
    assert_memory_equal(written + at, broken, sizeof broken - 1);
    expect_letters(at + sizeof broken - 1, 'y', MEBIBYTE);
}

static void ends_a_long_line_with_its_process(void **state)
{
    (void)state;
    length = 0;
    put_letters(0, 'x', LONG);
    put(1, "other");
    while (output_drain(&o))
        collect();
    collect();
    assert_int_equal(length, 4 + LONG + 11);
    assert_memory_equal(written + 4 + LONG, "\n[1] other\n", 11);
}

static void remembers_that_lines_are_lost(void **state)
{
    (void)state;
    const char *where;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0)
        skip();
    close(o.sinks[0].fd);
    o.sinks[0].fd = full;
    assert_int_equal(output_error(&o, &where), 0);
    put(0, "a\n");
    assert_int_equal(output_error(&o, &where), ENOSPC);
    assert_string_equal(where, "standard output");
    put(0, "b\n"); /* nobody is held up */
    assert_int_equal(o.sinks[0].queue.size, 0);
}

/* Then the processes wait as they would without a launcher between. */
static void stops_reading_for_a_slow_reader(void **state)
{
    (void)state;
    static char lines[4096];
    memset(lines, 'x', sizeof lines);
    for (size_t i = 99; i < sizeof lines; i += 100)
        lines[i] = '\n';
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    int accepted = 0;
    while (write(ends[0], lines, sizeof lines) > 0 && accepted++ < 10000)
        output_move(&o);
    assert_true(accepted < 1000);
    struct pollfd places[8];
    size_t count = output_watch(&o, places);
    assert_int_equal(count, 1); /* nobody's pipe, only the sink */
    assert_int_equal(places[0].events, POLLOUT);
}

static void swallows_what_nobody_reads(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    close(reader);
    for (int i = 0; i < 1000; i++)
        put(0, "to nobody\n");
    assert_true(o.sinks[0].closed);
    assert_int_equal(o.sinks[0].queue.size, 0);
    assert_false(output_drain(&o));
    const char *where;
    assert_int_equal(output_error(&o, &where), 0); /* it has read enough */
    reader = -1;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(marks_whole_lines),
        TEST(notices_the_end_of_a_pipe),
        TEST(keeps_a_long_line_whole),
        TEST(breaks_a_line_for_who_has_much_to_say),
        TEST(ends_a_long_line_with_its_process),
        TEST(remembers_that_lines_are_lost),
        TEST(stops_reading_for_a_slow_reader),
        TEST(swallows_what_nobody_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
