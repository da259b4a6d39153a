#include "cli/question.h"

#include <ctype.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "base/quote.h"
#include "launch/scalar.h"

/* ---- lines ---- */

/* As many bytes as fit. False when there is no more input; `whole`: all of them fit. */
static bool read_line(char line[ANSWER_MAX], size_t *length, bool *whole)
{
    size_t read = 0;
    int c;
    fflush(stdout);
    for (; (c = getchar()) != EOF && c != '\n'; read++)
        if (read < ANSWER_MAX - 1)
            line[read] = (char)c;
    *whole = read < ANSWER_MAX - 1;
    *length = *whole ? read : ANSWER_MAX - 1;
    line[*length] = '\0';
    return c != EOF || read > 0;
}

/* A tab stands for a blank. */
static bool is_control(char c) { return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f; }

/* What is wrong with a line; NULL: nothing. */
static const char *refuse_line(const char *line, size_t length)
{
    if (!quote_is_utf8_of(line, length))
        return "What was entered is not UTF-8.";
    for (size_t i = 0; i < length; i++)
        if (is_control(line[i]))
            return "Please enter no control characters.";
    return NULL;
}

/* Without the blanks around it, and the carriage return of another system. */
static void trim(char *line, size_t *length)
{
    const size_t begin = strspn(line, " \t");
    while (*length > begin && isspace((unsigned char)line[*length - 1]))
        --*length;
    *length -= begin;
    memmove(line, line + begin, *length);
    line[*length] = '\0';
}

bool question_ask(const char *text, const char *absent, char answer[ANSWER_MAX])
{
    for (;;) {
        size_t length;
        bool whole;
        fputs(text, stdout);
        if (!read_line(answer, &length, &whole))
            return false;
        trim(answer, &length);
        const char *why = whole ? refuse_line(answer, length) : NULL;
        if (!whole)
            printf("Please enter at most %d characters.\n", ANSWER_MAX - 2);
        else if (why)
            puts(why);
        else if (*answer)
            return true;
        else if (absent)
            return snprintf(answer, ANSWER_MAX, "%s", absent), true;
    }
}

int question_confirm(const char *text, bool absent)
{
    char answer[ANSWER_MAX];
    while (question_ask(text, absent ? "yes" : "no", answer)) {
        bool yes = strcasecmp(answer, "yes") == 0 || strcasecmp(answer, "y") == 0;
        if (yes || strcasecmp(answer, "no") == 0 || strcasecmp(answer, "n") == 0)
            return yes;
        puts("Please enter yes or no.");
    }
    return -1;
}

bool question_count(const char *text, const char *absent, long long least, long long most, long long *count)
{
    char answer[ANSWER_MAX];
    double number;
    while (question_ask(text, absent, answer)) {
        if (scalar_read_number(answer, (double)least, (double)most, &number) && number == trunc(number))
            return *count = (long long)number, true;
        printf("Please enter a whole number from %lld to %lld.\n", least, most);
    }
    return false;
}

bool question_measure(const char *text, const char *absent, double least, double most, double *number)
{
    char answer[ANSWER_MAX];
    while (question_ask(text, absent, answer)) {
        if (scalar_read_number(answer, least, most, number))
            return true;
        printf("Please enter a number from %g to %g.\n", least, most);
    }
    return false;
}

/* ---- lists ---- */

static int count_options(const char *const *options)
{
    int count = 0;
    while (options[count])
        count++;
    return count;
}

/* A number, or the words themselves. -1 for neither. */
static int find_option(const char *const *options, const char *answer)
{
    char *end;
    long number = strtol(answer, &end, 10);
    if (isdigit((unsigned char)*answer) && *end == '\0' && number < count_options(options))
        return (int)number;
    for (int i = 0; options[i]; i++)
        if (strcasecmp(options[i], answer) == 0)
            return i;
    return -1;
}

