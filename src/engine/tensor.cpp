#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <accel/log.h>

#include "engine/cell.hpp"
#include "engine/device.hpp"
#include "engine/guard.hpp"

extern "C" void engine_payload_release(engine_payload payload)
{
    guard_status("accel_free", [&] {
        if (payload)
            reclaim(payload);
    });
}

extern "C" accel_status engine_tensor_view(accel_tensor *tensor, engine_view *view)
{
    return guard_status(__func__, [&] {
        const at::Tensor &t = tensor_of(tensor);
        const c10::Device device = t.device();
        TORCH_CHECK_NOT_IMPLEMENTED(device.is_cpu() || device.is_cuda(), "tensors on the device ", device,
                                    " are not supported");
        view->rank = static_cast<size_t>(t.dim());
        view->sizes = t.sizes().data();
        view->strides = t.strides().data();
        view->numel = t.numel();
        view->dtype = static_cast<accel_dtype>(t.scalar_type());
        view->device = device_from(device);
        view->contiguous = t.is_contiguous();
    });
}

extern "C" bool engine_tensor_is_strided(accel_tensor *tensor)
{
    return guard(__func__, false, [&] { return tensor_of(tensor).layout() == at::kStrided; });
}

extern "C" void *engine_tensor_data(accel_tensor *tensor)
{
    return guard<void *>("accel_tensor_data", nullptr, [&] {
        const at::Tensor &t = tensor_of(tensor);
        TORCH_CHECK_NOT_IMPLEMENTED(t.device().is_cpu() || t.device().is_cuda(), "tensors on the device ",
                                    t.device(), " are not supported");
        TORCH_CHECK_NOT_IMPLEMENTED(!t.is_neg() && !t.is_conj(),
                                    "the memory of a view that is negated or conjugated "
                                    "is not its values; use accel_clone first");
        return t.data_ptr();
    });
}

extern "C" engine_payload engine_tensor_share(accel_tensor *tensor)
{
    return guard<engine_payload>(__func__, nullptr, [&] { return payload_of(tensor_of(tensor)); });
}

extern "C" engine_payload engine_tensor_detach(accel_tensor *tensor)
{
    return guard<engine_payload>(__func__, nullptr, [&] { return payload_of(tensor_of(tensor).detach()); });
}

extern "C" engine_payload engine_tensor_empty(accel_dtype dtype, const int64_t *sizes, size_t rank)
{
    return guard<engine_payload>("accel_empty", nullptr, [&] {
        return payload_of(at::empty(c10::IntArrayRef(sizes, rank), static_cast<c10::ScalarType>(dtype)));
    });
}

// The last user may be a thread of the engine's own, where a failure would be taken for that of whatever runs there next.
static void end_loan(accel_release_function *release, void *memory, void *user)
{
    release(memory, user);
    if (Entry::is_open() || !accel_error_is_set())
        return;
    accel_log_line(ACCEL_LOG_WARNING, "a release function failed: %s", accel_error_text());
    accel_error_clear();
}

extern "C" engine_payload engine_tensor_wrap(void *data, accel_dtype dtype, const int64_t *sizes,
                                             const int64_t *strides, size_t rank,
                                             accel_release_function *release, void *user)
{
    return guard<engine_payload>("accel_tensor_wrap", nullptr, [&] {
        auto maker = at::for_blob(data, c10::IntArrayRef(sizes, rank));
        maker.options(at::TensorOptions(static_cast<c10::ScalarType>(dtype)));
        if (strides)
            maker.strides(c10::IntArrayRef(strides, rank));
        if (release)
            maker.deleter([release, user](void *memory) { end_loan(release, memory, user); });
        return payload_of(maker.make_tensor());
    });
}

extern "C" accel_status engine_tensor_item(accel_tensor *tensor, double *value)
{
    return guard_status("accel_item", [&] { *value = tensor_of(tensor).item().toDouble(); });
}

extern "C" accel_status engine_tensor_item_integer(accel_tensor *tensor, int64_t *value)
{
    return guard_status("accel_item_integer", [&] { *value = tensor_of(tensor).item().toLong(); });
}
