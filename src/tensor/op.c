#include "tensor/op.h"

#include "base/error.h"
#include "tensor/generator.h"
#include "tensor/tensor.h"

/* What an argument points at is there: the engine would follow any pointer. */
static bool is_usable(const accel_value *value, const char *call)
{
    switch (value->kind) {
    case ACCEL_VALUE_NONE:
    case ACCEL_VALUE_INTEGER:
    case ACCEL_VALUE_REAL:
    case ACCEL_VALUE_BOOLEAN:
        return true;
    case ACCEL_VALUE_TENSOR:
        return !value->as.tensor || tensor_check(value->as.tensor, call, "argument");
    case ACCEL_VALUE_GENERATOR:
        return object_check(value->as.generator, &generator_class, call, "generator");
    case ACCEL_VALUE_STRING:
    case ACCEL_VALUE_INTEGERS:
    case ACCEL_VALUE_REALS:
    case ACCEL_VALUE_TENSORS:
        if (value->as.string || (value->kind != ACCEL_VALUE_STRING && value->count == 0))
            return true;
        accel_error_raise(ACCEL_EINVAL, call, "an array or a string is NULL");
        return false;
    default:
        accel_error_raise(ACCEL_EINVAL, call, "%d is no kind of value", (int)value->kind);
        return false;
    }
}

static bool items_are_live(const accel_value *value, const char *call)
{
    for (size_t i = 0; value->kind == ACCEL_VALUE_TENSORS && i < value->count; i++)
        if (value->as.tensors[i] && !tensor_check(value->as.tensors[i], call, "item of a list of tensors"))
            return false;
    return true;
}

static accel_status call(engine_op *op, const char *caller, const accel_value *values, size_t count,
                         engine_payload *outs, size_t capacity, size_t *outs_count)
{
    *outs_count = 0;
    RETURN_STATUS_IF_FAILED();
    if (!op)
        return accel_error_status();
    if (count > 0 && !values)
        return accel_error_raise(ACCEL_EINVAL, caller, "arguments is NULL, count is %zu", count);
    for (size_t i = 0; i < count; i++)
        if (!is_usable(&values[i], caller) || !items_are_live(&values[i], caller))
            return accel_error_status();
    return engine_op_call(op, caller, values, count, outs, capacity, outs_count);
}

static engine_op *find_named(const char *name)
{
    if (name)
        return engine_op_find(name);
    return accel_error_raise(ACCEL_EINVAL, "accel_op", "name is NULL"), NULL;
}

static engine_op *find(op_site *site)
{
    engine_op *op = atomic_load_explicit(&site->op, memory_order_acquire);
    if (!op && !accel_error_is_set()) {
        op = engine_op_find(site->name);
        atomic_store_explicit(&site->op, op, memory_order_release);
    }
    return op;
}

accel_tensor *op_call(op_site *site, const accel_value *values, size_t count)
{
    engine_payload out = NULL;
    size_t outs_count;
    if (call(find(site), site->call, values, count, &out, 1, &outs_count) != ACCEL_OK)
        return NULL;
    return tensor_create(out);
}

accel_status op_run(op_site *site, const accel_value *values, size_t count)
{
    size_t outs_count;
    return call(find(site), site->call, values, count, NULL, 0, &outs_count);
}

accel_tensor *accel_op_call(const char *name, const accel_value *arguments, size_t count)
{
    RETURN_NULL_IF_FAILED();
    engine_payload out = NULL;
    size_t outs_count;
    if (call(find_named(name), name, arguments, count, &out, 1, &outs_count) != ACCEL_OK)
        return NULL;
    if (outs_count == 0)
        return accel_error_raise(ACCEL_EINVAL, name, "has no result; use accel_op_into"), NULL;
    return tensor_create(out);
}

enum { RESULTS_MAX = 256 };

accel_status accel_op_call_into(accel_tensor **outs, size_t outs_count, const char *name,
                                const accel_value *arguments, size_t count)
{
    for (size_t i = 0; outs && i < outs_count; i++)
        outs[i] = NULL;
    RETURN_STATUS_IF_FAILED();
    if (outs_count > 0 && !outs)
        return RAISE(ACCEL_EINVAL, "outs is NULL, outs_count is %zu", outs_count);
    if (outs_count > RESULTS_MAX)
        return RAISE(ACCEL_EINVAL, "outs_count is %zu, at most %d results are supported", outs_count,
                     RESULTS_MAX);
    engine_payload payloads[RESULTS_MAX];
    size_t given;
    if (call(find_named(name), name, arguments, count, payloads, outs_count, &given) != ACCEL_OK)
        return accel_error_status();
    if (given != outs_count) {
        for (size_t i = 0; i < given; i++)
            engine_payload_release(payloads[i]);
        return accel_error_raise(ACCEL_EINVAL, name, "gives %zu results, %zu expected", given, outs_count);
    }
    for (size_t i = 0; i < given; i++)
        outs[i] = tensor_create(payloads[i]);
    for (size_t i = 0; accel_error_is_set() && i < given; i++) {
        accel_free(outs[i]);
        outs[i] = NULL;
    }
    return accel_error_status();
}
