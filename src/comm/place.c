#include "comm/place.h"

#include <inttypes.h>

/* ---- who is behind ---- */

static uint64_t fewest_operations(const place *places, size_t count)
{
    uint64_t fewest = UINT64_MAX;
    for (size_t i = 0; i < count; i++)
        if (places[i].number < fewest)
            fewest = places[i].number;
    return fewest;
}

static bool write_silent(const place *places, size_t count, buffer *text)
{
    buffer silent = {0};
    int shown = 0;
    for (size_t i = 0; i < count; i++)
        if (!places[i].answered && shown++ < PLACES_SHOWN)
            buffer_printf(&silent, "%s%d", silent.size ? ", " : "", places[i].rank);
    if (shown > 0)
        buffer_printf(text, shown > 1 ? "processes %s do not answer" : "process %s does not answer",
                      silent.data);
    buffer_dispose(&silent);
    return shown > 0;
}

static void write_place(const place *p, buffer *text)
{
    buffer_printf(text, "%sprocess %d is in %s", text->size ? ", " : "", p->rank,
                  p->call[0] ? p->call : "no call of the group");
    if (!p->call[0] && p->last[0])
        buffer_printf(text, " since %s,", p->last);
    buffer_printf(text, " after %" PRIu64 " operations", p->number);
}

void place_write_report(const place *places, size_t count, buffer *text)
{
    uint64_t fewest = fewest_operations(places, count);
    int shown = 0;
    if (write_silent(places, count, text))
        return;
    for (int in_call = 0; in_call < 2; in_call++)
        for (size_t i = 0; i < count; i++) {
            const place *p = &places[i];
            if (p->number == fewest && (p->call[0] != '\0') == in_call && shown++ < PLACES_SHOWN)
                write_place(p, text);
        }
}

/* ---- who waits for what never comes ---- */

/* A round begins after the same calls in every process. `ahead` has begun more of them than `behind`, which will begin its next
   one after the calls that it has begun by now, at the earliest. */
static bool is_too_late(uint64_t calls_of_ahead, const engine_progress *behind)
{
    return behind->calls > calls_of_ahead;
}

bool place_contradicts(const place *a, const place *b)
{
    const engine_progress *p = &a->progress, *q = &b->progress;
    for (int i = 0; i < ENGINE_REDUCERS; i++) {
        uint64_t rounds = p->reducers[i].rounds, others = q->reducers[i].rounds;
        if ((rounds == others && p->reducers[i].calls != q->reducers[i].calls) ||
            (rounds > others && is_too_late(p->reducers[i].calls, q)) ||
            (others > rounds && is_too_late(q->reducers[i].calls, p)))
            return true;
    }
    return false;
}
