#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/Generator.h>

#include <memory>

#include "engine/cell.hpp"
#include "engine/generator.hpp"
#include "engine/guard.hpp"

// Uses of one generator exclude each other through its mutex, as in the engine's own code.
namespace
{
std::lock_guard<std::mutex> locked(engine_generator *g)
{
    return std::lock_guard<std::mutex>(g->generator.mutex());
}
} // namespace

extern "C" engine_generator *engine_generator_default(void)
{
    return guard<engine_generator *>(__func__, nullptr, [&] {
        static engine_generator process{at::detail::getDefaultCPUGenerator()};
        return &process;
    });
}

extern "C" engine_generator *engine_generator_create(uint64_t seed)
{
    return guard<engine_generator *>("accel_generator_create", nullptr, [&] {
        return new engine_generator{at::detail::createCPUGenerator(seed)};
    });
}

extern "C" void engine_generator_free(engine_generator *generator)
{
    guard_status("accel_free", [&] { delete generator; });
}

extern "C" accel_status engine_generator_seed(engine_generator *generator, uint64_t seed)
{
    return guard_status("accel_generator_seed", [&] {
        const auto lock = locked(generator);
        generator->generator.set_current_seed(seed);
    });
}

extern "C" uint64_t engine_generator_initial_seed(engine_generator *generator)
{
    return guard<uint64_t>(__func__, 0, [&] {
        const auto lock = locked(generator);
        return generator->generator.current_seed();
    });
}

extern "C" engine_payload engine_generator_state(engine_generator *generator)
{
    return guard<engine_payload>("accel_generator_state", nullptr, [&] {
        const auto lock = locked(generator);
        return payload_of(generator->generator.get_state());
    });
}

extern "C" accel_status engine_generator_set_state(engine_generator *generator, accel_tensor *state)
{
    return guard_status("accel_generator_set_state", [&] {
        const auto lock = locked(generator);
        generator->generator.set_state(tensor_of(state));
    });
}

// ---- the same on every run ----

extern "C" accel_status engine_set_deterministic(bool deterministic)
{
    return guard_status("accel_use_deterministic_algorithms", [&] {
        at::globalContext().setDeterministicAlgorithms(deterministic, /*warn_only=*/false);
    });
}

extern "C" bool engine_is_deterministic(void)
{
    return guard(__func__, false, [] { return at::globalContext().deterministicAlgorithms(); });
}
