// One computation on the CPU and on a pretended GPU.
#pragma once

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

extern "C" {
#include <cmocka.h> // its fail() would be found in headers after it
}

using Tensors = std::vector<at::Tensor>;

static const c10::Device gpu(c10::kCUDA, 0), other_gpu(c10::kCUDA, 1);

// Numbers of a normal distribution, the same at each call with the same seed.
inline at::Tensor numbers(c10::Device device, at::IntArrayRef size, uint64_t seed = 1)
{
    auto generator = at::globalContext().defaultGenerator(c10::kCPU).clone();
    generator.set_current_seed(seed);
    return at::randn(size, generator).to(device);
}

// Whole numbers below `high`.
inline at::Tensor choices(c10::Device device, at::IntArrayRef size, int64_t high, uint64_t seed = 1)
{
    auto generator = at::globalContext().defaultGenerator(c10::kCPU).clone();
    generator.set_current_seed(seed);
    return at::randint(high, size, generator, at::TensorOptions().dtype(at::kLong)).to(device);
}

inline void seed_all(uint64_t seed)
{
    auto generator = at::globalContext().defaultGenerator(c10::kCPU);
    generator.set_current_seed(seed);
}

// Fails unless both devices give the same, to the last bit, and the GPU gives it on the GPU.
inline void expect_same(const char *what, const std::function<Tensors(c10::Device)> &compute)
{
    seed_all(7);
    const Tensors expected = compute(c10::kCPU);
    seed_all(7);
    const Tensors found = compute(gpu);
    assert_int_equal(expected.size(), found.size());
    for (size_t i = 0; i < found.size(); i++) {
        if (found[i].device() != gpu)
            fail_msg("%s: result %zu is on %s", what, i, found[i].device().str().c_str());
        const at::Tensor host = found[i].cpu();
        if (host.sizes() != expected[i].sizes() || host.strides() != expected[i].strides() ||
            host.dtype() != expected[i].dtype() || !host.equal(expected[i]))
            fail_msg("%s: result %zu differs from the CPU's", what, i);
    }
}

// Calls, and gives the message of the error.
inline std::string refusal_of(const std::function<void()> &call)
{
    try {
        call();
    } catch (const c10::Error &error) {
        return error.what_without_backtrace();
    }
    fail_msg("no error");
    return "";
}

inline void expect_contains(const std::string &text, const char *part)
{
    if (text.find(part) == std::string::npos)
        fail_msg("no \"%s\" in \"%s\"", part, text.c_str());
}
