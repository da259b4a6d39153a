#include "tensor/tensor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "engine/autocast.h"
#include "tensor/device.h"
#include "tensor/op.h"

static void destroy(object *o) { engine_payload_release(o->payload); }

const object_class tensor_class = {.name = "tensor", .destroy = destroy};

accel_tensor *tensor_create(engine_payload payload)
{
    if (!payload)
        return NULL;
    object *o = object_create(&tensor_class, payload);
    if (!o)
        engine_payload_release(payload);
    return (accel_tensor *)o;
}

accel_tensor *tensor_share(accel_tensor *tensor, const char *call)
{
    return tensor_check(tensor, call, "tensor") ? tensor_create(engine_tensor_share(tensor)) : NULL;
}

bool tensor_is_leaf(accel_tensor *tensor)
{
    return tensor_check(tensor, "accel_optimizer_add_group", "tensor") && engine_tensor_is_leaf(tensor);
}

bool tensor_check(accel_tensor *tensor, const char *call, const char *what)
{
    return object_check(tensor, &tensor_class, call, what);
}

accel_status tensor_view(accel_tensor *tensor, const char *call, engine_view *view)
{
    if (!tensor_check(tensor, call, "tensor"))
        return accel_error_status();
    return engine_tensor_view(tensor, view);
}

bool tensor_is_autocasting(void) { return engine_autocast_is_enabled(); }

bool tensor_overlaps_itself(const engine_view *view)
{
    for (size_t i = 0; i < view->rank; i++)
        if (view->strides[i] == 0 && view->sizes[i] > 1 && view->numel > 0)
            return true;
    return false;
}

bool tensor_same_shape(const engine_view *a, const engine_view *b)
{
    bool same = a->rank == b->rank;
    for (size_t i = 0; same && i < a->rank; i++)
        same = a->sizes[i] == b->sizes[i];
    return same;
}

bool tensor_same_strides(const engine_view *a, const engine_view *b)
{
    bool same = true;
    for (size_t i = 0; same && i < a->rank; i++)
        same = a->strides[i] == b->strides[i];
    return same;
}

const char *tensor_shape_text(const int64_t *sizes, size_t rank, char text[TENSOR_SHAPE_TEXT])
{
    size_t used = (size_t)snprintf(text, TENSOR_SHAPE_TEXT, "(");
    for (size_t i = 0; i < rank && used + 24 < TENSOR_SHAPE_TEXT; i++)
        used += (size_t)snprintf(text + used, TENSOR_SHAPE_TEXT - used, "%s%lld", i ? ", " : "",
                                 (long long)sizes[i]);
    snprintf(text + used, TENSOR_SHAPE_TEXT - used, rank == 1 ? ",)" : ")");
    return text;
}

/* ---- making ---- */

bool tensor_shape_is_valid(const char *call, accel_dtype dtype, const int64_t *sizes, size_t rank)
{
    if (accel_dtype_size(dtype) == 0) {
        accel_error_raise(ACCEL_EINVAL, call, "dtype %d is unknown", (int)dtype);
        return false;
    }
    if (rank > 0 && !sizes) {
        accel_error_raise(ACCEL_EINVAL, call, "sizes is NULL, rank is %zu", rank);
        return false;
    }
    for (size_t i = 0; i < rank; i++) {
        if (sizes[i] >= 0)
            continue;
        accel_error_raise(ACCEL_EINVAL, call, "sizes[%zu] must not be negative, got %lld", i,
                          (long long)sizes[i]);
        return false;
    }
    return true;
}

static accel_tensor *make_filled(op_site *site, const double *value, accel_dtype dtype, const int64_t *sizes,
                                 size_t rank)
{
    RETURN_NULL_IF_FAILED();
    if (!tensor_shape_is_valid(site->call, dtype, sizes, rank))
        return NULL;
    accel_value values[3] = {{.kind = ACCEL_VALUE_INTEGERS, .count = rank, .as.integers = sizes}};
    size_t count = 1;
    if (value)
        values[count++] = op_number(*value);
    values[count++] = (accel_value){.kind = ACCEL_VALUE_INTEGER, .as.integer = (int64_t)dtype};
    return op_call(site, values, count);
}

accel_tensor *accel_zeros(accel_dtype dtype, const int64_t *sizes, size_t rank)
{
    static op_site site = {__func__, "aten::zeros", NULL};
    return make_filled(&site, NULL, dtype, sizes, rank);
}

