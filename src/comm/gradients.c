#include "comm/gradients.h"

#include <accel/autograd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/object.h"
#include "comm/agreement.h"
#include "comm/call.h"
#include "comm/comm_hook.h"
#include "tensor/dict.h"
#include "tensor/tensor.h"

struct gradients {
    group *group;
    data_parallel options;
    accel_dict *parameters, *buffers; /* retained */
    engine_reducer *reducer;
    comm_hook *hook; /* NULL: none of this room */
    size_t *trained; /* which of the parameters, in the order of the reducer */
    size_t trained_count;
    int holds; /* under way */
    int number;
    bool follows; /* the round of others */
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
        if (tensor_overlaps_itself(&view))
            return accel_error_raise(ACCEL_EINVAL, preparing,
                                     "\"%s\" has elements that are the same memory, as accel_expand makes them",
                                     accel_dict_name(dict, i));
        buffer_printf(text, "\"%s\" %s %s%s\n", accel_dict_name(dict, i), accel_dtype_name(view.dtype),
                      tensor_shape_text(view.sizes, view.rank, shape),
                      engine_tensor_requires_grad(tensor) ? "" : " without gradient");
    }
    return accel_error_status();
}

/* What processes sent before on connections that a model takes over was the same, or they would take one thing for another. */
static accel_status describe_channel(buffer *text, group *g)
{
    const engine_channel next = engine_group_next_channel(group_engine(g));
    return buffer_printf(text, "the connections of the %zu. model, which carried %llu messages\n",
                         next.index + 1, (unsigned long long)next.operations);
}

static accel_status compare(gradients *s)
{
    buffer text = {0};
    if (describe(&text, s->parameters) == ACCEL_OK && describe(&text, s->buffers) == ACCEL_OK)
        describe_channel(&text, s->group);
    agreement_check(s->group, preparing, "the model", text.data ? text.data : "");
    buffer_dispose(&text);
    return accel_error_status();
}

static accel_status share_tensors(gradients *s, accel_dict *dict, const char *call, int root)
{
    size_t count = 0;
    accel_tensor **tensors = dict_tensors(dict, &count);
    if (tensors && count > 0)
        engine_reducer_broadcast(s->reducer, call, tensors, count, root);
    memory_free(tensors);
    return accel_error_status();
}

static accel_status find_trained(gradients *s)
{
    size_t count = accel_dict_count(s->parameters);
    s->trained = memory_alloc(count, sizeof *s->trained);
    for (size_t i = 0; s->trained && i < count; i++)
        if (engine_tensor_requires_grad(accel_dict_tensor(s->parameters, i)))
            s->trained[s->trained_count++] = i;
    return accel_error_status();
}

static bool averages(void *user)
{
    const gradients *s = user;
    return group_is_in_call(s->group);
}

/* Processes that have no gradients any more hear of a round before it begins. */
static bool begins(void *user)
{
    const gradients *s = user;
    call_frame frame;
    if (!group_joins(s->group) || s->follows)
        return true;
    call_name(&frame, "accelerator_backward");
    frame.sequel = CALL_GRADIENTS;
    frame.subject = s->number;
    memory_free(call_exchange(s->group, &frame));
    return !accel_error_is_set();
}

/* Source: DistributedDataParallel, whose first message is small only where nobody chose a size. */
static engine_reducer_options reducer_options(const gradients *s)
{
    const accel_data_parallel_options *o = &s->options.options;
    const double mebibyte = 1 << 20;
    bool chosen = o->bucket_cap_mb != accel_data_parallel_options_default().bucket_cap_mb;
    size_t bytes = (size_t)(o->bucket_cap_mb * mebibyte);
    return (engine_reducer_options){.first_bucket_bytes = chosen ? bytes : (size_t)mebibyte,
                                    .bucket_bytes = bytes,
                                    .find_unused_parameters = o->find_unused_parameters,
                                    .static_graph = o->static_graph,
                                    .gradient_as_bucket_view = o->gradient_as_bucket_view,
                                    .compresses = o->comm_hook != ACCEL_COMM_HOOK_NO,
                                    .compressed = comm_hook_dtype(o->comm_hook),
                                    .hook = s->hook ? comm_hook_run : NULL,
                                    .hook_user = s->hook};
}

static accel_status make_hook(gradients *s)
{
    const bucket_source source = {
        .group = s->group, .reducer = s->reducer, .parameters = s->parameters, .trained = s->trained};
    if (comm_hook_is_needed(&s->options))
        s->hook = comm_hook_create(&source, &s->options);
    return accel_error_status();
}

static accel_status start_reducer(gradients *s)
{
    accel_tensor **tensors = memory_alloc(s->trained_count, sizeof *tensors);
    const char **names = memory_alloc(s->trained_count, sizeof *names);
    for (size_t i = 0; tensors && names && i < s->trained_count; i++) {
        tensors[i] = accel_dict_tensor(s->parameters, s->trained[i]);
        names[i] = accel_dict_name(s->parameters, s->trained[i]);
    }
    const engine_reducer_parameters parameters = {.tensors = tensors,
                                                  .names = names,
                                                  .count = s->trained_count,
                                                  .averages = averages,
                                                  .begins = begins,
                                                  .user = s,
                                                  .options = reducer_options(s)};
    if (!accel_error_is_set() && s->trained_count > 0)
        engine_reducer_start(s->reducer, &parameters);
    memory_free(tensors);
    memory_free(names);
    return accel_error_status();
}

typedef struct creation {
    engine_group *group;
    engine_reducer *reducer;
} creation;

static accel_status create(void *argument)
{
    creation *c = argument;
    c->reducer = engine_reducer_create(c->group);
    return accel_error_status();
}

