#include "engine/transport.hpp"

#include <functional>

#include <c10/core/thread_pool.h>

#include "engine/guard.hpp"
#include "engine/transport.h"

namespace
{
class Transport : public c10d::Backend
{
  public:
    explicit Transport(const engine_group_options &o) : Backend(o.rank, o.size), table_(*o.transport)
    {
        const transport_options options{o.rank, o.size, o.timeout_ms};
        char why[TRANSPORT_TEXT];
        transport_ = table_.open(&options, why);
        if (!transport_)
            throw engine_failure(ACCEL_EUNSUPPORTED, why);
        thread_ = std::make_unique<c10::ThreadPool>(1);
    }
    const std::string getBackendName() const override { return table_.name; }
    void abort() override { table_.abort(transport_); }
    void shutdown() override
    {
        thread_.reset();
        table_.close(transport_);
    }
    c10::intrusive_ptr<c10d::Work> broadcast(std::vector<at::Tensor> &tensors,
                                             const c10d::BroadcastOptions &options) override
    {
        return run(tensors[0], [this, t = tensors[0], root = static_cast<int>(options.rootRank)] {
            return table_.broadcast(transport_, t.data_ptr(), t.nbytes(), root);
        });
    }
    c10::intrusive_ptr<c10d::Work> allreduce(std::vector<at::Tensor> &tensors,
                                             const c10d::AllreduceOptions &options) override
    {
        TORCH_INTERNAL_ASSERT(options.reduceOp == c10d::ReduceOp::SUM, "a reduction that is no sum");
        return run(tensors[0], [this, t = tensors[0]] {
            const auto dtype = static_cast<accel_dtype>(t.scalar_type());
            return table_.all_reduce(transport_, t.data_ptr(), static_cast<size_t>(t.numel()), dtype);
        });
    }
    c10::intrusive_ptr<c10d::Work> _allgather_base(at::Tensor &output, at::Tensor &input,
                                                   const c10d::AllgatherOptions &) override
    {
        TORCH_INTERNAL_ASSERT(input.is_contiguous());
        return run(output, [this, output, input] {
            return table_.all_gather(transport_, output.data_ptr(), input.data_ptr(), input.nbytes());
        });
    }

  private:
    c10::intrusive_ptr<c10d::Work> run(const at::Tensor &result, std::function<bool()> operation);

    const transport_table &table_;
    transport *transport_;
    std::unique_ptr<c10::ThreadPool> thread_;
};
} // namespace

c10::intrusive_ptr<c10d::Work> Transport::run(const at::Tensor &result, std::function<bool()> operation)
{
    TORCH_INTERNAL_ASSERT(result.is_contiguous());
    auto done = c10::make_intrusive<c10::ivalue::Future>(c10::ListType::create(c10::TensorType::get()));
    thread_->run([this, done, result, operation = std::move(operation)] {
        if (operation())
            return done->markCompleted(c10::IValue(std::vector<at::Tensor>{result}));
        static_cast<void>(new std::function<bool()>(operation)); // keeps its tensors for ever
        done->setError(std::make_exception_ptr(engine_failure(ACCEL_EPEER, table_.error(transport_))));
    });
    return c10d::Work::create_from_future(done);
}

c10::intrusive_ptr<c10d::Backend> make_transport(const engine_group_options &options)
{
    return c10::make_intrusive<Transport>(options);
}
