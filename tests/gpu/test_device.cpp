// What a pretended GPU says of itself, and refuses, as a real one does.
#include <csignal>
#include <cstdlib>

#include <sys/wait.h>
#include <unistd.h>

#include "gpu/same.hpp"

#include <ATen/DeviceAccelerator.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>

static c10::DeviceAllocator *memory() { return c10::getDeviceAllocator(c10::kCUDA); }

static int64_t used(c10::DeviceIndex device)
{
    return memory()->getDeviceStats(device).allocated_bytes[0].current;
}

static void test_devices(void **)
{
    assert_true(at::hasCUDA());
    assert_int_equal(at::detail::getCUDAHooks().deviceCount(), 2);
    assert_true(at::getAccelerator() == c10::kCUDA);
    const auto made = at::ones({2}, at::TensorOptions(c10::kCUDA));
    assert_true(made.device() == gpu);
    {
        const c10::DeviceGuard guard(other_gpu);
        assert_true(at::ones({2}, at::TensorOptions(c10::kCUDA)).device() == other_gpu);
        assert_true((made + 1).device() == gpu);
    }
    assert_true(at::ones({2}, at::TensorOptions(c10::kCUDA)).device() == gpu);
    const auto there = made.to(other_gpu);
    assert_true(there.device() == other_gpu);
    assert_true(there.cpu().equal(made.cpu()));
    expect_contains(refusal_of([] { at::ones({2}, at::TensorOptions(c10::Device(c10::kCUDA, 2))); }),
                    "invalid device ordinal");
}

static void test_mixed_devices(void **)
{
    const auto here = numbers(gpu, {3, 3}), there = numbers(other_gpu, {3, 3}),
               host = numbers(c10::kCPU, {3, 3});
    const char *words =
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and ";
    expect_contains(refusal_of([&] { here + there; }), words);
    expect_contains(refusal_of([&] { here.mm(host); }), words);
    expect_contains(refusal_of([&] { at::cat({here, host}); }), words);
    expect_contains(refusal_of([&] { at::embedding(here, choices(c10::kCPU, {2}, 3)); }), words);
    expect_contains(refusal_of([&] { at::Tensor(host).add_(here); }), "to be on the same device");
    expect_contains(refusal_of([&] { at::scalar_tensor(1.0).add_(here.sum()); }), "to be on the same device");
    Tensors gradients = {here};
    auto found = at::zeros({}, at::TensorOptions(c10::kCPU));
    expect_contains(refusal_of([&] {
                        at::_amp_foreach_non_finite_check_and_unscale_(gradients, found,
                                                                       at::ones({}, here.options()));
                    }),
                    words);
    Tensors parameters = {numbers(gpu, {3})}, squares = {at::zeros({3}, here.options())}, none;
    expect_contains(refusal_of([&] {
                        at::_fused_adamw_(parameters, {numbers(gpu, {3})}, squares, squares, none,
                                          {at::ones({})}, 0.1, 0.9, 0.99, 0, 1e-8, false, false);
                    }),
                    words);
}

