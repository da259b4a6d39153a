#include <math.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "tensor/op.h"
#include "tensor/tensor.h"

/* Dimensions longer than this show their first and last items, as in PyTorch. */
enum { ITEMS_SHOWN = 1000, EDGE = 3 };

typedef struct printer {
    buffer text;
    const engine_view *view;
    const double *reals;     /* one of the two, row by row */
    const int64_t *integers; /* */
    bool shortened;
} printer;

static void print_element(printer *p, size_t index)
{
    if (p->view->dtype == ACCEL_BOOLEAN)
        buffer_append_string(&p->text, p->integers[index] ? "true" : "false");
    else if (p->integers)
        buffer_printf(&p->text, "%lld", (long long)p->integers[index]);
    else if (isnan(p->reals[index]))
        buffer_append_string(&p->text, "nan"); /* printf also shows its sign */
    else
        buffer_printf(&p->text, "%.6g", p->reals[index]);
}

static void print_dimension(printer *p, size_t dimension, size_t first)
{
    if (dimension == p->view->rank) {
        print_element(p, first);
        return;
    }
    size_t below = 1;
    for (size_t i = dimension + 1; i < p->view->rank; i++)
        below *= (size_t)p->view->sizes[i];
    size_t size = (size_t)p->view->sizes[dimension];
    buffer_append_string(&p->text, "[");
    for (size_t i = 0; i < size; i++) {
        if (i > 0)
            buffer_append_string(&p->text, ", ");
        if (p->shortened && size > 2 * EDGE && i == EDGE) {
            buffer_append_string(&p->text, "..., ");
            i = size - EDGE;
        }
        print_dimension(p, dimension + 1, first + i * below);
    }
    buffer_append_string(&p->text, "]");
}

/* The values as doubles or 64-bit integers, on the CPU. */
static accel_tensor *readable(accel_tensor *tensor, bool floating)
{
    static op_site to = {"accel_tensor_print", "aten::to.dtype", NULL};
    static op_site detach = {"accel_tensor_print", "aten::detach", NULL};
    accel_value value = {.kind = ACCEL_VALUE_TENSOR, .as.tensor = tensor};
    value.as.tensor = op_call(&detach, &value, 1);
    const accel_value conversion[] = {
        value, {.kind = ACCEL_VALUE_INTEGER, .as.integer = floating ? ACCEL_FLOAT64 : ACCEL_INT64}};
    return tensor_on_cpu(op_call(&to, conversion, 2), "accel_tensor_print");
}

static void print_all(accel_tensor *tensor, const engine_view *view, FILE *stream)
{
    bool floating = accel_dtype_is_floating(view->dtype);
    accel_tensor *values = readable(tensor, floating);
    if (!values)
        return;
    const void *data = engine_tensor_data(values);
    printer p = {.view = view, .shortened = view->numel > ITEMS_SHOWN};
    if (floating)
        p.reals = data;
    else
        p.integers = data;
    char shape[TENSOR_SHAPE_TEXT];
    buffer_append_string(&p.text, "tensor(");
    if (view->numel > 0)
        print_dimension(&p, 0, 0);
    else
        buffer_append_string(&p.text, "[]");
    buffer_printf(&p.text, ", shape=%s, dtype=%s)\n", tensor_shape_text(view->sizes, view->rank, shape),
                  accel_dtype_name(view->dtype));
    if (!accel_error_is_set() && fwrite(p.text.data, 1, p.text.size, stream) != p.text.size)
        accel_error_raise(ACCEL_EIO, "accel_tensor_print", "the stream cannot be written");
    buffer_dispose(&p.text);
}

accel_status accel_tensor_print(accel_tensor *tensor, FILE *stream)
{
    RETURN_STATUS_IF_FAILED();
    engine_view view;
    if (tensor_view(tensor, __func__, &view) != ACCEL_OK)
        return accel_error_status();
    if (!stream)
        return RAISE(ACCEL_EINVAL, "stream is NULL");
    if (accel_dtype_size(view.dtype) == 0)
        return RAISE(ACCEL_EUNSUPPORTED, "dtype %d has no printed form", (int)view.dtype);
    accel_scoped() {
        print_all(tensor, &view, stream);
    }
    return accel_error_status();
}