accel_tensor *accel_ones(accel_dtype dtype, const int64_t *sizes, size_t rank)
{
    static op_site site = {__func__, "aten::ones", NULL};
    return make_filled(&site, NULL, dtype, sizes, rank);
}

accel_tensor *accel_full(double value, accel_dtype dtype, const int64_t *sizes, size_t rank)
{
    static op_site site = {__func__, "aten::full", NULL};
    return make_filled(&site, &value, dtype, sizes, rank);
}

accel_tensor *accel_empty(accel_dtype dtype, const int64_t *sizes, size_t rank)
{
    RETURN_NULL_IF_FAILED();
    if (!tensor_shape_is_valid(__func__, dtype, sizes, rank))
        return NULL;
    return tensor_create(engine_tensor_empty(dtype, sizes, rank));
}

accel_tensor *accel_scalar(double value, accel_dtype dtype) { return accel_full(value, dtype, NULL, 0); }

accel_tensor *accel_arange(int64_t n)
{
    static op_site site = {__func__, "aten::arange", NULL};
    if (n < 0)
        return RAISE_NULL(ACCEL_EINVAL, "n must not be negative, got %lld", (long long)n);
    const accel_value value = {.kind = ACCEL_VALUE_INTEGER, .as.integer = n};
    return op_call(&site, &value, 1);
}

accel_tensor *accel_tensor_copy_from(const void *data, accel_dtype dtype, const int64_t *sizes, size_t rank)
{
    accel_tensor *tensor = accel_empty(dtype, sizes, rank);
    size_t bytes = tensor ? accel_tensor_bytes(tensor) : 0;
    if (bytes > 0 && data) {
        memcpy(accel_tensor_data(tensor), data, bytes);
    } else if (bytes > 0) {
        accel_free(tensor);
        return RAISE_NULL(ACCEL_EINVAL, "data is NULL, the tensor has %zu bytes", bytes);
    }
    return tensor;
}

/* ---- looking ---- */

size_t accel_tensor_rank(accel_tensor *tensor)
{
    engine_view view;
    return tensor_view(tensor, __func__, &view) == ACCEL_OK ? view.rank : 0;
}

/* One item of sizes or strides, with negative dimensions counted from the end. */
static int64_t along(const char *call, const engine_view *view, const int64_t *numbers, int dimension)
{
    int rank = (int)view->rank;
    if (dimension >= -rank && dimension < rank)
        return numbers[dimension < 0 ? dimension + rank : dimension];
    if (rank == 0)
        accel_error_raise(ACCEL_EINVAL, call, "a scalar has no dimension %d", dimension);
    else
        accel_error_raise(ACCEL_EINVAL, call, "dimension must be in [%d, %d], got %d", -rank, rank - 1,
                          dimension);
    return -1;
}

int64_t accel_tensor_size(accel_tensor *tensor, int dimension)
{
    engine_view view;
    return tensor_view(tensor, __func__, &view) == ACCEL_OK ? along(__func__, &view, view.sizes, dimension)
                                                            : -1;
}

int64_t accel_tensor_stride(accel_tensor *tensor, int dimension)
{
    engine_view view;
    return tensor_view(tensor, __func__, &view) == ACCEL_OK ? along(__func__, &view, view.strides, dimension)
                                                            : -1;
}

int64_t accel_tensor_numel(accel_tensor *tensor)
{
    engine_view view;
    return tensor_view(tensor, __func__, &view) == ACCEL_OK ? view.numel : -1;
}

size_t accel_tensor_bytes(accel_tensor *tensor)
{
    engine_view view;
    if (tensor_view(tensor, __func__, &view) != ACCEL_OK)
        return 0;
    return (size_t)view.numel * accel_dtype_size(view.dtype);
}

const int64_t *accel_tensor_sizes(accel_tensor *tensor)
{
    engine_view view;
    return tensor_view(tensor, __func__, &view) == ACCEL_OK ? view.sizes : NULL;
}

accel_dtype accel_tensor_dtype(accel_tensor *tensor)
{
    engine_view view;
    return tensor_view(tensor, __func__, &view) == ACCEL_OK ? view.dtype : ACCEL_UINT8;
}

accel_device accel_tensor_device(accel_tensor *tensor)
{
    engine_view view;
    accel_device none = {.type = ACCEL_CPU, .index = -1};
    return tensor_view(tensor, __func__, &view) == ACCEL_OK ? view.device : none;
}

