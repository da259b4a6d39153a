#include "launch/script.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "launch/word_list.h"

/* A name that is nothing but ".py" is a program's. */
bool script_is_python(const choices *c, char *const *list)
{
    return choices_is_on(c, SETTING_MODULE) ||
           (!choices_is_on(c, SETTING_NO_PYTHON) && file_has_ending(list[0], ".py") && list[0][3]);
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

static void add_all(word_list *w, const char *const *list)
{
    for (; list && *list && !accel_error_is_set(); list++)
        word_list_add(w, memory_copy_string(*list));
}

char **script_command(const choices *c, const char *const *before, char *const *list)
{
    RETURN_NULL_IF_FAILED();
    word_list w = {0};
    add_all(&w, before);
    if (script_is_python(c, list))
        word_list_add(&w, find_python(c));
    if (choices_is_on(c, SETTING_MODULE))
        word_list_add(&w, memory_copy_string("-m"));
    add_all(&w, (const char *const *)list);
    if (!accel_error_is_set())
        return w.list;
    word_list_free(w.list);
    return NULL;
}
