#include "comm/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <accel/autograd.h>
#include <accel/scope.h>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/phase.h"
#include "tensor/tensor.h"

_Static_assert(sizeof(call_frame) == 2048, "frames have no gaps");

void call_name(call_frame *frame, const char *name)
{
    memset(frame, 0, sizeof *frame);
    snprintf(frame->name, sizeof frame->name, "%s", name);
    frame->dtype = frame->gpu = -1;
}

void call_option(call_frame *frame, const char *option, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    snprintf(frame->option, sizeof frame->option, "%s", option);
    vsnprintf(frame->value, sizeof frame->value, format, arguments);
    va_end(arguments);
}

int32_t call_gpu(accel_device device) { return device.type == ACCEL_CPU ? -1 : (int32_t)device.index; }

accel_status call_describe(call_frame *frame, accel_tensor *tensor, bool *inlined)
{
    engine_view view;
    if (tensor_view(tensor, frame->name, &view) != ACCEL_OK)
        return accel_error_status();
    frame->dtype = (int32_t)view.dtype;
    frame->rank = (int32_t)view.rank;
    for (size_t i = 0; i < view.rank; i++)
        frame->sizes[i] = view.sizes[i];
    size_t bytes = accel_tensor_bytes(tensor);
    *inlined = view.device.type == ACCEL_CPU && bytes <= CALL_PAYLOAD;
    frame->device = (int32_t)view.device.type;
    frame->gpu = call_gpu(view.device);
    if (*inlined && bytes > 0)
        memcpy(frame->payload, accel_tensor_data(tensor), bytes);
    return accel_error_status();
}

/* ---- comparing ---- */

enum { PLACE = 64 };

static bool is_same(const call_frame *a, const call_frame *b)
{
    return memcmp(a, b, offsetof(call_frame, gpu)) == 0;
}

static void print_frame(char *text, size_t capacity, const call_frame *f)
{
    char shape[TENSOR_SHAPE_TEXT];
    if (f->dtype < 0)
        snprintf(text, capacity, "%.*s", CALL_NAME - 1, f->name);
    else
        snprintf(text, capacity, "%.*s of %s %s", CALL_NAME - 1, f->name,
                 accel_dtype_name((accel_dtype)f->dtype), tensor_shape_text(f->sizes, (size_t)f->rank, shape));
}

enum { PROGRESS_TEXT = 80 };

static const char *progress_text(char text[PROGRESS_TEXT], const call_frame *f)
{
    const group_progress *at = &f->progress;
    if (at->loop == 0)
        return "outside of a loop over a loader that process 0 reads";
    snprintf(text, PROGRESS_TEXT, "in batch %d of loop %d over a loader that process 0 reads", at->batch,
             at->loop);
    return text;
}

/* A process has left such a loop, or taken another batch, alone. */
static accel_status raise_progress(const call_frame *frames, int one, int other, const char *call)
{
    char first[PROGRESS_TEXT], second[PROGRESS_TEXT];
    const call_frame *a = &frames[one], *b = &frames[other];
    return accel_error_raise(ACCEL_EMISMATCH, call, "process %d calls %.*s %s, process %d calls %.*s %s", one,
                             CALL_NAME - 1, a->name, progress_text(first, a), other, CALL_NAME - 1, b->name,
                             progress_text(second, b));
}

/* Data of a GPU that is not its process's travel by way of the CPU. */
static const char *place_of(const call_frame *f, char text[PLACE])
{
    if (f->gpu < 0)
        snprintf(text, PLACE, "the CPU");
    else
        snprintf(text, PLACE, "cuda:%d%s", (int)f->gpu,
                 f->device == ACCEL_CPU ? ", which is not accelerator_device," : "");
    return text;
}

static accel_status raise_places(const call_frame *frames, int one, int other, const char *call)
{
    char here[PLACE], there[PLACE];
    return accel_error_raise(ACCEL_EMISMATCH, call, "tensor is on %s in process %d, on %s in process %d",
                             place_of(&frames[one], here), one, place_of(&frames[other], there), other);
}

/* The same words in every process: the first that differs from the first one. */
static accel_status raise_mismatch(const call_frame *frames, int one, int other, const char *call)
{
    char first[256], second[256];
    const call_frame *a = &frames[one], *b = &frames[other];
    if (a->progress.loop != b->progress.loop || a->progress.batch != b->progress.batch)
        return raise_progress(frames, one, other, call);
    print_frame(first, sizeof first, a);
    print_frame(second, sizeof second, b);
    if (strcmp(first, second) != 0)
        return accel_error_raise(ACCEL_EMISMATCH, call, "process %d calls %s, process %d calls %s", one, first,
                                 other, second);
    if (a->device != b->device)
        return raise_places(frames, one, other, call);
    if (strcmp(a->value, b->value) != 0)
        return accel_error_raise(ACCEL_EMISMATCH, call, "%s is %s in process %d, %s in process %d", a->option,
                                 a->value, one, b->value, other);
    if (a->sequel == CALL_GRADIENTS)
        return accel_error_raise(
            ACCEL_EMISMATCH, call,
            "gradients of the %d. module prepared come in process %d, of the %d. in process %d", a->subject + 1,
            one, b->subject + 1, other);
    return accel_error_raise(ACCEL_EMISMATCH, call, "scale is %.17g in process %d, %.17g in process %d",
                             a->scale, one, b->scale, other);
}

