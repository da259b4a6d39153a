// Attention picks among the kernels of its device by itself; here it picks as on the CPU.
#include <limits>

#include <ATen/ops/_fused_sdp_choice.h>
#include <ATen/ops/_scaled_dot_product_attention_math.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/zeros_like.h>
#include <ATen/native/transformers/sdp_utils_cpp.h>
#include <torch/library.h>

namespace pretend
{

using Mask = std::optional<at::Tensor>;

// A mask of what counts becomes what is added.
static Mask added(const Mask &mask, at::ScalarType type)
{
    if (!mask || !mask->defined() || mask->scalar_type() != at::kBool)
        return mask;
    return at::zeros_like(*mask, at::TensorOptions().dtype(type))
        .masked_fill_(mask->logical_not(), -std::numeric_limits<double>::infinity());
}

static at::Tensor attention(const at::Tensor &query, const at::Tensor &key, const at::Tensor &value,
                            const Mask &mask, double dropout, bool is_causal, std::optional<double> scale,
                            bool enable_gqa)
{
    const auto choice = static_cast<sdp::SDPBackend>(
        at::_fused_sdp_choice(query, key, value, mask, dropout, is_causal, scale, enable_gqa));
    const bool learns_mask = mask && mask->defined() && mask->requires_grad();
    const Mask add = added(mask, query.scalar_type());
    if (choice == sdp::SDPBackend::flash_attention && !learns_mask)
        return std::get<0>(
            at::_scaled_dot_product_flash_attention_for_cpu(query, key, value, dropout, is_causal, add, scale));
    return std::get<0>(at::_scaled_dot_product_attention_math(query, key, value, add, dropout, is_causal, {},
                                                              scale, enable_gqa));
}

static torch::Library *registered_for(c10::DispatchKey key)
{
    auto *library = new torch::Library(torch::Library::IMPL, "aten", key, __FILE__, __LINE__);
    library->impl("scaled_dot_product_attention", &attention);
    return library;
}

// Kept until the process is gone, as those of kernels.cpp.
[[gnu::used]] static torch::Library *const with_gradients = registered_for(c10::DispatchKey::AutogradCUDA);
[[gnu::used]] static torch::Library *const without_gradients = registered_for(c10::DispatchKey::CUDA);

} // namespace pretend
