#include "comm/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <accel/autograd.h>
#include <accel/scope.h>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/tensor.h"

_Static_assert(sizeof(call_frame) == 2048, "frames have no gaps");

void call_name(call_frame *frame, const char *name)
{
    memset(frame, 0, sizeof *frame);
    snprintf(frame->name, sizeof frame->name, "%s", name);
    frame->dtype = -1;
}

void call_option(call_frame *frame, const char *option, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    snprintf(frame->option, sizeof frame->option, "%s", option);
    vsnprintf(frame->value, sizeof frame->value, format, arguments);
    va_end(arguments);
}

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
    *inlined = bytes <= CALL_PAYLOAD;
    if (*inlined && bytes > 0)
        memcpy(frame->payload, accel_tensor_data(tensor), bytes);
    return accel_error_status();
}

/* ---- comparing ---- */

static bool is_same(const call_frame *a, const call_frame *b)
{
    return memcmp(a, b, offsetof(call_frame, payload)) == 0;
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

/* The same words in every process: the first that differs from process 0. */
static accel_status raise_mismatch(const call_frame *frames, int other, const char *call)
{
    char first[256], second[256];
    print_frame(first, sizeof first, &frames[0]);
    print_frame(second, sizeof second, &frames[other]);
    if (strcmp(first, second) == 0 && strcmp(frames[0].value, frames[other].value) != 0)
        return accel_error_raise(ACCEL_EMISMATCH, call, "%s is %s in process 0, %s in process %d",
                                 frames[0].option, frames[0].value, frames[other].value, other);
    if (strcmp(first, second) == 0)
        return accel_error_raise(ACCEL_EMISMATCH, call, "scale is %.17g in process 0, %.17g in process %d",
                                 frames[0].scale, frames[other].scale, other);
    return accel_error_raise(ACCEL_EMISMATCH, call, "process 0 calls %s, process %d calls %s", first, other,
                             second);
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

static accel_status compare(const call_frame *frames, int count, int rank, const char *call)
{
    for (int i = 0; i < count; i++)
        if (frames[i].status != ACCEL_OK)
            return raise_failure(frames, i, rank, call);
    for (int i = 1; i < count; i++)
        if (!is_same(&frames[0], &frames[i]))
            return raise_mismatch(frames, i, call);
    return ACCEL_OK;
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

call_frame *call_exchange(group *g, const call_frame *frame)
{
    int count = group_size(g);
    call_frame own = *frame, *frames = memory_alloc((size_t)count, sizeof *frames);
    if (!frames)
        return NULL;
    if (accel_error_is_set())
        take_failure(&own);
    frames[0] = own;
    accel_scoped() {
        if (count > 1)
            exchange(g, &own, frames, count);
        if (!accel_error_is_set() && compare(frames, count, group_rank(g), own.name) != ACCEL_OK)
            group_agree(g);
    }
    if (!accel_error_is_set())
        return frames;
    memory_free(frames);
    return NULL;
}