static engine_reducer *create_reducer(group *g)
{
    engine_reducer *made = NULL;
    creation *c = memory_alloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->group = group_engine(g);
    if (group_work(g, create, c)) {
        made = c->reducer;
        memory_free(c);
    }
    return made;
}

static accel_status share(gradients *s)
{
    if (compare(s) != ACCEL_OK)
        return accel_error_status();
    s->reducer = create_reducer(s->group);
    if (!s->reducer || share_tensors(s, s->parameters, preparing, 0) != ACCEL_OK)
        return accel_error_status();
    if (s->options.options.broadcast_buffers)
        share_tensors(s, s->buffers, preparing, 0);
    if (find_trained(s) != ACCEL_OK || make_hook(s) != ACCEL_OK)
        return accel_error_status();
    return start_reducer(s);
}

gradients *gradients_create(group *g, accel_dict *parameters, accel_dict *buffers, const data_parallel *options)
{
    RETURN_NULL_IF_FAILED();
    gradients *s = memory_alloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (gradients){.group = g,
                     .options = *options,
                     .parameters = object_retain(parameters),
                     .buffers = object_retain(buffers),
                     .number = group_next_number(g)};
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
    comm_hook_free(s->hook);
    object_release(s->parameters);
    object_release(s->buffers);
    memory_free(s->trained);
    memory_free(s);
}

/* ---- training ---- */

static void write_missing(const gradients *s, buffer *text)
{
    for (size_t i = 0; i < s->trained_count && text->size < 300; i++) {
        accel_tensor *parameter = accel_dict_tensor(s->parameters, s->trained[i]);
        if (!engine_reducer_has_reached(s->reducer, i))
            buffer_printf(text, "%s%s%s", text->size ? ", " : "", accel_dict_name(s->parameters, s->trained[i]),
                          engine_tensor_requires_grad(parameter) ? "" : " (frozen after accelerator_prepare)");
    }
}

accel_status gradients_check(gradients *s, const char *call)
{
    if (s->trained_count == 0 || engine_reducer_is_complete(s->reducer))
        return ACCEL_OK;
    buffer names = {0};
    write_missing(s, &names);
    accel_error_raise(ACCEL_EINVAL, call,
                      "the losses since the last step do not depend on every parameter, so that gradients were "
                      "not averaged over the processes; without a gradient: %s%s",
                      names.data ? names.data : "",
                      s->options.options.static_graph ? "" : "; find_unused_parameters allows for that");
    buffer_dispose(&names);
    return accel_error_status();
}

accel_status gradients_set_loss(gradients *s, accel_tensor *loss)
{
    if (!loss)
        comm_hook_end_pass(s->hook);
    return s->trained_count > 0 ? engine_reducer_set_loss(s->reducer, loss) : ACCEL_OK;
}

static void set_holds(gradients *s, int holds)
{
    s->holds = holds;
    if (s->trained_count > 0)
        engine_reducer_set_averaging(s->reducer, holds == 0);
}

void gradients_hold(gradients *s) { set_holds(s, s->holds + 1); }
void gradients_release(gradients *s) { set_holds(s, s->holds - 1); }

bool gradients_are_waiting(const gradients *s)
{
    return s->holds == 0 && s->trained_count > 0 && engine_reducer_has_held(s->reducer);
}

/* Its gradients would be this process's own. */
static accel_status check_thawed(const gradients *s, const char *call)
{
    size_t next = 0;
    for (size_t i = 0; i < accel_dict_count(s->parameters); i++) {
        if (next < s->trained_count && s->trained[next] == i)
            next++;
        else if (engine_tensor_requires_grad(accel_dict_tensor(s->parameters, i)))
            return accel_error_raise(ACCEL_EINVAL, call,
                                     "parameter \"%s\" requires a gradient, but did not when it was prepared",
                                     accel_dict_name(s->parameters, i));
    }
    return ACCEL_OK;
}

static accel_status announce_buffers(const gradients *s, const char *call)
{
    call_frame frame;
    if (!group_joins(s->group))
        return ACCEL_OK;
    call_name(&frame, call);
    frame.sequel = CALL_BUFFERS;
    frame.subject = s->number;
    memory_free(call_exchange(s->group, &frame));
    return accel_error_status();
}

accel_status gradients_before_forward(gradients *s)
{
    static const char call[] = "accel_forward";
    if (s->holds > 0 || !engine_grad_mode())
        return accel_error_status();
    if (gradients_check(s, call) == ACCEL_OK)
        check_thawed(s, call);
    bool collective =
        s->options.options.broadcast_buffers && s->trained_count > 0 && accel_dict_count(s->buffers) > 0;
    if (!collective || !group_begin(s->group, call)) /* which tells the others what was found */
        return accel_error_status();
    if (announce_buffers(s, call) == ACCEL_OK)
        share_tensors(s, s->buffers, call, group_first_present(s->group));
    return group_end(s->group);
}

/* ---- going along with others ---- */

int gradients_number(const gradients *s) { return s->number; }

static void drop_gradients(const gradients *s)
{
    for (size_t i = 0; i < s->trained_count; i++)
        engine_tensor_set_grad(accel_dict_tensor(s->parameters, s->trained[i]), NULL);
}

accel_status gradients_follow_round(gradients *s, const char *call)
{
    s->follows = true;
    drop_gradients(s);
    engine_reducer_follow(s->reducer, call);
    s->follows = false;
    comm_hook_end_pass(s->hook);
    drop_gradients(s);
    return accel_error_status();
}

accel_status gradients_follow_buffers(gradients *s, const char *call)
{
    return share_tensors(s, s->buffers, call, group_first_present(s->group));
}

accel_status gradients_share(gradients *s, const char *call, int from_process)
{
    share_tensors(s, s->parameters, call, from_process);
    return share_tensors(s, s->buffers, call, from_process);
}
