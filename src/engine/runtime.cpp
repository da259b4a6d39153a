#include <ATen/Parallel.h>

#include <accel/log.h>
#include "engine/guard.hpp"

namespace
{
class LogHandler : public c10::WarningHandler
{
  public:
    void process(const c10::Warning &warning) override
    {
        accel_log_line(ACCEL_LOG_WARNING, "engine: %s", warning.msg().c_str());
    }
};
} // namespace

void engine_route_warnings()
{
    static LogHandler handler;
    thread_local bool routed = false;
    if (routed)
        return;
    c10::WarningUtils::set_warning_handler(&handler);
    routed = true;
}

extern "C" int engine_threads(void)
{
    return guard(__func__, 1, [&] { return at::get_num_threads(); });
}

extern "C" accel_status engine_set_threads(int count)
{
    return guard_status(__func__, [&] { at::set_num_threads(count); });
}
