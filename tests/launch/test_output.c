/* Lines of several processes, whole and with their rank before them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
        if (output_add(&o, rank, 0, &ends[rank]) != ACCEL_OK)
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

static void breaks_a_line_without_end(void **state)
{
    (void)state;
    static char piece[4096];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i <= (1 << 20) / (int)sizeof piece; i++) {
        assert_int_equal(write(ends[0], piece, sizeof piece), sizeof piece);
        output_move(&o);
        assert_true(o.streams[0].line.size <= 1 << 20);
    }
    assert_true(o.sinks[0].queue.size > 0);
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
    reader = -1;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(marks_whole_lines),          TEST(notices_the_end_of_a_pipe),
        TEST(breaks_a_line_without_end),  TEST(stops_reading_for_a_slow_reader),
        TEST(swallows_what_nobody_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
