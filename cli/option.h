/* The options of a command, in one table: the command line is read by it, and help and the manual page are written
 * from it. */
#ifndef ACCEL_CLI_OPTION_H
#define ACCEL_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

typedef enum option_kind {
    OPTION_SWITCH, /* sets a bool */
    OPTION_WHOLE,  /* an int */
    OPTION_WORD,   /* a const char *, one of the words */
    OPTION_TEXT,   /* a const char *, whatever it is */
    OPTION_WORDS   /* OPTION_WORDS_MAX of them and a NULL: one or several of the words, up to the next option */
} option_kind;

/* How often words may be given to OPTION_WORDS. */
enum { OPTION_WORDS_MAX = 16 };

typedef struct option {
    const char *name; /* its words joined by underscores; hyphens are read alike */
    option_kind kind;
    size_t offset;     /* of the setting within the command's settings */
    const char *value; /* what help calls the value */
    double least, most;
    const char *const *words; /* that OPTION_WORD and OPTION_WORDS may be, NULL at the end */
    /* What OPTION_TEXT means without a value: before a word that does not begin with a digit; if `value` is NULL it never has one. */
    const char *alone;
    bool filled;        /* OPTION_TEXT may not be empty */
    const char *wanted; /* what OPTION_TEXT must be, "a whole number from 1 to 8"; NULL: anything */
    bool more;          /* only --help=all has it */
    char letter;        /* "-q" for it; 0: none */
    const char *group;  /* under which title help has it; NULL: that of the one before, or none */
    const char *text;   /* sentences for help */
} option;

typedef struct option_table {
    const char *command; /* whose they are, as in "accelerate launch" */
    const option *options;
    size_t count;
} option_table;

typedef enum option_outcome {
    OPTIONS_READ,
    OPTIONS_HELP,     /* was asked for */
    OPTIONS_HELP_ALL, /* the same, of every option */
    OPTIONS_WRONG     /* one line on standard error has said why */
} option_outcome;

/* The option that a word such as --name or --name=value stands for; NULL: none. */
const option *option_find(const option_table *table, const char *word);

/* Reads options into `settings` until the first word that is none, which *words is moved to; "--" ends them, too. */
option_outcome option_read(const option_table *table, void *settings, char ***words);

/* Reads options and, before, between and after them, as many other words as `names` has, which ends with NULL and says what they
   are; after "--" all are such words. None may be missing, empty or one too many. They are put into `operands`. */
option_outcome option_read_operands(const option_table *table, void *settings, char **words,
                                    const char *const *names, const char **operands);

#endif
