#include "launch/script.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), length = strlen(end);
    return size > length && strcmp(text + size - length, end) == 0;
}

bool script_is_python(const choices *c, char *const *words)
{
    return choices_is_on(c, SETTING_MODULE) ||
           (!choices_is_on(c, SETTING_NO_PYTHON) && ends_with(words[0], ".py"));
}

/* As --python says, or that of an active environment, or the one on PATH: new. */
static char *find_python(const choices *c)
{
    const char *chosen = choices_text(c, SETTING_PYTHON), *environment = getenv("VIRTUAL_ENV");
    if (chosen)
        return memory_copy_string(chosen);
    char *own = environment && *environment ? file_join(environment, "bin/python") : NULL;
    if (own && access(own, X_OK) == 0)
        return own;
    memory_free(own);
    return memory_copy_string("python3");
}

typedef struct line {
    char **words;
    size_t count;
} line;

/* Takes the word. */
static void add(line *l, char *word)
{
    char **more = word ? memory_resize(l->words, l->count + 2, sizeof *more) : NULL;
    if (!more) {
        memory_free(word);
        return;
    }
    l->words = more;
    more[l->count++] = word;
    more[l->count] = NULL;
}

static void add_all(line *l, char *const *words)
{
    for (; words && *words && !accel_error_is_set(); words++)
        add(l, memory_copy_string(*words));
}

char **script_command(const choices *c, char *const *before, char *const *words)
{
    RETURN_NULL_IF_FAILED();
    line l = {0};
    add_all(&l, before);
    if (script_is_python(c, words))
        add(&l, find_python(c));
    if (choices_is_on(c, SETTING_MODULE))
        add(&l, memory_copy_string("-m"));
    add_all(&l, words);
    if (!accel_error_is_set())
        return l.words;
    script_free(l.words);
    return NULL;
}

void script_free(char **command)
{
    for (char **word = command; word && *word; word++)
        memory_free(*word);
    memory_free(command);
}
