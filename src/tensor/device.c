#include "tensor/device.h"

#include <stdio.h>

#include "base/error.h"
#include "base/scope.h"
#include "tensor/dict.h"
#include "tensor/op.h"
#include "tensor/tensor.h"

const char *device_name_into(accel_device device, char name[DEVICE_NAME])
{
    if (device.type == ACCEL_CPU)
        snprintf(name, DEVICE_NAME, "cpu");
    else
        snprintf(name, DEVICE_NAME, "cuda:%d", device.index);
    return name;
}

static bool is_known(accel_device_type type, const char *call, const char *what)
{
    if (type == ACCEL_CPU || type == ACCEL_CUDA)
        return true;
    accel_error_raise(ACCEL_EINVAL, call, "%s %d, expected ACCEL_CPU or ACCEL_CUDA", what, (int)type);
    return false;
}

const char *accel_device_name(accel_device device)
{
    static _Thread_local char name[DEVICE_NAME];
    return is_known(device.type, __func__, "device has type") ? device_name_into(device, name) : "unknown";
}

int accel_device_count(accel_device_type type)
{
    if (!is_known(type, __func__, "type is"))
        return 0;
    return type == ACCEL_CPU ? 1 : engine_device_count();
}

bool device_check(accel_device device, const char *call)
{
    char name[DEVICE_NAME];
    if (!is_known(device.type, call, "device has type"))
        return false;
    int count = accel_device_count(device.type);
    if (device.type == ACCEL_CPU || (device.index >= 0 && device.index < count))
        return true;
    if (count == 0)
        accel_error_raise(ACCEL_EINVAL, call, "device is %s, and there is no GPU that libtorch can use",
                          device_name_into(device, name));
    else
        accel_error_raise(ACCEL_EINVAL, call, "device is %s, and there %s %d GPU%s",
                          device_name_into(device, name), count == 1 ? "is" : "are", count,
                          count == 1 ? "" : "s");
    return false;
}

accel_status accel_device_synchronize(accel_device device)
{
    RETURN_STATUS_IF_FAILED();
    return device_check(device, __func__) ? engine_device_synchronize(device) : accel_error_status();
}

accel_status accel_device_memory(accel_device device, int64_t *free, int64_t *total)
{
    RETURN_STATUS_IF_FAILED();
    if (!free || !total)
        return RAISE(ACCEL_EINVAL, "%s is NULL", free ? "total" : "free");
    if (device.type == ACCEL_CPU)
        return RAISE(ACCEL_EINVAL, "device is the CPU, whose memory is the system's");
    return device_check(device, __func__) ? engine_device_memory(device, free, total) : accel_error_status();
}

/* ---- making tensors there ---- */

static accel_tensor *make_on(op_site *site, accel_device device, const double *value, accel_dtype dtype,
                             const int64_t *sizes, size_t rank)
{
    char name[DEVICE_NAME];
    accel_value values[5] = {{.kind = ACCEL_VALUE_INTEGERS, .count = rank, .as.integers = sizes}};
    size_t count = 1;
    RETURN_NULL_IF_FAILED();
    if (!tensor_shape_is_valid(site->call, dtype, sizes, rank) || !device_check(device, site->call))
        return NULL;
    if (value)
        values[count++] = op_number(*value);
    values[count++] = (accel_value){.kind = ACCEL_VALUE_INTEGER, .as.integer = (int64_t)dtype};
    values[count++] = (accel_value){.kind = ACCEL_VALUE_NONE}; /* layout */
    values[count++] = (accel_value){.kind = ACCEL_VALUE_STRING, .as.string = device_name_into(device, name)};
    return op_call(site, values, count);
}

accel_tensor *accel_zeros_on(accel_device device, accel_dtype dtype, const int64_t *sizes, size_t rank)
{
    static op_site site = {__func__, "aten::zeros", NULL};
    return make_on(&site, device, NULL, dtype, sizes, rank);
}

accel_tensor *accel_ones_on(accel_device device, accel_dtype dtype, const int64_t *sizes, size_t rank)
{
    static op_site site = {__func__, "aten::ones", NULL};
    return make_on(&site, device, NULL, dtype, sizes, rank);
}

accel_tensor *accel_full_on(accel_device device, double value, accel_dtype dtype, const int64_t *sizes,
                            size_t rank)
{
    static op_site site = {__func__, "aten::full", NULL};
    return make_on(&site, device, &value, dtype, sizes, rank);
}

/* ---- tensors ---- */

