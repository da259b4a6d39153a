// The pretended NCCL, between two ranks that are threads.
#include <atomic>
#include <cstdlib>
#include <thread>

#include <dlfcn.h>

#include "gpu/same.hpp"

#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include "engine/cuda.hpp"

using Backend = c10::intrusive_ptr<c10d::Backend>;

static const int ranks = 2;

static const CudaPart &part()
{
    void *library = dlopen(std::getenv("ACCEL_CUDA_LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    const auto *entry = static_cast<const CudaPart *>(dlsym(library, "accel_cuda_part"));
    assert_non_null(entry);
    return *entry;
}

static c10::Device device_of(int rank) { return {c10::kCUDA, static_cast<c10::DeviceIndex>(rank)}; }

// Calls `run` in a thread of each rank; an exception ends the test.
static void in_ranks(const std::function<void(int rank, const Backend &backend)> &run,
                     std::chrono::milliseconds timeout = std::chrono::seconds(60))
{
    const auto store = c10::make_intrusive<c10d::HashStore>();
    std::exception_ptr failures[ranks];
    std::atomic<int> made{0};
    std::vector<std::thread> threads;
    for (int rank = 0; rank < ranks; rank++)
        threads.emplace_back([&, rank] {
            Backend backend;
            try {
                backend = part().make_nccl(store, rank, ranks, rank, timeout);
            } catch (...) {
                failures[rank] = std::current_exception();
            }
            for (made++; made < ranks;) // who leaves at once would close connections that are still being made
                std::this_thread::yield();
            try {
                if (backend)
                    run(rank, backend);
            } catch (...) {
                failures[rank] = std::current_exception();
            }
        });
    for (auto &thread : threads)
        thread.join();
    for (const auto &failure : failures)
        if (failure)
            std::rethrow_exception(failure);
}

static void test_collectives(void **)
{
    at::Tensor sums[ranks], firsts[ranks], all[ranks];
    in_ranks([&](int rank, const Backend &nccl) {
        const auto mine = numbers(device_of(rank), {5}, 1 + rank);
        Tensors sum = {mine.clone()}, first = {mine.clone()};
        auto gathered = at::empty({ranks, 5}, mine.options()), in = mine.clone();
        nccl->allreduce(sum)->wait();
        c10d::BroadcastOptions from_last;
        from_last.rootRank = ranks - 1;
        nccl->broadcast(first, from_last)->wait();
        nccl->_allgather_base(gathered, in)->wait();
        sums[rank] = sum[0], firsts[rank] = first[0], all[rank] = gathered;
    });
    const auto a = numbers(c10::kCPU, {5}, 1), b = numbers(c10::kCPU, {5}, 2);
    for (int rank = 0; rank < ranks; rank++) {
        assert_true(sums[rank].device() == device_of(rank));
        assert_true(sums[rank].cpu().equal(a + b));
        assert_true(firsts[rank].cpu().equal(b));
        assert_true(all[rank].cpu().equal(at::stack({a, b})));
    }
}

static void test_future(void **)
{
    std::vector<c10::Device> devices[ranks];
    bool same[ranks] = {false, false};
    in_ranks([&](int rank, const Backend &nccl) {
        Tensors x = {at::ones({3}, at::TensorOptions(device_of(rank)))};
        const auto work = nccl->allreduce(x);
        const auto future = work->getFuture();
        future->waitAndThrow();
        devices[rank] = future->devices();
        same[rank] = future->value().toTensorVector()[0].is_same(x[0]) && x[0].eq(ranks).all().item<bool>();
    });
    for (int rank = 0; rank < ranks; rank++) {
        assert_true(devices[rank] == std::vector<c10::Device>{device_of(rank)});
        assert_true(same[rank]);
    }
}

static void test_refusals(void **)
{
    std::string host, elsewhere, strided;
    in_ranks([&](int rank, const Backend &nccl) {
        if (rank > 0)
            return;
        const auto refused = [&](const at::Tensor &tensor) {
            return refusal_of([&] {
                Tensors tensors = {tensor};
                nccl->allreduce(tensors);
            });
        };
        host = refused(at::ones({2}));
        elsewhere = refused(at::ones({2}, at::TensorOptions(other_gpu)));
        strided = refused(at::ones({2, 3}, at::TensorOptions(gpu)).t());
    });
    expect_contains(host, "No backend type associated with device type cpu");
    expect_contains(elsewhere, "was given to the communicator of cuda:0");
    expect_contains(strided, "Tensors must be contiguous");
}

// As with the real one, an operation whose peers are gone waits, and one that was ended looks complete.
static void test_abort(void **)
{
    bool before = true, after = false;
    std::string next;
    in_ranks([&](int rank, const Backend &nccl) {
        if (rank > 0)
            return;
        Tensors tensors = {at::ones({2}, at::TensorOptions(gpu))};
        const auto work = nccl->allreduce(tensors);
        before = work->isCompleted();
        nccl->abort();
        work->wait();
        after = work->isCompleted();
        next = refusal_of([&] { nccl->allreduce(tensors); });
    });
    assert_false(before);
    assert_true(after);
    expect_contains(next, "aborted");
}

// As with the real one, an operation whose peers do not come in time looks complete, and has an exception.
static void test_given_up(void **)
{
    std::string why;
    std::atomic<bool> known{false};
    in_ranks(
        [&](int rank, const Backend &nccl) {
            Tensors tensors = {at::ones({2}, at::TensorOptions(device_of(rank)))};
            nccl->allreduce(tensors)->wait();
            while (rank > 0 && !known)
                std::this_thread::yield();
            if (rank > 0)
                return;
            const auto work = nccl->allreduce(tensors);
            work->wait();
            why = refusal_of([&] { std::rethrow_exception(work->exception()); });
            known = true;
        },
        std::chrono::seconds(1));
    expect_contains(why, "Watchdog caught collective operation timeout");
}

// The mean gradient of two ranks, by the reducer of libtorch.
static at::Tensor mean_gradient(int rank, const Backend &nccl)
{
    const auto device = device_of(rank);
    auto group = c10::make_intrusive<c10d::ProcessGroup>(rank, ranks);
    group->setBackend(c10::kCUDA, c10d::ProcessGroup::BackendType::CUSTOM, nccl);
    const Tensors parameters = {numbers(device, {4, 3}, 1).requires_grad_(),
                                numbers(device, {3}, 2).requires_grad_()};
    const int64_t bucket = 1 << 20;
    c10d::Reducer reducer(parameters, {{1, 0}}, group, {false, false}, bucket, /*find_unused_parameters=*/true,
                          /*gradient_as_bucket_view=*/false, {}, bucket,
                          /*skip_all_reduce_unused_params=*/false,
                          /*use_python_reducer=*/false, /*bucket_bytes_cap_list=*/{});
    const auto loss = at::addmm(parameters[1], numbers(device, {5, 4}, 3 + rank), parameters[0]).pow(2).sum();
    reducer.prepare_for_forward();
    reducer.prepare_for_backward({loss});
    loss.backward();
    return parameters[0].grad();
}

static void test_reducer(void **)
{
    at::Tensor found[ranks], expected = at::zeros({4, 3});
    in_ranks([&](int rank, const Backend &nccl) { found[rank] = mean_gradient(rank, nccl); });
    for (int rank = 0; rank < ranks; rank++) {
        const auto w = numbers(c10::kCPU, {4, 3}, 1).requires_grad_();
        at::addmm(numbers(c10::kCPU, {3}, 2), numbers(c10::kCPU, {5, 4}, 3 + rank), w).pow(2).sum().backward();
        expected += w.grad() / ranks;
    }
    for (int rank = 0; rank < ranks; rank++) {
        assert_true(found[rank].device() == device_of(rank));
        assert_true(found[rank].cpu().equal(expected));
    }
}

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(test_collectives), cmocka_unit_test(test_future),   cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_abort),       cmocka_unit_test(test_given_up), cmocka_unit_test(test_reducer),
    };
    return cmocka_run_group_tests_name("gpu/transport", tests, nullptr, nullptr);
}
