/* Words as execvp and the environment take them: a list that ends with NULL. */
#ifndef ACCEL_LAUNCH_WORD_LIST_H
#define ACCEL_LAUNCH_WORD_LIST_H

#include <stddef.h>

/* Start with {0}. */
typedef struct word_list {
    char **list; /* NULL while there are none */
    size_t count;
} word_list;

/* Takes the word; NULL, of an allocation that failed, is left out. */
void word_list_add(word_list *w, char *word);

/* Frees a list with its words; NULL does nothing. */
void word_list_free(char **list);

#endif