accel_tensor *device_tensor(accel_tensor *tensor, accel_device device, const char *call)
{
    char name[DEVICE_NAME];
    op_site site = {call, "aten::to.dtype_layout", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = tensor},
        {.kind = ACCEL_VALUE_NONE},
        {.kind = ACCEL_VALUE_NONE},
        {.kind = ACCEL_VALUE_STRING, .as.string = device_name_into(device, name)},
    };
    if (accel_error_is_set() || !tensor_check(tensor, call, "tensor"))
        return NULL;
    if (accel_device_is(accel_tensor_device(tensor), device))
        return tensor_share(tensor, call);
    return device_check(device, call) ? op_call(&site, values, sizeof values / sizeof values[0]) : NULL;
}

accel_tensor *accel_to_device(accel_tensor *x, accel_device device)
{
    RETURN_NULL_IF_FAILED();
    return device_tensor(x, device, __func__);
}

accel_dict *accel_dict_to_device(accel_dict *dict, accel_device device)
{
    RETURN_NULL_IF_FAILED();
    accel_dict *moved = device_check(device, __func__) ? accel_dict_create() : NULL;
    for (size_t i = 0; moved && i < accel_dict_count(dict) && !accel_error_is_set(); i++) {
        accel_tensor *tensor = device_tensor(accel_dict_tensor(dict, i), device, __func__);
        accel_dict_set(moved, accel_dict_name(dict, i), tensor);
        accel_free(tensor);
    }
    if (!accel_error_is_set())
        return moved;
    accel_free(moved);
    return NULL;
}

accel_status device_move(accel_tensor *tensor, accel_device device, const char *call)
{
    RETURN_STATUS_IF_FAILED();
    if (!tensor_check(tensor, call, "tensor") || !device_check(device, call))
        return accel_error_status();
    return engine_tensor_move(tensor, device, call);
}

accel_status device_convert(accel_tensor *tensor, accel_dtype dtype, const char *call)
{
    RETURN_STATUS_IF_FAILED();
    return tensor_check(tensor, call, "tensor") ? engine_tensor_convert(tensor, dtype, call)
                                                : accel_error_status();
}

static accel_tensor *make(op_site *site, accel_tensor *beside, accel_value shape, const double *value,
                          accel_dtype dtype)
{
    accel_value values[4] = {{.kind = ACCEL_VALUE_TENSOR, .as.tensor = beside}, shape};
    size_t count = 2;
    if (value)
        values[count++] = op_number(*value);
    values[count++] = (accel_value){.kind = ACCEL_VALUE_INTEGER, .as.integer = (int64_t)dtype};
    return op_call(site, values, count);
}

static accel_value shape_of(const int64_t *sizes, size_t rank)
{
    return (accel_value){.kind = ACCEL_VALUE_INTEGERS, .count = rank, .as.integers = sizes};
}

accel_tensor *device_empty(accel_tensor *beside, accel_dtype dtype, const int64_t *sizes, size_t rank)
{
    static op_site site = {"accel_empty", "aten::new_empty", NULL};
    return make(&site, beside, shape_of(sizes, rank), NULL, dtype);
}

accel_tensor *device_zeros(accel_tensor *beside, accel_dtype dtype, const int64_t *sizes, size_t rank)
{
    static op_site site = {"accel_zeros", "aten::new_zeros", NULL};
    return make(&site, beside, shape_of(sizes, rank), NULL, dtype);
}

accel_tensor *device_scalar(accel_tensor *beside, double value, accel_dtype dtype)
{
    static op_site site = {"accel_scalar", "aten::new_full", NULL};
    return make(&site, beside, shape_of(NULL, 0), &value, dtype);
}

/* ---- batches on their way ---- */

accel_dict *device_send(accel_dict *batch, accel_device device)
{
    accel_dict *sent = accel_dict_create();
    for (size_t i = 0; i < accel_dict_count(batch) && !accel_error_is_set(); i++) {
        accel_tensor *tensor = accel_dict_tensor(batch, i);
        if (!accel_device_is(accel_tensor_device(tensor), device))
            tensor = tensor_create(engine_tensor_send(tensor, device));
        accel_dict_set(sent, accel_dict_name(batch, i), tensor);
    }
    return accel_error_is_set() ? NULL : sent;
}

accel_status device_receive(accel_dict *batch)
{
    for (size_t i = 0; i < accel_dict_count(batch) && !accel_error_is_set(); i++)
        engine_tensor_receive(accel_dict_tensor(batch, i));
    return accel_error_status();
}
