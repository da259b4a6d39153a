#include "track/timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

typedef struct total {
    char *name;
    int64_t count, all_ns, own_ns, apart_ns;
} total;

/* What has not ended yet, innermost last. */
typedef struct open_event {
    uint64_t thread;
    int64_t end_ns;
    size_t total;
} open_event;

struct timeline {
    total *totals;
    size_t totals_count, totals_capacity;
    open_event *open;
    size_t open_count, open_capacity;
};

timeline *timeline_create(void) { return memory_alloc(1, sizeof(timeline)); }

void timeline_free(timeline *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->totals_count; i++)
        memory_free(t->totals[i].name);
    memory_free(t->totals);
    memory_free(t->open);
    memory_free(t);
}

/* ---- adding ---- */

/* Room for one more item of a growing list; NULL with the record set, and then the list is as it was. */
static void *reserve(void *list, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    size_t wanted = *capacity ? 2 * *capacity : 64;
    void *larger = memory_resize(list, wanted, size);
    if (larger)
        *capacity = wanted;
    return larger;
}

static total *find_total(timeline *t, const char *name)
{
    for (size_t i = 0; i < t->totals_count; i++)
        if (strcmp(t->totals[i].name, name) == 0)
            return &t->totals[i];
    total *list = reserve(t->totals, t->totals_count, &t->totals_capacity, sizeof *list);
    char *copy = list ? memory_copy_string(name) : NULL;
    if (list)
        t->totals = list;
    if (!copy)
        return NULL;
    t->totals[t->totals_count] = (total){.name = copy};
    return &t->totals[t->totals_count++];
}

/* The innermost of the thread that is still open then; those that have ended are taken away. NULL for none. */
static open_event *find_outer(timeline *t, uint64_t thread, int64_t start_ns)
{
    size_t kept = 0;
    open_event *outer = NULL;
    for (size_t i = 0; i < t->open_count; i++)
        if (t->open[i].end_ns > start_ns) {
            t->open[kept] = t->open[i];
            outer = t->open[kept].thread == thread ? &t->open[kept] : outer;
            kept++;
        }
    t->open_count = kept;
    return outer;
}

static accel_status open_up(timeline *t, uint64_t thread, int64_t end_ns, size_t index)
{
    open_event *list = reserve(t->open, t->open_count, &t->open_capacity, sizeof *list);
    if (!list)
        return accel_error_status();
    t->open = list;
    t->open[t->open_count++] = (open_event){.thread = thread, .end_ns = end_ns, .total = index};
    return ACCEL_OK;
}

accel_status timeline_add(timeline *t, const char *name, uint64_t thread, int64_t start_ns, int64_t duration_ns,
                          bool apart)
{
    total *own = find_total(t, name);
    if (!own)
        return accel_error_status();
    own->count++;
    own->all_ns += duration_ns;
    own->own_ns += duration_ns;
    own->apart_ns += apart ? duration_ns : 0;
    if (apart)
        return ACCEL_OK;
    const open_event *outer = find_outer(t, thread, start_ns);
    if (outer)
        t->totals[outer->total].own_ns -= duration_ns;
    return open_up(t, thread, start_ns + duration_ns, (size_t)(own - t->totals));
}

/* ---- printing ---- */

static int compare_own(const void *a, const void *b)
{
    const total *x = *(total *const *)a, *y = *(total *const *)b;
    return x->own_ns != y->own_ns ? (x->own_ns < y->own_ns ? 1 : -1) : strcmp(x->name, y->name);
}

static void print_row(FILE *stream, const total *row, int64_t all_ns)
{
    double percent = all_ns > 0 ? 100.0 * (double)row->own_ns / (double)all_ns : 0;
    fprintf(stream, "%-44.44s %7.2f %12.3f %12.3f %12.3f %9" PRId64 "\n", row->name, percent,
            (double)row->own_ns * 1e-6, (double)row->all_ns * 1e-6,
            (double)row->all_ns * 1e-3 / (double)row->count, row->count);
}

accel_status timeline_print(const timeline *t, FILE *stream, int rows)
{
    int64_t all_ns = 0;
    total **sorted = memory_alloc(t->totals_count, sizeof *sorted);
    if (!sorted)
        return accel_error_status();
    for (size_t i = 0; i < t->totals_count; i++) {
        sorted[i] = &t->totals[i];
        all_ns += t->totals[i].own_ns - t->totals[i].apart_ns;
    }
    qsort(sorted, t->totals_count, sizeof *sorted, compare_own);
    fprintf(stream, "%-44s %7s %12s %12s %12s %9s\n", "name", "own %", "own ms", "total ms", "each us",
            "calls");
    for (size_t i = 0; i < t->totals_count && (int64_t)i < rows; i++)
        print_row(stream, sorted[i], all_ns);
    memory_free(sorted);
    errno = 0;
    if (fflush(stream) != 0 || ferror(stream))
        return accel_error_raise(ACCEL_EIO, "accelerator_profile_print", "the table cannot be written%s%s",
                                 errno ? ": " : "", errno ? strerror(errno) : "");
    return ACCEL_OK;
}
