/* Shares of work, and a word to all. */
#include <accel/dict.h>
#include <accel/op.h>
#include <accel/options.h>
#include <accel/ops.h>
#include <accel/process.h>
#include <accel/scope.h>

#include "accelerator/facade.h"
#include "base/error.h"
#include "comm/agreement.h"
#include "tensor/dict.h"
#include "tensor/tensor.h"

accelerator_split_options accelerator_split_options_default(void)
{
    return (accelerator_split_options){ACCELERATOR_SPLIT_DEFAULTS()};
}

/* A process's rows, and how many the first process has. */
typedef struct share {
    int64_t begin, end, most;
} share;

static share share_of(const facade *f, int64_t count)
{
    int64_t each = count / f->ranks.world_size, extras = count % f->ranks.world_size, rank = f->ranks.rank;
    share s = {.begin = rank * each + (rank < extras ? rank : extras), .most = each + (extras > 0)};
    s.end = s.begin + each + (rank < extras);
    return s;
}

accel_status accelerator_split_range(accelerator *acc, int64_t count, int64_t *begin, int64_t *end)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_of(acc, __func__);
    if (!f)
        return accel_error_status();
    if (count < 0)
        return RAISE(ACCEL_EINVAL, "count must not be negative, got %lld", (long long)count);
    if (!begin || !end)
        return RAISE(ACCEL_EINVAL, "%s is NULL", begin ? "end" : "begin");
    share s = share_of(f, count);
    *begin = s.begin;
    *end = s.end;
    return ACCEL_OK;
}

/* Rows, and the tensor's last one as often as it takes to have `most`. */
static accel_tensor *cut(accel_tensor *tensor, const share *s, bool pads)
{
    accel_tensor *rows = accel_op("aten::slice.Tensor", tensor, 0, s->begin, s->end);
    int64_t missing = s->most - (s->end - s->begin);
    if (!pads || missing <= 0)
        return rows;
    accel_tensor *last = accel_op("aten::slice.Tensor", tensor, 0, -1);
    accel_tensor *const parts[] = {rows, last};
    return accel_cat(parts, 2, 0);
}

static bool has_rows(accel_tensor *tensor, const char *call, const char *what)
{
    engine_view view;
    if (!tensor_check(tensor, call, what) || tensor_view(tensor, call, &view) != ACCEL_OK)
        return false;
    if (view.rank > 0)
        return true;
    accel_error_raise(ACCEL_EINVAL, call, "%s has no dimension to split", what);
    return false;
}

accel_tensor *accelerator_split_tensor_with(accelerator *acc, accel_tensor *tensor,
                                            const accelerator_split_options *options)
{
    static const char call[] = "accelerator_split_tensor";
    RETURN_NULL_IF_FAILED();
    accelerator_split_options o = accelerator_split_options_default();
    facade *f = facade_of(acc, call);
    if (!f || accel_options_read(call, &o, sizeof o, options) != ACCEL_OK || !has_rows(tensor, call, "tensor"))
        return NULL;
    share s = share_of(f, accel_tensor_size(tensor, 0));
    accel_tensor *part = NULL;
    accel_scoped() {
        part = accel_keep(cut(tensor, &s, o.apply_padding));
    }
    return part;
}

static bool have_as_many_rows(accel_dict *dict, const char *call)
{
    if (!object_check(dict, &dict_class, call, "dict"))
        return false;
    for (size_t i = 0; i < accel_dict_count(dict); i++) {
        accel_tensor *first = accel_dict_tensor(dict, 0), *tensor = accel_dict_tensor(dict, i);
        if (!has_rows(tensor, call, accel_dict_name(dict, i)))
            return false;
        if (accel_tensor_size(tensor, 0) != accel_tensor_size(first, 0))
            accel_error_raise(ACCEL_EINVAL, call, "\"%s\" has %lld rows, \"%s\" has %lld",
                              accel_dict_name(dict, 0), (long long)accel_tensor_size(first, 0),
                              accel_dict_name(dict, i), (long long)accel_tensor_size(tensor, 0));
    }
    return !accel_error_is_set();
}

accel_dict *accelerator_split_dict_with(accelerator *acc, accel_dict *dict,
                                        const accelerator_split_options *options)
{
    static const char call[] = "accelerator_split_dict";
    RETURN_NULL_IF_FAILED();
    accelerator_split_options o = accelerator_split_options_default();
    facade *f = facade_of(acc, call);
    if (!f || accel_options_read(call, &o, sizeof o, options) != ACCEL_OK || !have_as_many_rows(dict, call))
        return NULL;
    accel_dict *parts = accel_dict_create();
    for (size_t i = 0; parts && i < accel_dict_count(dict) && !accel_error_is_set(); i++)
        accel_scoped() {
            share s = share_of(f, accel_tensor_size(accel_dict_tensor(dict, i), 0));
            accel_dict_set(parts, accel_dict_name(dict, i),
                           cut(accel_dict_tensor(dict, i), &s, o.apply_padding));
        }
    if (!accel_error_is_set())
        return parts;
    accel_free(parts);
    return NULL;
}

/* ---- a word to all ---- */

accel_status accelerator_set_trigger(accelerator *acc)
{
    RETURN_STATUS_IF_FAILED();
    facade *f = facade_of(acc, __func__);
    if (f)
        f->triggered = true;
    return accel_error_status();
}

bool accelerator_check_trigger(accelerator *acc)
{
    facade *f = facade_of_all(acc, __func__);
    if (!f || !group_begin(f->group, __func__))
        return false;
    int64_t marks = f->triggered;
    f->triggered = false;
    agreement_sum(f->group, __func__, &marks);
    return group_end(f->group) == ACCEL_OK && marks > 0;
}
