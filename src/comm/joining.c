#include "comm/joining.h"

#include <accel/autograd.h>
#include <accel/scope.h>

#include "base/error.h"
#include "base/memory.h"
#include "comm/call.h"
#include "tensor/device.h"

typedef struct joining {
    group *group;
    gradients *const *models;
    size_t count;
    const char *call;
} joining;

static gradients *find_model(const joining *j, int number)
{
    for (size_t i = 0; i < j->count; i++)
        if (gradients_number(j->models[i]) == number)
            return j->models[i];
    accel_error_raise(ACCEL_EMISMATCH, j->call, "the others train a module that is not prepared here");
    return NULL;
}

/* Zeros where the others' data travel. */
static accel_tensor *zeros_as(const joining *j, const call_frame *f, accel_dtype dtype, const int64_t *sizes,
                              size_t rank)
{
    accel_tensor *zeros = accel_zeros(dtype, sizes, rank);
    return f->device == ACCEL_CPU ? zeros : device_tensor(zeros, group_device(j->group), j->call);
}

/* As many bytes as `copies` tensors of the others have. */
static accel_tensor *bytes_as(const joining *j, const call_frame *f, int copies)
{
    int64_t bytes = copies * (int64_t)accel_dtype_size((accel_dtype)f->dtype);
    for (int32_t i = 0; i < f->rank; i++)
        bytes *= f->sizes[i];
    return zeros_as(j, f, ACCEL_UINT8, &bytes, 1);
}

static void follow_gather(const joining *j, const call_frame *f)
{
    accel_tensor *in = bytes_as(j, f, 1), *out = bytes_as(j, f, group_size(j->group));
    if (in && out)
        engine_all_gather(group_engine(j->group), j->call, out, in);
}

static void follow_reduce(const joining *j, const call_frame *f)
{
    bool narrow = f->dtype == ACCEL_INT16; /* as collective_reduce */
    accel_tensor *sum = zeros_as(j, f, narrow ? ACCEL_INT32 : (accel_dtype)f->dtype, f->sizes, (size_t)f->rank);
    if (sum)
        engine_all_reduce(group_engine(j->group), j->call, sum);
}

static void follow_broadcast(const joining *j, const call_frame *f)
{
    accel_tensor *values = bytes_as(j, f, 1);
    if (values && group_is_present(j->group, f->subject))
        engine_broadcast(group_engine(j->group), j->call, values, f->subject);
}

static void follow_model(const joining *j, const call_frame *f)
{
    gradients *model = find_model(j, f->subject);
    if (model)
        (f->sequel == CALL_GRADIENTS ? gradients_follow_round : gradients_follow_buffers)(model, j->call);
}

static void follow(const joining *j, const call_frame *f)
{
    if (f->sequel == CALL_GATHER)
        follow_gather(j, f);
    else if (f->sequel == CALL_REDUCE)
        follow_reduce(j, f);
    else if (f->sequel == CALL_BROADCAST)
        follow_broadcast(j, f);
    else if (f->sequel != CALL_NOTHING)
        follow_model(j, f);
}

/* What the others do next. False: nobody does anything any more, or the group is lost. */
static bool follow_next(const joining *j)
{
    bool agreed, all_joined = true;
    if (!group_begin(j->group, j->call))
        return false;
    accel_no_grad()
        accel_scoped() {
            call_frame *frames = call_follow(j->group, &agreed);
            const call_frame *first = frames ? call_first_present(j->group, frames) : NULL;
            all_joined = !first;
            if (first && agreed)
                follow(j, first);
            memory_free(frames);
        }
    return group_end(j->group) == ACCEL_OK && !all_joined;
}

accel_status joining_follow(group *g, gradients *const *models, size_t count, const char *call, int *last)
{
    const joining j = {.group = g, .models = models, .count = count, .call = call};
    while (follow_next(&j))
        ;
    *last = group_first_present(g);
    return accel_error_status();
}
