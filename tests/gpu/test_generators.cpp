// Devices that draw from generators of their own, as real ones do.
#include <cstdlib>

#include "gpu/same.hpp"

static at::Generator generator_of(c10::Device device)
{
    auto generator = at::globalContext().defaultGenerator(device);
    generator.set_current_seed(5);
    return generator;
}

static at::Tensor draw(c10::Device device) { return at::randn({4}, at::TensorOptions(device)).cpu(); }

static void test_own_generators(void **)
{
    const auto cpu = generator_of(c10::kCPU), first = generator_of(gpu), second = generator_of(other_gpu);
    const auto a = draw(gpu), b = draw(gpu);
    assert_false(a.equal(b));
    assert_true(draw(other_gpu).equal(a));
    assert_true(draw(c10::kCPU).equal(a));
    assert_true(draw(other_gpu).equal(b));
    assert_true(draw(c10::kCPU).equal(b));
}

static void test_dropout(void **)
{
    auto cpu = generator_of(c10::kCPU), there = generator_of(gpu);
    const auto state = cpu.get_state(), device_state = there.get_state();
    const auto x = at::ones({64}, at::TensorOptions(gpu));
    const auto once = at::dropout(x, 0.5, true);
    assert_true(cpu.get_state().equal(state));
    assert_false(there.get_state().equal(device_state));
    assert_false(at::dropout(x, 0.5, true).equal(once));
    there.set_state(device_state);
    assert_true(at::dropout(x, 0.5, true).equal(once));
}

int main()
{
    setenv("PRETEND_GPU_RANDOM", "device", 1); // read when the first generator is asked for
    const CMUnitTest tests[] = {
        cmocka_unit_test(test_own_generators),
        cmocka_unit_test(test_dropout),
    };
    return cmocka_run_group_tests_name("gpu/generators", tests, nullptr, nullptr);
}