static int choose_by_line(const char *text, const char *const *options, int first)
{
    char answer[ANSWER_MAX], usual[16], ask[64];
    puts(text);
    for (int i = 0; options[i]; i++)
        printf("  %d  %s\n", i, options[i]);
    snprintf(usual, sizeof usual, "%d", first);
    snprintf(ask, sizeof ask, "Please choose a number [%d]: ", first);
    while (question_ask(ask, usual, answer)) {
        int found = find_option(options, answer);
        if (found >= 0)
            return found;
        printf("\"%s\" is none of them.\n", answer);
    }
    return -1;
}

static void draw(const char *const *options, int at, bool again)
{
    if (again)
        printf("\033[%dA", count_options(options));
    for (int i = 0; options[i]; i++)
        printf("\r\033[K%s %d  %s\n", i == at ? "->" : "  ", i, options[i]);
    fflush(stdout);
}

typedef enum key { KEY_UP, KEY_DOWN, KEY_ENTER, KEY_END, KEY_DIGIT, KEY_SIGNAL, KEY_OTHER } key;

/* The signal that a terminal sends at this byte; 0: none. */
static int signal_of(const struct termios *t, char byte)
{
    const unsigned char typed = (unsigned char)byte;
    return typed == t->c_cc[VINTR]   ? SIGINT
           : typed == t->c_cc[VQUIT] ? SIGQUIT
           : typed == t->c_cc[VSUSP] ? SIGTSTP
                                     : 0;
}

/* `number`: the digit, or the signal. */
static key read_key(const struct termios *t, int *number)
{
    char bytes[3];
    if (read(STDIN_FILENO, bytes, 1) != 1)
        return KEY_END;
    if (signal_of(t, bytes[0]))
        return *number = signal_of(t, bytes[0]), KEY_SIGNAL;
    if (isdigit((unsigned char)bytes[0]))
        return *number = bytes[0] - '0', KEY_DIGIT;
    if (bytes[0] == '\n' || bytes[0] == '\r')
        return KEY_ENTER;
    if (bytes[0] == 'k' || bytes[0] == 'j')
        return bytes[0] == 'k' ? KEY_UP : KEY_DOWN;
    if (bytes[0] == 4) /* the end of input, by hand */
        return KEY_END;
    if (bytes[0] != '\033' || read(STDIN_FILENO, bytes + 1, 2) != 2)
        return KEY_OTHER;
    return bytes[2] == 'A' ? KEY_UP : bytes[2] == 'B' ? KEY_DOWN : KEY_OTHER;
}

/* Digits one after the other are one number, as far as there is an option of it. */
static int move(int at, key pressed, int digit, int count, int *typed)
{
    if (pressed != KEY_DIGIT) {
        *typed = -1;
        return pressed == KEY_UP ? (at + count - 1) % count : pressed == KEY_DOWN ? (at + 1) % count : at;
    }
    int longer = *typed > 0 ? *typed * 10 + digit : digit;
    *typed = longer < count ? longer : digit;
    return *typed < count ? *typed : at;
}

static int choose_by_cursor(const char *text, const char *const *options, int first)
{
    struct termios before, raw;
    int at = first, digit = 0, typed = -1;
    key pressed = KEY_OTHER;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return choose_by_line(text, options, first);
    printf("%s\nPlease select a choice using the arrow or number keys, and selecting with enter\n", text);
    raw = before;
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG); /* the terminal is put right before a signal */
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
    draw(options, at, false);
    while (pressed != KEY_ENTER && pressed != KEY_END) {
        pressed = read_key(&before, &digit);
        if (pressed == KEY_SIGNAL) {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
            raise(digit);
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw); /* it went on */
            continue;
        }
        at = move(at, pressed, digit, count_options(options), &typed);
        draw(options, at, true);
    }
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    return pressed == KEY_END ? -1 : at;
}

int question_choose(const char *text, const char *const *options, int first)
{
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    return terminal ? choose_by_cursor(text, options, first) : choose_by_line(text, options, first);
}
