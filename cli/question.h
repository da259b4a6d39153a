/* Questions on standard output, and their answers from standard input: a terminal, where a list has a cursor that arrows move, or a pipe. */
#ifndef ACCEL_CLI_QUESTION_H
#define ACCEL_CLI_QUESTION_H

#include <stdbool.h>
#include <stddef.h>

enum { ANSWER_MAX = 1024 };

/* Which one of some; `first` is where the cursor is, and what an empty line means. Asks again for what is none of them. -1 when there is no
   more input. */
int question_choose(const char *text, const char *const *options, int first);

/* A line, which is UTF-8 without control characters but tabs; an empty one is `absent`, which may be NULL: then it is asked again. False when
   there is no more input. */
bool question_ask(const char *text, const char *absent, char answer[ANSWER_MAX]);

/* yes or no, in any case: 1 or 0; -1 when there is no more input. */
int question_confirm(const char *text, bool absent);

/* A whole number, or any, from `least` to `most`, also as 1e8; an empty line is `absent`, as question_ask has it. False when there is no
   more input. */
bool question_count(const char *text, const char *absent, long long least, long long most, long long *count);
bool question_measure(const char *text, const char *absent, double least, double most, double *number);

#endif
