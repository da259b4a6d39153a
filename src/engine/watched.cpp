#include "engine/watched.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <thread>
#include <utility>

// The first reason stays.
void Watch::fail(std::exception_ptr failure)
{
    if (!failure_)
        failure_ = std::move(failure);
}

void Watch::count()
{
    if (++issued_ > limit_)
        fail(beyond_limit_);
    if (failure_)
        std::rethrow_exception(failure_);
}

std::exception_ptr reason_given_up(c10d::Work &work)
{
    const auto failure = work.exception();
    if (!failure)
        return nullptr;
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception &e) {
        const bool late = std::strstr(e.what(), "timeout") != nullptr;
        return std::make_exception_ptr(engine_failure(late ? ACCEL_ETIMEOUT : ACCEL_EPEER, e.what()));
    } catch (...) {
        return failure;
    }
}

void Watch::join(const c10::intrusive_ptr<Work> &work)
{
    const std::lock_guard<std::mutex> lock(mutex_);
    count();
    running_.push_back(work);
}

static bool is_completed(const c10::intrusive_ptr<c10d::Work> &work)
{
    try {
        return work->isCompleted();
    } catch (...) { // it failed
        return true;
    }
}

void Watch::forget_completed()
{
    const std::lock_guard<std::mutex> lock(mutex_);
    drop_completed();
}

// One that the transport has given up is completed, too.
void Watch::drop_completed()
{
    while (!queued_.empty() && is_completed(queued_.front())) {
        if (const auto failure = reason_given_up(*queued_.front()))
            fail(failure);
        queued_.pop_front();
    }
}

void Watch::begin_queueing()
{
    const std::lock_guard<std::mutex> lock(mutex_);
    drop_completed();
    count();
    queueing_++;
}

void Watch::end_queueing(const c10::intrusive_ptr<c10d::Work> &work)
{
    const std::lock_guard<std::mutex> lock(mutex_);
    queueing_--;
    if (work)
        queued_.push_back(work);
}

void Watch::watch(const c10::intrusive_ptr<c10d::Backend> &transport)
{
    const std::lock_guard<std::mutex> lock(mutex_);
    transports_.emplace_back(transport);
}

void Watch::leave(const Work *work)
{
    const std::lock_guard<std::mutex> lock(mutex_);
    running_.remove_if([work](const c10::intrusive_ptr<Work> &other) { return other.get() == work; });
}

// On a thread of its own: it may wait for what runs on the GPU.
static void end_transport(const c10::weak_intrusive_ptr<c10d::Backend> &transport)
{
    std::thread([held = transport.lock()] {
        try {
            if (held)
                held->abort();
        } catch (...) { // the group has failed already
        }
    }).detach();
}

void Watch::abort(accel_status status, const std::string &message)
{
    std::list<c10::intrusive_ptr<Work>> running;
    std::vector<c10::weak_intrusive_ptr<c10d::Backend>> transports;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (aborted_)
            return;
        aborted_ = true;
        fail(std::make_exception_ptr(engine_failure(status, message)));
        running.swap(running_);
        transports.swap(transports_);
    }
    for (const auto &work : running)
        work->end(failure_);
    for (const auto &transport : transports)
        end_transport(transport);
}

void Watch::limit(uint64_t number, accel_status status, const std::string &message)
{
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (number >= limit_)
            return;
        limit_ = number;
        beyond_limit_ = std::make_exception_ptr(engine_failure(status, message));
        if (issued_ <= number)
            return;
    }
    abort(status, message);
}

void Watch::check()
{
    const std::lock_guard<std::mutex> lock(mutex_);
    if (failure_)
        std::rethrow_exception(failure_);
}

bool Watch::is_busy()
{
    const std::lock_guard<std::mutex> lock(mutex_);
    drop_completed();
    return failure_ || !running_.empty() || queueing_ > 0 || !queued_.empty();
}

WatchedStore::WatchedStore(c10::intrusive_ptr<c10d::Store> inner, std::shared_ptr<Watch> watch)
    : c10d::Store(inner->getTimeout()), inner_(std::move(inner)), watch_(std::move(watch))
{
}