// How a process ends that looks into a tensor by its pointer.
static int status_of_look(const at::Tensor &tensor)
{
    const auto *first = static_cast<const volatile float *>(tensor.const_data_ptr());
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        _exit(*first == 1 ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void test_addresses(void **)
{
    const auto host = at::ones({4});
    const auto there = host.to(gpu), made = there * 2;
    assert_int_equal(status_of_look(host), 0);
    for (const auto &tensor : {there, made}) {
        const int status = status_of_look(tensor);
        assert_true(WIFSIGNALED(status) ||
                    (WIFEXITED(status) && WEXITSTATUS(status) > 1)); // a sanitizer's report
        assert_true(at::detail::getCUDAHooks().getDeviceFromPtr(tensor.data_ptr()) == gpu);
    }
}

static void test_counted(void **)
{
    const auto before = used(0), elsewhere = used(1);
    {
        auto x = at::empty({1000}, at::TensorOptions(gpu));
        assert_int_equal(used(0), before + 4000);
        const auto view = x.slice(0, 10), y = x + 1;
        assert_int_equal(used(0), before + 8000);
        x.resize_({2000});
        assert_int_equal(used(0), before + 12000);
        assert_int_equal(used(1), elsewhere);
        const auto z = x.to(other_gpu);
        assert_int_equal(used(1), elsewhere + 8000);
    }
    assert_int_equal(used(0), before);
    assert_int_equal(used(1), elsewhere);
    memory()->emptyCache();
}

static void test_limit(void **)
{
    memory()->emptyCache();
    const auto bytes = std::to_string(used(0) + 5000);
    setenv("PRETEND_GPU_BYTES", bytes.c_str(), 1);
    const auto x = at::empty({1000}, at::TensorOptions(gpu));
    const auto message = refusal_of([&] { x + 1; });
    expect_contains(message, "CUDA out of memory. Tried to allocate");
    expect_contains(refusal_of([] { at::empty({1000}, at::TensorOptions(gpu)); }), "1000 bytes is free");
    try {
        at::empty({1000}, at::TensorOptions(gpu));
        fail_msg("no error");
    } catch (const c10::OutOfMemoryError &) {
    }
    at::empty({200}, at::TensorOptions(gpu));
    at::empty({1000}, at::TensorOptions(other_gpu));
    unsetenv("PRETEND_GPU_BYTES");
    assert_int_equal((x + 1).numel(), 1000);
}

static void test_pinned(void **)
{
    const auto host = numbers(c10::kCPU, {5});
    assert_false(host.is_pinned());
    const auto pinned = host.pin_memory();
    assert_true(pinned.is_cpu());
    assert_true(pinned.is_pinned());
    assert_true(pinned.equal(host));
    const auto there = pinned.to(gpu, true);
    assert_true(there.device() == gpu);
    const auto back = there.to(c10::kCPU, true);
    assert_true(back.is_pinned());
    assert_true(back.equal(host));
    assert_true(at::empty({3}, at::TensorOptions(c10::kCPU).pinned_memory(true)).is_pinned());
}

static void test_streams(void **)
{
    const c10::impl::VirtualGuardImpl guard(c10::kCUDA);
    const auto usual = guard.getStream(gpu), other = guard.getStreamFromGlobalPool(gpu);
    assert_true(usual != other);
    const auto x = numbers(gpu, {3});
    {
        const c10::StreamGuard on(other);
        assert_true(guard.getStream(gpu) == other);
        x.record_stream(other);
    }
    assert_true(guard.getStream(gpu) == usual);
    c10::Event event(c10::kCUDA);
    event.record(usual);
    assert_true(event.query());
    event.block(other);
    event.synchronize();
}

static void test_random(void **)
{
    const auto &generator = at::globalContext().defaultGenerator(gpu);
    assert_true(generator.device() == gpu);
    at::Generator(generator).set_current_seed(3);
    const auto first = at::randn({4}, at::TensorOptions(gpu));
    const auto state = generator.get_state();
    const auto second = at::randn({4}, at::TensorOptions(gpu));
    at::Generator(generator).set_state(state);
    assert_true(at::randn({4}, at::TensorOptions(gpu)).equal(second));
    assert_false(first.equal(second));
    seed_all(3);
    assert_true(at::randn({4}).equal(first.cpu()));

    auto own = at::globalContext().getAcceleratorHooksInterface(c10::kCUDA).getNewGenerator(1);
    own.set_current_seed(3);
    assert_true(own.device() == other_gpu);
    assert_true(at::randn({4}, own, at::TensorOptions(other_gpu)).cpu().equal(first.cpu()));
    assert_true(at::randn({4}, at::TensorOptions(gpu)).cpu().equal(second.cpu()));
}

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(test_devices), cmocka_unit_test(test_mixed_devices), cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_counted), cmocka_unit_test(test_limit),         cmocka_unit_test(test_pinned),
        cmocka_unit_test(test_streams), cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests_name("gpu/device", tests, nullptr, nullptr);
}
