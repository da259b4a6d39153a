// Stretches of time that may end in another thread than they began in, as a profile shows them.
#pragma once

#include <memory>

#include <ATen/record_function.h>

class AsyncPhase
{
  public:
    // `name` is static. Nothing where nothing is profiled.
    explicit AsyncPhase(const char *name);
    ~AsyncPhase() { end(); }
    AsyncPhase(const AsyncPhase &) = delete;
    AsyncPhase &operator=(const AsyncPhase &) = delete;
    void end(); // of a profile that has been taken meanwhile it is not any more

  private:
    std::unique_ptr<at::RecordFunction> record_;
    uint64_t profile_ = 0; // whose it is
};
