// Gradients and mixed precision on a pretended GPU.
#include <thread>

#include "gpu/same.hpp"

#include <ATen/autocast_mode.h>

static at::Tensor parameter(c10::Device d, at::IntArrayRef size, uint64_t seed)
{
    return numbers(d, size, seed).detach().requires_grad_();
}

static Tensors gradients_of(const Tensors &parameters)
{
    Tensors gradients;
    for (const at::Tensor &p : parameters)
        gradients.push_back(p.grad());
    return gradients;
}

// Two layers, their loss, and what it leaves in the parameters.
static Tensors learn(c10::Device d, double dropout)
{
    const Tensors p = {parameter(d, {8, 16}, 1), parameter(d, {16}, 2), parameter(d, {16, 3}, 3),
                       parameter(d, {3}, 4)};
    for (int step = 0; step < 2; step++) {
        const auto x = numbers(d, {6, 8}, 10 + step);
        const auto hidden = at::dropout(at::addmm(p[1], x, p[0]).relu(), dropout, true);
        const auto loss = at::cross_entropy_loss(at::addmm(p[3], hidden, p[2]), choices(d, {6}, 3));
        loss.backward();
    }
    return gradients_of(p);
}

static void test_gradients(void **)
{
    expect_same("two layers", [](c10::Device d) { return learn(d, 0); });
    expect_same("two layers with dropout", [](c10::Device d) { return learn(d, 0.3); });
    expect_same("convolution, norm and pooling", [](c10::Device d) {
        const Tensors p = {parameter(d, {4, 3, 3, 3}, 1), parameter(d, {4}, 2), parameter(d, {4}, 3)};
        auto x = at::conv2d(numbers(d, {2, 3, 8, 8}), p[0], p[1]);
        x = at::batch_norm(x, p[1], p[2], {}, {}, true, 0.1, 1e-5, true);
        at::max_pool2d(at::gelu(x), 2).pow(2).mean().backward();
        return gradients_of(p);
    });
    expect_same("embedding, norms and attention", [](c10::Device d) {
        const Tensors p = {parameter(d, {10, 8}, 1), parameter(d, {8}, 2), parameter(d, {8}, 3)};
        const auto x = at::embedding(p[0], choices(d, {2, 5}, 10)).unsqueeze(1);
        const auto y = at::rms_norm(at::layer_norm(x, {8}, p[1], p[2]), {8}, p[1]);
        at::scaled_dot_product_attention(y, x, y, {}, 0, true).logsumexp(-1).sum().backward();
        return gradients_of(p);
    });
    expect_same("across devices", [](c10::Device d) {
        const auto p = parameter(d, {4}, 1);
        const auto there = (p * 2).to(d.is_cuda() ? other_gpu : c10::Device(c10::kCPU));
        (there * there).sum().backward();
        return gradients_of({p});
    });
}

static void test_thread(void **)
{
    const auto p = parameter(gpu, {4}, 1);
    const auto doubled = p * 2;
    std::thread::id backward;
    doubled.register_hook([&](const at::Tensor &) { backward = std::this_thread::get_id(); });
    doubled.sum().backward();
    assert_true(backward != std::thread::id());
    assert_true(backward != std::this_thread::get_id());
}

class Autocast
{
  public:
    explicit Autocast(at::ScalarType type)
    {
        at::autocast::set_autocast_enabled(c10::kCUDA, true);
        at::autocast::set_autocast_dtype(c10::kCUDA, type);
        at::autocast::increment_nesting();
    }
    ~Autocast()
    {
        at::autocast::decrement_nesting();
        at::autocast::clear_cache();
        at::autocast::set_autocast_enabled(c10::kCUDA, false);
    }
};

static void expect_autocast(at::ScalarType type)
{
    const auto x = numbers(gpu, {6, 8}), w = parameter(gpu, {3, 8}, 2), b = parameter(gpu, {3}, 3);
    const auto classes = choices(gpu, {6}, 3);
    at::Tensor y, loss, of_cpu;
    {
        const Autocast autocast(type);
        y = at::linear(x, w, b);
        loss = at::nll_loss(at::log_softmax(y, 1), classes); // a GPU's list has the second in floats
        of_cpu = at::linear(x.cpu(), w.cpu(), b.cpu());
    }
    assert_int_equal(y.scalar_type(), type);
    assert_int_equal(loss.scalar_type(), at::kFloat);
    assert_int_equal(of_cpu.scalar_type(), at::kFloat);
    loss.backward();
    assert_int_equal(w.grad().scalar_type(), at::kFloat);

    const auto plain = parameter(c10::kCPU, {3, 8}, 2), plain_b = parameter(c10::kCPU, {3}, 3);
    const auto half = at::linear(x.cpu().to(type), plain.to(type), plain_b.to(type));
    at::nll_loss(at::log_softmax(half, 1, at::kFloat), classes.cpu()).backward();
    assert_true(y.cpu().equal(half));
    assert_true(w.grad().cpu().equal(plain.grad()));
    assert_true(b.grad().cpu().equal(plain_b.grad()));
}

static void test_autocast(void **)
{
    expect_autocast(at::kBFloat16);
    expect_autocast(at::kHalf);
}

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_thread),
        cmocka_unit_test(test_autocast),
    };
    return cmocka_run_group_tests_name("gpu/learning", tests, nullptr, nullptr);
}
