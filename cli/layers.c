#include "cli/layers.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64 }; /* of modules; what is deeper is one layer */

typedef struct walk {
    const layers_tensor *tensors; /* by name, so that those of a module are neighbours */
    layers_kept kept;
    uint64_t largest;
} walk;

static int compare(const void *left, const void *right)
{
    return strcmp(((const layers_tensor *)left)->name, ((const layers_tensor *)right)->name);
}

static bool is_number(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isdigit((unsigned char)name[i]))
            return false;
    return length > 0;
}

static bool is_kept(const layers_kept *kept, const char *name, size_t length)
{
    static const char embeddings[] = "embeddings";
    return (kept->blocks && is_number(name, length)) ||
           (kept->embeddings && length == sizeof embeddings - 1 && memcmp(name, embeddings, length) == 0);
}

static void consider(walk *w, uint64_t bytes) { w->largest = bytes > w->largest ? bytes : w->largest; }

/* The end of the module whose name, with its dot, is the first `length` bytes of the name at `from`; and its bytes. */
static size_t find_end(const walk *w, size_t from, size_t to, size_t length, uint64_t *bytes)
{
    size_t end = from;
    *bytes = 0;
    for (; end < to && strncmp(w->tensors[end].name, w->tensors[from].name, length) == 0; end++)
        *bytes += w->tensors[end].bytes;
    return end;
}

/* A module whose name, with its dot, takes `length` bytes; the whole model for 0. */
static void visit(walk *w, size_t from, size_t to, size_t length, int depth)
{
    uint64_t own = 0, bytes;
    bool has_modules = false;
    for (size_t i = from, end; i < to; i = end) {
        const char *part = w->tensors[i].name + length, *dot = strchr(part, '.');
        if (!dot) {
            own += w->tensors[i].bytes;
            end = i + 1;
            if (length == 0)
                consider(w, w->tensors[i].bytes);
            continue;
        }
        const size_t inner = length + (size_t)(dot - part) + 1;
        end = find_end(w, i, to, inner, &bytes);
        has_modules = true;
        if (is_kept(&w->kept, part, (size_t)(dot - part)) || depth == DEPTH_MAX)
            consider(w, bytes);
        else
            visit(w, i, end, inner, depth + 1);
    }
    if (!has_modules && length > 0)
        consider(w, own);
}

uint64_t layers_largest(layers_tensor *tensors, size_t count, layers_kept kept)
{
    walk w = {.tensors = tensors, .kept = kept};
    qsort(tensors, count, sizeof *tensors, compare);
    visit(&w, 0, count, 0, 0);
    return w.largest;
}