/* The first process that cannot make the call fails it for all. */
static accel_status raise_failure(const call_frame *frames, int failed, int rank, const char *call)
{
    const call_frame *f = &frames[failed];
    char whose[32] = "";
    if (failed != rank)
        snprintf(whose, sizeof whose, "process %d: ", failed);
    return accel_error_raise((accel_status)f->status, call, "%s%.*s", whose, CALL_PAYLOAD - 1, f->payload);
}

/* The first process that failed, or makes another call than the first that is present; -1 for none. */
static int find_failed(const call_frame *frames, int count)
{
    for (int i = 0; i < count; i++)
        if (frames[i].status != ACCEL_OK)
            return i;
    return -1;
}

static int find_other(const call_frame *frames, int count, int first)
{
    for (int i = first + 1; i < count; i++)
        if (!frames[i].joined && !is_same(&frames[first], &frames[i]))
            return i;
    return -1;
}

static int find_present(const call_frame *frames, int count)
{
    int first = 0;
    while (first < count && frames[first].joined)
        first++;
    return first;
}

static accel_status compare(const call_frame *frames, int count, int rank, const char *call)
{
    int first = find_present(frames, count), failed = find_failed(frames, count),
        other = find_other(frames, count, first);
    if (failed >= 0)
        return raise_failure(frames, failed, rank, call);
    return other < 0 ? ACCEL_OK : raise_mismatch(frames, first, other, call);
}

/* Puts this thread's record into words for all. */
static void take_failure(call_frame *frame)
{
    accel_error error;
    error_take(&error);
    frame->status = (int32_t)error.status;
    snprintf((char *)frame->payload, CALL_PAYLOAD, "%s", error.message);
}

/* The transport may still be at work on these when the group has failed and this process goes on: they are tensors of
   their own, which it holds. */
static void exchange(group *g, const call_frame *own, call_frame *frames, int count)
{
    enum { FEW = 8 };
    const int64_t bytes = (int64_t)sizeof *own;
    accel_tensor *in = accel_tensor_copy_from(own, ACCEL_UINT8, &bytes, 1);
    accel_tensor *out = accel_empty(ACCEL_UINT8, ACCEL_SHAPE(count * bytes));
    if (!in || !out ||
        (count <= FEW ? engine_exchange : engine_all_gather)(group_engine(g), own->name, out, in) != ACCEL_OK)
        return;
    accel_tensor_copy_to(out, frames, (size_t)count * sizeof *frames);
    frames[group_rank(g)] = *own;
}

/* Every process's frame, not compared yet. */
static call_frame *swap(group *g, const call_frame *own)
{
    int count = group_size(g);
    call_frame *frames = memory_alloc((size_t)count, sizeof *frames);
    if (!frames)
        return NULL;
    frames[0] = *own;
    phase *syncs = phase_begin("sync");
    accel_scoped() {
        if (count > 1)
            exchange(g, own, frames, count);
    }
    phase_end(syncs);
    for (int i = 0; i < count && !accel_error_is_set(); i++)
        group_note_present(g, i, !frames[i].joined);
    if (!accel_error_is_set())
        return frames;
    memory_free(frames);
    return NULL;
}

call_frame *call_exchange(group *g, const call_frame *frame)
{
    call_frame own = *frame;
    own.progress = group_get_progress(g);
    if (accel_error_is_set())
        take_failure(&own);
    call_frame *frames = swap(g, &own);
    if (!frames || compare(frames, group_size(g), group_rank(g), own.name) == ACCEL_OK)
        return frames;
    group_agree(g);
    memory_free(frames);
    return NULL;
}

const call_frame *call_first_present(group *g, const call_frame *frames)
{
    int first = find_present(frames, group_size(g));
    return first < group_size(g) ? &frames[first] : NULL;
}

call_frame *call_follow(group *g, bool *agreed)
{
    call_frame own;
    call_name(&own, "accelerator_join_uneven_inputs");
    own.joined = true;
    call_frame *frames = swap(g, &own);
    int count = group_size(g);
    *agreed =
        frames && find_failed(frames, count) < 0 && find_other(frames, count, find_present(frames, count)) < 0;
    return frames;
}
