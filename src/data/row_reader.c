#include "data/row_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/csv.h"
#include "data/encoding.h"

enum { CHUNK = 1 << 18, ROW_MAX = 1 << 28 };

struct row_reader {
    char *path;
    int fd;
    file_state opened;
    char quote_after; /* 0: quotes mean nothing */
    bool ended;       /* the file has no more bytes */
    bool began;
    char *bytes; /* what was read and not given yet is bytes[begin..end) */
    size_t capacity, begin, end;
    int64_t offset, line; /* of bytes[begin] */
};

row_reader *row_reader_open(const char *path, char quote_after)
{
    row_reader *r = memory_alloc(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (row_reader){.path = memory_copy_string(path), .fd = -1, .quote_after = quote_after, .line = 1};
    if (r->path)
        r->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (r->path && r->fd < 0)
        file_raise_errno(path, "cannot be opened");
    if (r->fd < 0) {
        row_reader_close(r);
        return NULL;
    }
    r->opened = file_state_of(r->fd);
    return r;
}

const file_state *row_reader_state(const row_reader *r) { return &r->opened; }

void row_reader_close(row_reader *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    memory_free(r->path);
    memory_free(r->bytes);
    memory_free(r);
}

/* Makes room for a chunk behind what is there. */
static accel_status make_room(row_reader *r)
{
    size_t held = r->end - r->begin;
    if (r->begin > 0) {
        memmove(r->bytes, r->bytes + r->begin, held);
        r->begin = 0;
        r->end = held;
    }
    if (r->capacity - held >= CHUNK)
        return ACCEL_OK;
    size_t capacity = r->capacity ? r->capacity * 2 : 2 * CHUNK;
    char *bytes = memory_resize(r->bytes, capacity, 1);
    if (!bytes)
        return accel_error_status();
    r->bytes = bytes;
    r->capacity = capacity;
    return ACCEL_OK;
}

/* Reads on. False when there is nothing more, with or without a failure recorded. */
static bool read_more(row_reader *r)
{
    if (r->ended || make_room(r) != ACCEL_OK)
        return false;
    ssize_t got;
    do
        got = read(r->fd, r->bytes + r->end, r->capacity - r->end);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        file_raise_errno(r->path, "cannot be read");
    else if (file_state_check(&r->opened, r->fd, NULL, r->path) != ACCEL_OK)
        got = 0;
    r->ended = got <= 0;
    r->end += got > 0 ? (size_t)got : 0;
    return got > 0;
}

static void skip(row_reader *r, size_t count)
{
    r->begin += count;
    r->offset += (int64_t)count;
}

/* Skips a byte order mark, and refuses a file whose rows could not be found. */
static void look_at_beginning(row_reader *r)
{
    static const char mark[] = {'\xef', '\xbb', '\xbf'};
    while (r->end - r->begin < sizeof mark && read_more(r))
        ;
    if (r->end - r->begin >= sizeof mark && memcmp(r->bytes + r->begin, mark, sizeof mark) == 0)
        skip(r, sizeof mark);
    r->began = true;
    const char *wrong = encoding_refusal(r->bytes + r->begin, r->end - r->begin, r->quote_after);
    if (wrong && !accel_error_is_set())
        accel_error_raise(ACCEL_EFORMAT, NULL, "%s: %s", r->path, wrong);
}

/* How far a search for the end of a row came. */
typedef struct scan {
    size_t at;         /* from r->begin */
    size_t first_line; /* where the row's second line begins; 0: it has none yet */
    int64_t lines;     /* line ends passed */
    csv_state state;
} scan;

/* The next line end from `at` on; NULL when it is not in what was read. */
static const char *find_newline(const row_reader *r, size_t at)
{
    const char *from = r->bytes + r->begin + at;
    return memchr(from, '\n', (size_t)(r->bytes + r->end - from));
}

/* Moves on to the row's end in what was read; false when that is not in it. */
static bool scan_line(const row_reader *r, scan *s)
{
    const char *newline = find_newline(r, s->at);
    s->at = newline ? (size_t)(newline - (r->bytes + r->begin)) : r->end - r->begin;
    return newline;
}

/* The same where quotes count. */
static bool scan_quoted(const row_reader *r, scan *s)
{
    const char *row = r->bytes + r->begin;
    for (size_t held = r->end - r->begin; s->at < held; s->at++) {
        char c = row[s->at];
        if (c == '\n') {
            if (s->state != CSV_QUOTED)
                return true;
            if (s->lines++ == 0)
                s->first_line = s->at + 1;
        }
        s->state = csv_step(s->state, c, r->quote_after);
    }
    return false;
}

static bool scan_row(const row_reader *r, scan *s)
{
    if (!r->quote_after)
        return scan_line(r, s);
    const char *row = r->bytes + r->begin, *newline = s->at == 0 ? find_newline(r, 0) : NULL;
    if (newline && !memchr(row, '"', (size_t)(newline - row)))
        return scan_line(r, s);
    return scan_quoted(r, s);
}

/* Where the row ends; false at the end of the file, and on failure. */
static bool find_end(row_reader *r, scan *s)
{
    *s = (scan){.state = CSV_BEGINS};
    for (;;) {
        bool found = r->end > r->begin && scan_row(r, s);
        if (s->at > ROW_MAX && s->first_line == 0) {
            accel_error_raise(ACCEL_EFORMAT, NULL, "%s:%lld: is longer than %d MiB", r->path,
                              (long long)r->line, ROW_MAX >> 20);
            return false;
        }
        if (found)
            return true;
        if (s->at > ROW_MAX || !read_more(r))
            return false;
    }
}

/* The row without what ends it. */
static void give(row_reader *r, size_t size, text_row *row)
{
    const char *bytes = r->bytes + r->begin;
    if (size > 0 && bytes[size - 1] == '\n')
        size--;
    if (size > 0 && bytes[size - 1] == '\r')
        size--;
    *row = (text_row){.bytes = bytes, .size = size, .offset = r->offset, .line = r->line};
}

/* The next row, which may be empty. */
static bool next_row(row_reader *r, text_row *row)
{
    scan s;
    bool found = find_end(r, &s);
    if (accel_error_is_set() || (!found && s.at == 0))
        return false;
    bool unclosed = !found && s.first_line > 0 && (s.state == CSV_QUOTED || s.at > ROW_MAX);
    size_t taken = unclosed ? s.first_line : found ? s.at + 1 : s.at;
    give(r, taken, row);
    skip(r, taken);
    r->line += unclosed ? 1 : s.lines + 1;
    return true;
}

bool row_reader_next(row_reader *r, text_row *row)
{
    if (accel_error_is_set())
        return false;
    if (!r->began)
        look_at_beginning(r);
    do {
        if (accel_error_is_set() || !next_row(r, row))
            return false;
    } while (row->size == 0);
    return true;
}
