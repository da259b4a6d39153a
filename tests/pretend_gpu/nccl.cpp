// A pretended NCCL: takes tensors of its own device alone, and moves copies of them through Gloo.
#define USE_C10D_GLOO // libtorch has this part, its headers do not say so

#include <list>
#include <mutex>

#include <ATen/core/grad_mode.h>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "pretend_gpu/device.hpp"
#include "engine/cuda.hpp"

namespace pretend
{

// Ends when what Gloo's operation brought is on the device. One that will never end, since a peer is gone, waits until
// the backend is aborted, or, as long as the timeout, until NCCL's watchdog gives it up. It looks complete then, with the watchdog's
// exception: who queues operations on a GPU learns no more.
class Work final : public c10d::Work
{
  public:
    Work(int rank, c10d::OpType type, c10::Device device, std::vector<at::Tensor> outputs)
        : c10d::Work(rank, type), outputs_(std::move(outputs)),
          future_(c10::make_intrusive<c10::ivalue::Future>(c10::ListType::create(c10::TensorType::get()),
                                                           std::vector<c10::Device>{device}))
    {
    }
    // Once.
    void end()
    {
        future_->markCompleted(c10::IValue(outputs_));
        finish();
    }
    void give_up(const std::exception_ptr &reason)
    {
        future_->markCompleted(c10::IValue(outputs_));
        finish(reason);
    }
    bool wait(std::chrono::milliseconds timeout) override
    {
        try {
            return c10d::Work::wait(timeout);
        } catch (...) {
            if (isCompleted())
                return true;
            throw;
        }
    }
    std::vector<at::Tensor> result() override { return outputs_; }
    c10::intrusive_ptr<c10::ivalue::Future> getFuture() override { return future_; }

  private:
    const std::vector<at::Tensor> outputs_;
    const c10::intrusive_ptr<c10::ivalue::Future> future_;
};

// The operations under way, until the backend is aborted.
class Running
{
  public:
    void join(const c10::intrusive_ptr<Work> &work)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (aborted_)
            std::rethrow_exception(aborted_);
        works_.push_back(work);
    }
    // Whether it was still under way.
    bool leave(const c10::intrusive_ptr<Work> &work)
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto before = works_.size();
        works_.remove(work);
        return works_.size() < before;
    }
    void abort(const std::exception_ptr &failure)
    {
        std::list<c10::intrusive_ptr<Work>> works;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            aborted_ = failure;
            works.swap(works_);
        }
        for (const auto &work : works)
            work->end();
    }

  private:
    std::mutex mutex_;
    std::list<c10::intrusive_ptr<Work>> works_;
    std::exception_ptr aborted_;
};

class Nccl final : public c10d::Backend
{
  public:
    Nccl(c10::intrusive_ptr<c10d::Backend> gloo, c10::Device device)
        : Backend(gloo->getRank(), gloo->getSize()), gloo_(std::move(gloo)), device_(device)
    {
    }
    const std::string getBackendName() const override { return "nccl"; }

    c10::intrusive_ptr<c10d::Work> broadcast(std::vector<at::Tensor> &tensors,
                                             const c10d::BroadcastOptions &options) override
    {
        return staged(c10d::OpType::BROADCAST, tensors, tensors,
                      [&](auto &out, auto &) { return gloo_->broadcast(out, options); });
    }
    c10::intrusive_ptr<c10d::Work> allreduce(std::vector<at::Tensor> &tensors,
                                             const c10d::AllreduceOptions &options) override
    {
        return staged(c10d::OpType::ALLREDUCE, tensors, tensors,
                      [&](auto &out, auto &) { return gloo_->allreduce(out, options); });
    }
    c10::intrusive_ptr<c10d::Work> _allgather_base(at::Tensor &output, at::Tensor &input,
                                                   const c10d::AllgatherOptions &options) override
    {
        TORCH_CHECK(output.numel() == input.numel() * getSize() && output.dtype() == input.dtype(),
                    "output tensor size must be equal to world_size times input tensor size");
        return staged(c10d::OpType::_ALLGATHER_BASE, {output}, {input}, [&](auto &out, auto &in) {
            at::Tensor rows = out[0].flatten(), row = in[0].flatten(); // whose shapes Gloo compares
            return gloo_->_allgather_base(rows, row, options);
        });
    }
    void abort() override
    {
        running_->abort(std::make_exception_ptr(C10_BUILD_ERROR(
            DistBackendError, "NCCL communicator was aborted on rank " + std::to_string(getRank()))));
    }

