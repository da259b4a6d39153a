/* What `accelerate config` asks, one row a question, in the reference's order. */
#ifndef ACCEL_CLI_INQUIRY_H
#define ACCEL_CLI_INQUIRY_H

#include <stdbool.h>
#include <stddef.h>

#include "launch/configuration.h"
#include "launch/setting.h"

typedef enum inquiry_kind {
    INQUIRY_TRUTH,  /* yes or no */
    INQUIRY_WHOLE,  /* a whole number */
    INQUIRY_NUMBER, /* a number */
    INQUIRY_TEXT,   /* a line */
    INQUIRY_PATH,   /* the same, where ~/ is the home folder */
    INQUIRY_CHOICE, /* one of its words */
    INQUIRY_RANK,   /* one of the machines */
    INQUIRY_GIVEN,  /* nothing: the answer is `given` */
    INQUIRY_NOTE    /* nothing: its text is told */
} inquiry_kind;

/* Answers are kept under their name, whether they are written or not, so that conditions may look at them. */
typedef struct inquiry {
    inquiry_kind kind;
    const char *name;
    const char *section;        /* of the file; NULL: none */
    const char *key;            /* in the file; NULL: the name */
    bool unwritten;             /* what it decides is written, and not the answer */
    bool listed;                /* it is the next one of the key's list */
    configuration_kind spelled; /* of choices and what is given: what it is in the file */
    const char *text;
    const char *absent;       /* what an empty line means; NULL: it is asked again */
    const char *given;        /* of INQUIRY_GIVEN: the answer */
    double least, most;       /* of numbers */
    const char *const *words; /* of choices, NULL at the end; NULL: those of the setting that its key is */
    /* What is written of each; NULL: the word, in its setting's letters; "": it is not supported. */
    const char *const *values;
    /* Of the setting's words, with "|" between them, those that are not offered; NULL: none. */
    const char *left_out;
    const char *when; /* the condition under which it is asked; NULL: always */
} inquiry;

/* An answer that is asked again: what would hold with it, and why that cannot be. */
typedef struct inquiry_refusal {
    const char *name, *when, *why;
} inquiry_refusal;

/* The rows one after the other; NULL after the last. */
const inquiry *inquiry_at(size_t index);

/* The setting that its key is; NULL: none. */
const setting *inquiry_setting(const inquiry *i);

/* The words of a choice that are offered, NULL at the end: new, memory_free. NULL on failure. */
const char **inquiry_words(const inquiry *i);

/* Why the answer of that name, among `answers`, cannot be; NULL: it can. */
const char *inquiry_refuse(const configuration *answers, const char *name);

/* The rows, for inquiry.c: of machines and what computes, of engines, and of processes. */
extern const inquiry machine_inquiries[], engine_inquiries[], process_inquiries[];
extern const size_t machine_inquiry_count, engine_inquiry_count, process_inquiry_count;

/* ---- how rows are written ---- */

#define INQUIRY_ACCELERATORS                                                                                   \
    "MULTI_GPU|MULTI_NPU|MULTI_MLU|MULTI_SDAA|MULTI_MUSA|MULTI_XPU|MULTI_HPU|MULTI_NEURON"

#define ASK_TRUTH(section_, name_, absent_, text_, when_)                                                      \
    {.kind = INQUIRY_TRUTH, .section = section_, .name = name_, .absent = absent_, .text = text_, .when = when_}
/* A decision about what else is asked. */
#define ASK_WHETHER(name_, text_, when_)                                                                       \
    {.kind = INQUIRY_TRUTH, .name = name_, .unwritten = true, .absent = "no", .text = text_, .when = when_}
#define ASK_WHOLE(section_, name_, absent_, least_, most_, text_, when_)                                       \
    {.kind = INQUIRY_WHOLE,                                                                                    \
     .section = section_,                                                                                      \
     .name = name_,                                                                                            \
     .absent = absent_,                                                                                        \
     .least = least_,                                                                                          \
     .most = most_,                                                                                            \
     .text = text_,                                                                                            \
     .when = when_}
#define ASK_NUMBER(section_, name_, absent_, text_, when_)                                                     \
    {.kind = INQUIRY_NUMBER,                                                                                   \
     .section = section_,                                                                                      \
     .name = name_,                                                                                            \
     .absent = absent_,                                                                                        \
     .most = 1e300,                                                                                            \
     .text = text_,                                                                                            \
     .when = when_}
#define ASK_TEXT(section_, name_, absent_, text_, when_)                                                       \
    {.kind = INQUIRY_TEXT, .section = section_, .name = name_, .absent = absent_, .text = text_, .when = when_}
#define ASK_PATH(section_, name_, absent_, text_, when_)                                                       \
    {.kind = INQUIRY_PATH, .section = section_, .name = name_, .absent = absent_, .text = text_, .when = when_}
/* `first`: the number of the word that an empty line means. `words_`: NULL for those of the setting. */
#define ASK_WHICH(section_, name_, words_, first_, text_, when_)                                               \
    {.kind = INQUIRY_CHOICE,                                                                                   \
     .spelled = CONFIGURATION_TEXT,                                                                            \
     .section = section_,                                                                                      \
     .name = name_,                                                                                            \
     .words = words_,                                                                                          \
     .absent = first_,                                                                                         \
     .text = text_,                                                                                            \
     .when = when_}
#define ASK_WHICH_NUMBER(section_, name_, words_, first_, text_, when_)                                        \
    {.kind = INQUIRY_CHOICE,                                                                                   \
     .spelled = CONFIGURATION_WHOLE,                                                                           \
     .section = section_,                                                                                      \
     .name = name_,                                                                                            \
     .words = words_,                                                                                          \
     .absent = first_,                                                                                         \
     .text = text_,                                                                                            \
     .when = when_}
#define GIVE(section_, name_, spelled_, value_, when_)                                                         \
    {.kind = INQUIRY_GIVEN,                                                                                    \
     .section = section_,                                                                                      \
     .name = name_,                                                                                            \
     .spelled = spelled_,                                                                                      \
     .given = value_,                                                                                          \
     .when = when_}
#define TELL(text_, when_) {.kind = INQUIRY_NOTE, .text = text_, .when = when_}

#endif
