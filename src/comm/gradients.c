#include "comm/gradients.h"

#include <accel/autograd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/object.h"
#include "comm/agreement.h"
#include "tensor/tensor.h"

struct gradients {
    group *group;
    accel_dict *parameters, *buffers; /* retained */
    engine_reducer *reducer;
    bool trains; /* some parameter */
};

static const char preparing[] = "accelerator_prepare";

/* ---- making ---- */

static accel_status describe(buffer *text, accel_dict *dict)
{
    for (size_t i = 0; i < accel_dict_count(dict); i++) {
        engine_view view;
        char shape[TENSOR_SHAPE_TEXT];
        accel_tensor *tensor = accel_dict_tensor(dict, i);
        if (tensor_view(tensor, preparing, &view) != ACCEL_OK)
            break;
        buffer_printf(text, "\"%s\" %s %s%s\n", accel_dict_name(dict, i), accel_dtype_name(view.dtype),
                      tensor_shape_text(view.sizes, view.rank, shape),
                      engine_tensor_requires_grad(tensor) ? "" : " without gradient");
    }
    return accel_error_status();
}

static accel_status compare(gradients *s)
{
    buffer text = {0};
    if (describe(&text, s->parameters) == ACCEL_OK && describe(&text, s->buffers) == ACCEL_OK)
        agreement_check(s->group, preparing, "the model", text.data ? text.data : "");
    buffer_dispose(&text);
    return accel_error_status();
}

/* The tensors of a dict, of those that are trained alone when asked: free with memory_free. */
static accel_tensor **list(accel_dict *dict, bool trained, size_t *count)
{
    size_t all = accel_dict_count(dict);
    accel_tensor **tensors = memory_alloc(all, sizeof(accel_tensor *));
    *count = 0;
    for (size_t i = 0; tensors && i < all; i++) {
        accel_tensor *tensor = accel_dict_tensor(dict, i);
        if (!trained || engine_tensor_requires_grad(tensor))
            tensors[(*count)++] = tensor;
    }
    return tensors;
}

static accel_status send(gradients *s, accel_dict *dict, const char *call)
{
    size_t count;
    accel_tensor **tensors = list(dict, false, &count);
    if (tensors && count > 0)
        engine_reducer_broadcast(s->reducer, call, tensors, count, 0);
    memory_free(tensors);
    return accel_error_status();
}

static accel_status start_reducer(gradients *s)
{
    size_t count;
    accel_tensor **tensors = list(s->parameters, true, &count);
    s->trains = count > 0;
    if (tensors && s->trains)
        engine_reducer_start(s->reducer, tensors, count);
    memory_free(tensors);
    return accel_error_status();
}

static accel_status share(gradients *s)
{
    if (compare(s) == ACCEL_OK)
        s->reducer = engine_reducer_create(group_engine(s->group));
    if (!s->reducer || send(s, s->parameters, preparing) != ACCEL_OK ||
        send(s, s->buffers, preparing) != ACCEL_OK)
        return accel_error_status();
    return start_reducer(s);
}

gradients *gradients_create(group *g, accel_dict *parameters, accel_dict *buffers)
{
    RETURN_NULL_IF_FAILED();
    gradients *s = memory_alloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (gradients){.group = g, .parameters = object_retain(parameters), .buffers = object_retain(buffers)};
    if (share(s) == ACCEL_OK)
        return s;
    gradients_free(s);
    return NULL;
}

void gradients_free(gradients *s)
{
    if (!s)
        return;
    engine_reducer_free(s->reducer);
    object_release(s->parameters);
    object_release(s->buffers);
    memory_free(s);
}

/* ---- training ---- */

accel_status gradients_check(gradients *s, const char *call)
{
    if (!s->trains || engine_reducer_is_complete(s->reducer))
        return ACCEL_OK;
    buffer names = {0};
    for (size_t i = 0; i < accel_dict_count(s->parameters) && names.size < 300; i++) {
        accel_tensor *parameter = accel_dict_tensor(s->parameters, i);
        engine_payload gradient = engine_tensor_requires_grad(parameter) ? engine_tensor_grad(parameter) : NULL;
        if (engine_tensor_requires_grad(parameter) && !gradient)
            buffer_printf(&names, "%s%s", names.size ? ", " : "", accel_dict_name(s->parameters, i));
        engine_payload_release(gradient);
    }
    accel_error_raise(
        ACCEL_EINVAL, call,
        "the last loss does not depend on every parameter, so that gradients were not averaged over the "
        "processes; without a gradient: %s",
        names.data ? names.data : "unknown");
    buffer_dispose(&names);
    return accel_error_status();
}

accel_status gradients_before_forward(gradients *s)
{
    static const char call[] = "accel_forward";
    if (gradients_check(s, call) != ACCEL_OK || !s->trains || !engine_grad_mode() ||
        !group_begin(s->group, call))
        return accel_error_status();
    if (send(s, s->buffers, call) == ACCEL_OK)
        engine_reducer_before_forward(s->reducer);
    return group_end(s->group);
}

accel_status gradients_after_forward(gradients *s)
{
    if (s->trains && engine_grad_mode())
        engine_reducer_after_forward(s->reducer);
    return accel_error_status();
}