c10::intrusive_ptr<c10d::Store> WatchedStore::clone()
{
    return c10::make_intrusive<WatchedStore>(inner_->clone(), watch_);
}

std::vector<uint8_t> WatchedStore::get(const std::string &key)
{
    wait({key}, getTimeout());
    return inner_->get(key);
}

void WatchedStore::wait(const std::vector<std::string> &keys, const std::chrono::milliseconds &timeout)
{
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    auto pause = std::chrono::microseconds(200);
    while (!inner_->check(keys)) {
        watch_->check();
        if (std::chrono::steady_clock::now() >= deadline)
            throw engine_failure(ACCEL_EPEER, "a process did not say where it can be reached");
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::microseconds(50000));
    }
}

static const char *name_of(c10d::OpType type)
{
    switch (type) {
    case c10d::OpType::ALLREDUCE:
        return "sync: all_reduce";
    case c10d::OpType::BROADCAST:
        return "sync: broadcast";
    case c10d::OpType::_ALLGATHER_BASE:
        return "sync: all_gather";
    default:
        return "sync: exchange";
    }
}

Watch::Work::Work(std::shared_ptr<Watch> watch, int rank, c10d::OpType type, std::vector<at::Tensor> outputs)
    : c10d::Work(rank, type), watch_(std::move(watch)), phase_(name_of(type)), outputs_(std::move(outputs)),
      future_(c10::make_intrusive<c10::ivalue::Future>(c10::ListType::create(c10::TensorType::get())))
{
}

void Watch::Work::follow(const c10::intrusive_ptr<c10d::Work> &inner)
{
    const auto self = c10::intrusive_ptr<Work>::reclaim_copy(this);
    inner->getFuture()->addCallback([self](c10::ivalue::Future &future) {
        if (!future.hasError())
            return self->end(nullptr);
        self->end(std::make_exception_ptr(engine_failure(ACCEL_EPEER, future.tryRetrieveErrorMessage())));
    });
}

void Watch::Work::interrupt(std::vector<c10::intrusive_ptr<c10d::Work>> parts)
{
    const std::lock_guard<std::mutex> lock(parts_mutex_);
    parts_ = std::move(parts);
    for (size_t i = 0; interrupted_ && i < parts_.size(); i++)
        parts_[i]->abort();
}

// Whoever comes first, the transport or the group, ends it.
void Watch::Work::end(const std::exception_ptr &failure)
{
    if (ended_.exchange(true))
        return;
    watch_->leave(this);
    phase_.end();
    finish(failure);
    if (failure) {
        const std::lock_guard<std::mutex> lock(parts_mutex_);
        interrupted_ = true;
        for (const auto &part : parts_)
            part->abort();
    }
    if (failure)
        future_->setError(failure);
    else
        future_->markCompleted(c10::IValue(outputs_));
}

LayeredBackend::LayeredBackend(c10::intrusive_ptr<c10d::Backend> inner, std::shared_ptr<Watch> watch)
    : c10d::Backend(inner->getRank(), inner->getSize()), inner_(std::move(inner)), watch_(std::move(watch))
{
}

// The transport's own destructor may wait for a weak reference, which an operation's thread drops last; NCCL's complains, too.
LayeredBackend::~LayeredBackend()
{
    try {
        inner_->shutdown();
    } catch (...) { // nobody uses it any more
    }
}

c10::intrusive_ptr<c10d::Work> LayeredBackend::broadcast(std::vector<at::Tensor> &tensors,
                                                         const c10d::BroadcastOptions &options)
{
    return run(c10d::OpType::BROADCAST, tensors, [&] { return inner_->broadcast(tensors, options); });
}

c10::intrusive_ptr<c10d::Work> LayeredBackend::allreduce(std::vector<at::Tensor> &tensors,
                                                         const c10d::AllreduceOptions &options)
{
    return run(c10d::OpType::ALLREDUCE, tensors, [&] { return inner_->allreduce(tensors, options); });
}

c10::intrusive_ptr<c10d::Work> LayeredBackend::_allgather_base(at::Tensor &output, at::Tensor &input,
                                                               const c10d::AllgatherOptions &options)
{
    return run(c10d::OpType::_ALLGATHER_BASE, {output},
               [&] { return inner_->_allgather_base(output, input, options); });
}

