// The large float32 matrix products of a backward pass through oneDNN.
//
// The engine's CPU build multiplies float32 matrices with MKL, which on processors other than Intel's takes about twice
// as long as oneDNN, the library it uses for other types. Here `mm` on the CPU is registered anew: products that are
// large enough go to oneDNN, the rest to where they went. The gradients of a linear layer are two such products. Its
// forward, an `addmm`, stays with MKL: losses are then the reference's, and gradients differ from it by 4e-6 of the
// largest, where they would by 1.2e-5.

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <torch/library.h>

#include <memory>
#include <mutex>

#include "engine/guard.hpp"

namespace
{

// Multiply-adds from which on the cost of setting oneDNN up is repaid (measured: 32·384·384 gains, 2·384·384 loses).
constexpr int64_t kLargeProduct = int64_t{1} << 20;

// Rows, or columns, follow each other without gaps: what oneDNN has fast kernels for. It takes anything else, too, but with
// a reference kernel that is a hundred times slower.
bool is_plain(const at::Tensor &matrix)
{
    return matrix.dim() == 2 && matrix.scalar_type() == at::kFloat && matrix.layout() == at::kStrided &&
           (matrix.is_contiguous() || matrix.t().is_contiguous());
}

bool is_large_product(const at::Tensor &a, const at::Tensor &b)
{
    return is_plain(a) && is_plain(b) && a.size(1) == b.size(0) &&
           a.size(0) * a.size(1) * b.size(1) >= kLargeProduct;
}

// a · b by oneDNN, whose weight is transposed.
at::Tensor product(const at::Tensor &a, const at::Tensor &b)
{
    using Signature =
        at::Tensor(const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, c10::string_view,
                   c10::List<std::optional<at::Scalar>>, std::optional<c10::string_view>);
    static const auto linear =
        c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "").typed<Signature>();
    return linear.call(a, b.t(), std::nullopt, "none", c10::List<std::optional<at::Scalar>>(), "");
}

at::Tensor mm(const at::Tensor &a, const at::Tensor &b)
{
    if (is_large_product(a, b))
        return product(a, b);
    at::Tensor out = at::empty({0}, a.options());
    return at::mm_out(out, a, b);
}

std::mutex lock;
torch::Library *registration; // while it lives, the products go through here; the process's end leaves it

void register_products()
{
    // The engine warns that its own kernels are replaced, which is what is wanted.
    class Silent : public c10::WarningHandler
    {
        void process(const c10::Warning &) override {}
    } silent;
    const c10::WarningUtils::WarningHandlerGuard quiet(&silent);
    auto library = std::make_unique<torch::Library>(torch::Library::IMPL, "aten", c10::DispatchKey::CPU,
                                                    __FILE__, __LINE__);
    library->impl("mm", TORCH_FN(mm));
    registration = library.release();
}

} // namespace

extern "C" accel_status engine_set_fast_matmul(bool fast)
{
    return guard_status(__func__, [&] {
        const std::lock_guard<std::mutex> held(lock);
        if (!fast) {
            delete registration;
            registration = nullptr;
        } else if (!registration) {
            register_products();
        }
    });
}

extern "C" accel_status engine_set_matmul_precision(const char *precision)
{
    return guard_status("accel_set_float32_matmul_precision",
                        [&] { at::globalContext().setFloat32MatmulPrecision(precision); });
}

extern "C" const char *engine_matmul_precision(void)
{
    return guard(__func__, "highest", [&] {
        static const char *const names[] = {"highest", "high", "medium"};
        return names[static_cast<int>(at::globalContext().float32MatmulPrecision())];
    });
}
