#include "launch/word_list.h"

#include "base/memory.h"

void word_list_add(word_list *w, char *word)
{
    char **more = word ? memory_resize(w->list, w->count + 2, sizeof *more) : NULL;
    if (!more) {
        memory_free(word);
        return;
    }
    w->list = more;
    more[w->count++] = word;
    more[w->count] = NULL;
}

void word_list_free(char **list)
{
    for (char **word = list; word && *word; word++)
        memory_free(*word);
    memory_free(list);
}
