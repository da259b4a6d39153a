// A backend whose operations end at once when somebody learns that they never will: a thin layer over any other.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include <torch/csrc/distributed/c10d/Backend.hpp>

#include "engine/guard.hpp"

// The operations under way in a group, and why there will be no more.
class Watch
{
  public:
    class Work;

    // Takes note of an operation, unless the group has failed: throws then.
    void join(const c10::intrusive_ptr<Work> &work);
    void leave(const Work *work);
    void abort(accel_status status, const std::string &message);
    bool aborted() const { return aborted_; }
    uint64_t issued() const { return issued_; }

  private:
    std::mutex mutex_;
    std::list<c10::intrusive_ptr<Work>> running_;
    std::exception_ptr failure_;
    std::atomic<bool> aborted_{false};
    std::atomic<uint64_t> issued_{0};
};

// An operation that ends with the transport's own, or with the group.
class Watch::Work : public c10d::Work
{
  public:
    Work(std::shared_ptr<Watch> watch, int rank, c10d::OpType type, std::vector<at::Tensor> outputs);
    // Follows the transport's operation from now on.
    void follow(const c10::intrusive_ptr<c10d::Work> &inner);
    void end(const std::exception_ptr &failure);
    std::vector<at::Tensor> result() override { return outputs_; }
    c10::intrusive_ptr<c10::ivalue::Future> getFuture() override { return future_; }

  private:
    const std::shared_ptr<Watch> watch_;
    const std::vector<at::Tensor> outputs_;
    const c10::intrusive_ptr<c10::ivalue::Future> future_;
    std::atomic<bool> ended_{false};
};

// The operations that reducers and this room use.
class WatchedBackend : public c10d::Backend
{
  public:
    WatchedBackend(c10::intrusive_ptr<c10d::Backend> inner, std::shared_ptr<Watch> watch);
    const std::string getBackendName() const override { return inner_->getBackendName(); }
    c10::intrusive_ptr<c10d::Work> broadcast(std::vector<at::Tensor> &tensors,
                                             const c10d::BroadcastOptions &options) override;
    c10::intrusive_ptr<c10d::Work> allreduce(std::vector<at::Tensor> &tensors,
                                             const c10d::AllreduceOptions &options) override;
    c10::intrusive_ptr<c10d::Work> _allgather_base(at::Tensor &output, at::Tensor &input,
                                                   const c10d::AllgatherOptions &options) override;

  private:
    template <class Start>
    c10::intrusive_ptr<c10d::Work> watched(c10d::OpType type, std::vector<at::Tensor> outputs, Start &&start);

    const c10::intrusive_ptr<c10d::Backend> inner_;
    const std::shared_ptr<Watch> watch_;
};
