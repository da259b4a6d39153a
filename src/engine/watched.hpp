// Stores and backends whose waits end at once when somebody learns that what they wait for will never come: thin layers
// over any others.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <c10/util/FunctionRef.h>

#include "engine/guard.hpp"
#include "engine/profiler.hpp"

// The operations under way in a group, and why there will be no more.
class Watch
{
  public:
    class Work;

    // Takes note of an operation, unless the group has failed: throws then.
    void join(const c10::intrusive_ptr<Work> &work);
    void leave(const Work *work);
    // The same around the queueing of one between GPUs, which tells nobody when it ends; `work` NULL: it was not queued.
    void begin_queueing();
    void end_queueing(const c10::intrusive_ptr<c10d::Work> &work);
    // A transport that is to be ended with the group.
    void watch(const c10::intrusive_ptr<c10d::Backend> &transport);
    void abort(accel_status status, const std::string &message);
    // There will be no more than so many operations: some process makes no others.
    void limit(uint64_t number, accel_status status, const std::string &message);
    void check();            // throws when the group has failed
    bool is_busy();          // whether operations are under way, or may be for ever
    void forget_completed(); // and the tensors of those between GPUs
    uint64_t issued() const { return issued_; }

  private:
    void count();
    void fail(std::exception_ptr failure);
    void drop_completed();

    std::mutex mutex_;
    std::list<c10::intrusive_ptr<Work>> running_;
    size_t queueing_ = 0;
    std::list<c10::intrusive_ptr<c10d::Work>> queued_; // in their order
    std::vector<c10::weak_intrusive_ptr<c10d::Backend>> transports_;
    std::exception_ptr failure_, beyond_limit_;
    bool aborted_ = false;
    uint64_t limit_ = UINT64_MAX;
    std::atomic<uint64_t> issued_{0};
};

// Why the transport has given an operation between GPUs up, which is completed then; NULL when it has not.
std::exception_ptr reason_given_up(c10d::Work &work);

// The part of a store through which transports find each other.
class WatchedStore : public c10d::Store
{
  public:
    WatchedStore(c10::intrusive_ptr<c10d::Store> inner, std::shared_ptr<Watch> watch);
    c10::intrusive_ptr<c10d::Store> clone() override;
    void set(const std::string &key, const std::vector<uint8_t> &value) override { inner_->set(key, value); }
    std::vector<uint8_t> get(const std::string &key) override;
    int64_t add(const std::string &key, int64_t value) override { return inner_->add(key, value); }
    bool deleteKey(const std::string &key) override { return inner_->deleteKey(key); }
    bool check(const std::vector<std::string> &keys) override { return inner_->check(keys); }
    int64_t getNumKeys() override { return inner_->getNumKeys(); }
    void wait(const std::vector<std::string> &keys) override { wait(keys, getTimeout()); }
    void wait(const std::vector<std::string> &keys, const std::chrono::milliseconds &timeout) override;

  private:
    const c10::intrusive_ptr<c10d::Store> inner_;
    const std::shared_ptr<Watch> watch_;
};

// An operation that ends with the transport's own, or with the group.
class Watch::Work : public c10d::Work
{
  public:
    Work(std::shared_ptr<Watch> watch, int rank, c10d::OpType type, std::vector<at::Tensor> outputs);
    // Follows the transport's operation from now on.
    void follow(const c10::intrusive_ptr<c10d::Work> &inner);
    void end(const std::exception_ptr &failure);
    // What is to be interrupted when the group ends it; `parts` wait in the thread that has started them.
    void interrupt(std::vector<c10::intrusive_ptr<c10d::Work>> parts);
    std::vector<at::Tensor> result() override { return outputs_; }
    c10::intrusive_ptr<c10::ivalue::Future> getFuture() override { return future_; }

  private:
    const std::shared_ptr<Watch> watch_;
    AsyncPhase phase_;
    const std::vector<at::Tensor> outputs_;
    const c10::intrusive_ptr<c10::ivalue::Future> future_;
    std::atomic<bool> ended_{false};
    std::mutex parts_mutex_;
    std::vector<c10::intrusive_ptr<c10d::Work>> parts_;
    bool interrupted_ = false;
};

// A layer over a transport: the operations that reducers and this room use, each by way of `run`.
class LayeredBackend : public c10d::Backend
{
  public:
    ~LayeredBackend() override;
    const std::string getBackendName() const override { return inner_->getBackendName(); }
    c10::intrusive_ptr<c10d::Work> broadcast(std::vector<at::Tensor> &tensors,
                                             const c10d::BroadcastOptions &options = {}) override;
    c10::intrusive_ptr<c10d::Work> allreduce(std::vector<at::Tensor> &tensors,
                                             const c10d::AllreduceOptions &options = {}) override;
    c10::intrusive_ptr<c10d::Work> _allgather_base(at::Tensor &output, at::Tensor &input,
                                                   const c10d::AllgatherOptions &options = {}) override;
    uint64_t issued() const { return issued_; } // of these operations

  protected:
    using Start = c10::function_ref<c10::intrusive_ptr<c10d::Work>()>;

    LayeredBackend(c10::intrusive_ptr<c10d::Backend> inner, std::shared_ptr<Watch> watch);
    virtual c10::intrusive_ptr<c10d::Work> run(c10d::OpType type, std::vector<at::Tensor> outputs,
                                               Start start) = 0;

    std::atomic<uint64_t> issued_{0};
    const c10::intrusive_ptr<c10d::Backend> inner_;
    const std::shared_ptr<Watch> watch_;
};

// A transport between CPUs, whose operations are followed.
class WatchedBackend : public LayeredBackend
{
  public:
    WatchedBackend(c10::intrusive_ptr<c10d::Backend> inner, std::shared_ptr<Watch> watch);
    // Fills `rows`, one for each process, with `own` of each: straight from each to each, which for little is the fastest.
    void exchange(const std::vector<at::Tensor> &rows, const at::Tensor &own);

  private:
    c10::intrusive_ptr<c10d::Work> run(c10d::OpType type, std::vector<at::Tensor> outputs,
                                       Start start) override;
};

// A transport between GPUs: its operations are queued behind what is computed there, and who waits for one only queues behind it.
// They pass through, counted, and end with the group.
class CountedBackend : public LayeredBackend
{
  public:
    CountedBackend(c10::intrusive_ptr<c10d::Backend> inner, std::shared_ptr<Watch> watch);

  private:
    c10::intrusive_ptr<c10d::Work> run(c10d::OpType type, std::vector<at::Tensor> outputs,
                                       Start start) override;
};