bool accel_tensor_is_contiguous(accel_tensor *tensor)
{
    engine_view view;
    return tensor_view(tensor, __func__, &view) == ACCEL_OK && view.contiguous;
}

void *accel_tensor_device_data(accel_tensor *tensor)
{
    return tensor_check(tensor, __func__, "tensor") ? engine_tensor_data(tensor) : NULL;
}

void *accel_tensor_data(accel_tensor *tensor)
{
    if (!tensor_check(tensor, __func__, "tensor"))
        return NULL;
    char name[DEVICE_NAME];
    accel_device device = accel_tensor_device(tensor);
    if (device.type == ACCEL_CPU)
        return engine_tensor_data(tensor);
    return RAISE_NULL(ACCEL_EINVAL,
                      "tensor is on %s, where the program cannot read it: accel_tensor_copy_to copies it, "
                      "accel_to_device brings it to the CPU",
                      device_name_into(device, name));
}

double accel_item(accel_tensor *tensor)
{
    double value = NAN;
    if (accel_error_is_set() || !tensor_check(tensor, __func__, "tensor"))
        return NAN;
    return engine_tensor_item(tensor, &value) == ACCEL_OK ? value : NAN;
}

int64_t accel_item_integer(accel_tensor *tensor)
{
    int64_t value = -1;
    if (accel_error_is_set() || !tensor_check(tensor, __func__, "tensor"))
        return -1;
    if (accel_dtype_is_floating(accel_tensor_dtype(tensor))) {
        RAISE(ACCEL_EINVAL, "tensor has dtype %s, expected an integer one; use accel_item",
              accel_dtype_name(accel_tensor_dtype(tensor)));
        return -1;
    }
    return engine_tensor_item_integer(tensor, &value) == ACCEL_OK ? value : -1;
}

/* ---- copying ---- */

bool tensor_check_strided(accel_tensor *tensor, const char *call)
{
    if (!tensor_check(tensor, call, "tensor"))
        return false;
    if (!engine_tensor_is_strided(tensor))
        accel_error_raise(ACCEL_EUNSUPPORTED, call,
                          "tensor is sparse; accel_op(\"aten::to_dense\", tensor) gives a dense one");
    return !accel_error_is_set();
}

accel_tensor *tensor_plain_on(accel_tensor *tensor, accel_device device, const char *call)
{
    static op_site contiguous = {"accel_tensor_copy_to", "aten::contiguous", NULL};
    static op_site resolve = {"accel_tensor_copy_to", "aten::resolve_neg", NULL};
    if (accel_error_is_set() || !tensor_check_strided(tensor, call))
        return NULL;
    bool is_there = accel_device_is(accel_tensor_device(tensor), device);
    accel_tensor *near = is_there ? tensor : device_tensor(tensor, device, call);
    /* Some views are only marked as negated; their memory holds the opposite. */
    accel_tensor *plain = op_call(&resolve, &(accel_value){.kind = ACCEL_VALUE_TENSOR, .as.tensor = near}, 1);
    accel_tensor *whole =
        op_call(&contiguous, &(accel_value){.kind = ACCEL_VALUE_TENSOR, .as.tensor = plain}, 1);
    if (near != tensor)
        accel_free(near);
    accel_free(plain);
    return whole;
}

accel_tensor *tensor_on_cpu(accel_tensor *tensor, const char *call)
{
    return tensor_plain_on(tensor, accel_device_cpu(), call);
}

accel_status accel_tensor_copy_to(accel_tensor *tensor, void *data, size_t size)
{
    RETURN_STATUS_IF_FAILED();
    accel_tensor *whole = tensor_on_cpu(tensor, __func__);
    size_t bytes = whole ? accel_tensor_bytes(whole) : 0;
    if (whole && size != bytes)
        RAISE(ACCEL_EINVAL, "size is %zu bytes, the tensor has %zu", size, bytes);
    else if (bytes > 0 && !data)
        RAISE(ACCEL_EINVAL, "data is NULL");
    else if (bytes > 0)
        memcpy(data, accel_tensor_data(whole), bytes);
    accel_free(whole);
    return accel_error_status();
}

accel_status accel_tensor_assign(accel_tensor *tensor, accel_tensor *source)
{
    static op_site site = {__func__, "aten::copy_", NULL};
    const accel_value values[] = {
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = tensor},
        {.kind = ACCEL_VALUE_TENSOR, .as.tensor = source},
    };
    accel_free(op_call(&site, values, 2));
    return accel_error_status();
}