WatchedBackend::WatchedBackend(c10::intrusive_ptr<c10d::Backend> inner, std::shared_ptr<Watch> watch)
    : LayeredBackend(std::move(inner), std::move(watch))
{
}

c10::intrusive_ptr<c10d::Work> WatchedBackend::run(c10d::OpType type, std::vector<at::Tensor> outputs,
                                                   Start start)
{
    const auto work = c10::make_intrusive<Watch::Work>(watch_, getRank(), type, std::move(outputs));
    watch_->join(work);
    issued_++;
    try {
        // The transport's own records end after those who wait go on, when the profile may be over.
        const at::DisableRecordFunctionGuard no_records;
        work->follow(start());
    } catch (...) {
        watch_->leave(work.get());
        throw;
    }
    return work;
}

// What the transport may still write into, or read, when nobody waits any more.
static void keep(const c10::intrusive_ptr<Watch::Work> &work)
{
    static std::mutex mutex;
    static auto &kept = *new std::vector<c10::intrusive_ptr<Watch::Work>>;
    const std::lock_guard<std::mutex> lock(mutex);
    kept.push_back(work);
}

namespace
{
// The transport writes to its sockets without asking for errors alone, and what is sent straight from each to each is
// written by the thread that calls: the signal that a connection has broken, which would end the program without a word, waits
// here until it can be taken back.
class BrokenPipeSilence
{
  public:
    BrokenPipeSilence()
    {
        sigemptyset(&broken_pipe_);
        sigaddset(&broken_pipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &broken_pipe_, &before_);
    }
    ~BrokenPipeSilence()
    {
        if (sigismember(&before_, SIGPIPE))
            return;
        const timespec now{};
        while (sigtimedwait(&broken_pipe_, nullptr, &now) == SIGPIPE)
            ;
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    BrokenPipeSilence(const BrokenPipeSilence &) = delete;
    BrokenPipeSilence &operator=(const BrokenPipeSilence &) = delete;

  private:
    sigset_t broken_pipe_, before_;
};
} // namespace

static bool wait_for(const std::vector<c10::intrusive_ptr<c10d::Work>> &parts)
{
    bool all = true;
    for (const auto &part : parts)
        all = part->wait() && all;
    return all;
}

void WatchedBackend::exchange(const std::vector<at::Tensor> &rows, const at::Tensor &own)
{
    constexpr int tag = 1;
    const BrokenPipeSilence silence;
    const auto work = c10::make_intrusive<Watch::Work>(watch_, getRank(), c10d::OpType::UNKNOWN, rows);
    watch_->join(work);
    try {
        const at::DisableRecordFunctionGuard no_records;
        std::vector<c10::intrusive_ptr<c10d::Work>> parts;
        std::vector<at::Tensor> row(1), sent{own};
        for (int rank = 0; rank < getSize(); rank++) {
            if (rank == getRank())
                continue;
            row[0] = rows[static_cast<size_t>(rank)];
            parts.push_back(inner_->recv(row, rank, tag));
            parts.push_back(inner_->send(sent, rank, tag));
        }
        work->interrupt(parts);
        if (!wait_for(parts))
            watch_->check();
        work->end(nullptr);
    } catch (const std::exception &e) {
        work->end(std::current_exception());
        keep(work);
        watch_->check();
        throw engine_failure(ACCEL_EPEER, e.what());
    }
}

CountedBackend::CountedBackend(c10::intrusive_ptr<c10d::Backend> inner, std::shared_ptr<Watch> watch)
    : LayeredBackend(std::move(inner), std::move(watch))
{
    watch_->watch(inner_);
}

c10::intrusive_ptr<c10d::Work> CountedBackend::run(c10d::OpType type, std::vector<at::Tensor>, Start start)
{
    AsyncPhase queueing(name_of(type));
    watch_->begin_queueing();
    issued_++;
    try {
        // The transport's own records end when it is done, and the profile may be over.
        const at::DisableRecordFunctionGuard no_records;
        auto work = start();
        watch_->end_queueing(work);
        queueing.end();
        return work;
    } catch (...) {
        watch_->end_queueing({});
        queueing.end();
        watch_->check(); // the transport says so in words of its own
        throw;
    }
}
