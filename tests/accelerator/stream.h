/* What is printed during a test. */
#ifndef TESTS_ACCELERATOR_STREAM_H
#define TESTS_ACCELERATOR_STREAM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

/* One of the standard streams, which goes to a file until the end. */
typedef struct capture {
    FILE *stream, *file;
    int before;
    char text[4096];
} capture;

static inline capture capture_begin(FILE *stream)
{
    fflush(stream);
    capture c = {.stream = stream, .file = tmpfile(), .before = dup(fileno(stream))};
    assert_non_null(c.file);
    assert_true(dup2(fileno(c.file), fileno(stream)) >= 0);
    return c;
}

/* What was written: borrowed from the capture. */
static inline const char *capture_end(capture *c)
{
    fflush(c->stream);
    dup2(c->before, fileno(c->stream));
    close(c->before);
    rewind(c->file);
    c->text[fread(c->text, 1, sizeof c->text - 1, c->file)] = '\0';
    fclose(c->file);
    return c->text;
}

#endif
