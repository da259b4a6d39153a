#include "comm/agreement.h"

#include <stdio.h>
#include <string.h>

#include <accel/scope.h>

#include "base/error.h"
#include "base/memory.h"
#include "comm/call.h"
#include "tensor/tensor.h"

/* What travels along with the frames: two numbers say whether the texts are the same. */
typedef struct digest {
    uint64_t length, hash;
} digest;

typedef struct word {
    digest digest;
    int64_t number;
} word;

/* FNV-1a. */
static digest digest_of(const char *text)
{
    digest d = {.length = strlen(text), .hash = 0xcbf29ce484222325u};
    for (const char *c = text; *c; c++)
        d.hash = (d.hash ^ (unsigned char)*c) * 0x100000001b3u;
    return d;
}

/* Every process's text, each in `size` bytes: free with memory_free. */
static char *gather_texts(group *g, const char *call, const char *text, size_t size)
{
    const int64_t each = (int64_t)size, all = each * group_size(g);
    char *texts = memory_alloc((size_t)all, 1);
    accel_scoped() {
        accel_tensor *in = accel_zeros(ACCEL_UINT8, &each, 1), *out = accel_empty(ACCEL_UINT8, &all, 1);
        if (!texts || !in || !out)
            break;
        memcpy(accel_tensor_data(in), text, strlen(text) + 1);
        if (engine_all_gather(group_engine(g), call, out, in) == ACCEL_OK)
            accel_tensor_copy_to(out, texts, (size_t)all);
    }
    if (!accel_error_is_set())
        return texts;
    memory_free(texts);
    return NULL;
}

static void show_first_difference(const char *call, const char *what, const char *a, const char *b, int other)
{
    enum { LINE = 200 };
    while (*a && *b) {
        size_t length_a = strcspn(a, "\n"), length_b = strcspn(b, "\n");
        if (length_a != length_b || strncmp(a, b, length_a) != 0)
            break;
        a += length_a + (a[length_a] != '\0');
        b += length_b + (b[length_b] != '\0');
    }
    int shown_a = (int)strcspn(a, "\n"), shown_b = (int)strcspn(b, "\n");
    accel_error_raise(ACCEL_EMISMATCH, call,
                      "%s differs between processes: process 0 has %.*s, process %d has %.*s", what,
                      shown_a ? (shown_a < LINE ? shown_a : LINE) : 7, shown_a ? a : "nothing", other,
                      shown_b ? (shown_b < LINE ? shown_b : LINE) : 7, shown_b ? b : "nothing");
}

static void find_difference(group *g, const char *call, const char *what, const char *text, size_t longest,
                            const call_frame *frames)
{
    if (group_count_present(g) < group_size(g)) { /* who is not there has no text to send */
        accel_error_raise(ACCEL_EMISMATCH, call, "%s differs between processes", what);
        group_agree(g);
        return;
    }
    char *texts = gather_texts(g, call, text, longest + 1);
    for (int i = 1; texts && i < group_size(g) && !accel_error_is_set(); i++)
        if (memcmp(frames[0].payload, frames[i].payload, sizeof(digest)) != 0)
            show_first_difference(call, what, texts, texts + (size_t)i * (longest + 1), i);
    if (texts)
        group_agree(g);
    memory_free(texts);
}

/* The largest of all numbers, once the texts are the same. */
static void compare(group *g, const char *call, const char *what, const char *text, const call_frame *frames,
                    int64_t *number)
{
    bool same = true; /* all processes compare the same digests and come to the same answer */
    size_t longest = 0;
    const call_frame *first = call_first_present(g, frames);
    for (int i = 0; i < group_size(g); i++) {
        word w;
        if (frames[i].joined)
            continue;
        memcpy(&w, frames[i].payload, sizeof w);
        same = same && memcmp(first->payload, &w.digest, sizeof w.digest) == 0;
        longest = w.digest.length > longest ? w.digest.length : longest;
        *number = w.number > *number ? w.number : *number;
    }
    if (!same)
        find_difference(g, call, what, text, longest, frames);
}

accel_status agreement_check_max(group *g, const char *call, const char *what, const char *text,
                                 int64_t *number)
{
    call_frame frame;
    const word own = {.digest = digest_of(text), .number = *number};
    call_name(&frame, call);
    memcpy(frame.payload, &own, sizeof own);
    call_frame *frames = call_exchange(g, &frame);
    if (frames)
        compare(g, call, what, text, frames, number);
    memory_free(frames);
    return accel_error_status();
}

accel_status agreement_check(group *g, const char *call, const char *what, const char *text)
{
    int64_t none = 0;
    return agreement_check_max(g, call, what, text, &none);
}

/* Every process's number, in frames: free with memory_free. */
static call_frame *gather_numbers(group *g, const char *call, int64_t number)
{
    call_frame frame;
    call_name(&frame, call);
    memcpy(frame.payload, &number, sizeof number);
    return call_exchange(g, &frame);
}

static int64_t number_of(const call_frame *frame)
{
    int64_t number;
    memcpy(&number, frame->payload, sizeof number);
    return number;
}

accel_status agreement_share(group *g, const char *call, int64_t *number)
{
    call_frame *frames = gather_numbers(g, call, *number);
    if (frames)
        *number = number_of(call_first_present(g, frames));
    memory_free(frames);
    return accel_error_status();
}

accel_status agreement_sum(group *g, const char *call, int64_t *number)
{
    call_frame *frames = gather_numbers(g, call, *number);
    if (frames)
        *number = 0;
    for (int i = 0; frames && i < group_size(g); i++)
        *number += frames[i].joined ? 0 : number_of(&frames[i]);
    memory_free(frames);
    return accel_error_status();
}

accel_status agreement_max(group *g, const char *call, int64_t *number)
{
    call_frame *frames = gather_numbers(g, call, *number);
    for (int i = 0; frames && i < group_size(g); i++)
        if (!frames[i].joined && number_of(&frames[i]) > *number)
            *number = number_of(&frames[i]);
    memory_free(frames);
    return accel_error_status();
}