  private:
    using Tensors = std::vector<at::Tensor>;
    template <class Start>
    c10::intrusive_ptr<c10d::Work> staged(c10d::OpType type, const Tensors &outputs, const Tensors &inputs,
                                          Start &&start);
    void check(const Tensors &tensors) const;

    const c10::intrusive_ptr<c10d::Backend> gloo_;
    const c10::Device device_;
    const std::shared_ptr<Running> running_ = std::make_shared<Running>();
};

void Nccl::check(const Tensors &tensors) const
{
    for (const at::Tensor &tensor : tensors) {
        TORCH_CHECK(tensor.is_cuda(), "No backend type associated with device type ",
                    c10::DeviceTypeName(tensor.device().type(), true), ": NCCL takes tensors of GPUs alone");
        TORCH_CHECK(tensor.device() == device_, "NCCL: a tensor on ", tensor.device(),
                    " was given to the communicator of ", device_);
        TORCH_CHECK(tensor.is_contiguous(), "Tensors must be contiguous");
    }
}

static std::vector<at::Tensor> on_host(const std::vector<at::Tensor> &tensors)
{
    std::vector<at::Tensor> host;
    for (const at::Tensor &tensor : tensors)
        host.push_back(tensor.cpu());
    return host;
}

static void unstage(const std::vector<at::Tensor> &host, const std::vector<at::Tensor> &device)
{
    const at::NoGradGuard no_grad;
    for (size_t i = 0; i < host.size(); i++)
        at::Tensor(device[i]).copy_(host[i]);
}

template <class Start>
c10::intrusive_ptr<c10d::Work> Nccl::staged(c10d::OpType type, const Tensors &outputs, const Tensors &inputs,
                                            Start &&start)
{
    check(outputs);
    check(inputs);
    const at::NoGradGuard no_grad;
    const auto work = c10::make_intrusive<Work>(getRank(), type, device_, outputs);
    running_->join(work);
    try {
        Tensors out = on_host(outputs), in = on_host(inputs);
        const auto gloo_work = start(out, in);
        // Not this backend: Gloo's thread would wait for itself when it is the last to let go.
        gloo_work->getFuture()->addCallback([running = running_, type, work, out,
                                             outputs](c10::ivalue::Future &future) {
            const bool late =
                future.hasError() && future.tryRetrieveErrorMessage().find("Timed out") != std::string::npos;
            if ((future.hasError() && !late) || !running->leave(work))
                return;
            if (late)
                return work->give_up(std::make_exception_ptr(
                    C10_BUILD_ERROR(DistBackendError, "Watchdog caught collective operation timeout: " +
                                                          std::string(c10d::opTypeToString(type)))));
            unstage(out, outputs);
            work->end();
        });
    } catch (...) {
        running_->leave(work);
        throw;
    }
    return work;
}

static c10::intrusive_ptr<c10d::Backend> make_nccl(const c10::intrusive_ptr<c10d::Store> &store, int rank,
                                                   int size, int device, std::chrono::milliseconds timeout)
{
    using Gloo = c10d::ProcessGroupGloo;
    auto settings = Gloo::Options::create(timeout);
    settings->threads = 1;
    settings->devices.push_back(Gloo::createDeviceForHostname("127.0.0.1"));
    return c10::make_intrusive<Nccl>(c10::make_intrusive<Gloo>(store, rank, size, settings),
                                     c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(device)));
}

} // namespace pretend

const CudaPart accel_cuda_part{pretend::make_nccl};
