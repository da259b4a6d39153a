#define USE_C10D_GLOO // unlocks the header: libtorch has this part, its headers do not say so

#include "engine/gloo.hpp"

#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

c10::intrusive_ptr<c10d::Backend> make_gloo(const engine_group_options &options,
                                            const c10::intrusive_ptr<c10d::Store> &store, int threads)
{
    using Gloo = c10d::ProcessGroupGloo;
    auto settings = Gloo::Options::create(std::chrono::milliseconds(options.timeout_ms));
    settings->threads = threads;
    settings->devices.push_back(options.interface ? Gloo::createDeviceForInterface(options.interface)
                                                  : Gloo::createDeviceForHostname(options.address));
    return c10::make_intrusive<Gloo>(store, options.rank, options.size, settings);
}
