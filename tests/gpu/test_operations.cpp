// Operations on a pretended GPU: the CPU's numbers, on the GPU.
#include "gpu/same.hpp"

static void test_arithmetic(void **)
{
    expect_same("add", [](c10::Device d) { return Tensors{numbers(d, {3, 4}) + numbers(d, {4}, 2)}; });
    expect_same("with a number", [](c10::Device d) { return Tensors{numbers(d, {3}) * 2.5 - 1}; });
    expect_same("with a tensor of the CPU, of no dimension",
                [](c10::Device d) { return Tensors{numbers(d, {3}).div(at::scalar_tensor(3.0))}; });
    expect_same("types",
                [](c10::Device d) { return Tensors{choices(d, {5}, 9) + numbers(d, {5}).to(at::kHalf)}; });
    expect_same("where", [](c10::Device d) {
        const auto x = numbers(d, {6});
        return Tensors{at::where(x > 0, x, at::scalar_tensor(0.0)), x.clamp_min(0).pow(2).sqrt(), x.gt(0)};
    });
    expect_same("factories", [](c10::Device d) {
        const at::TensorOptions on(d);
        return Tensors{at::arange(7, on),         at::zeros({2, 3}, on),
                       at::full({2}, 4, on),      at::eye(3, on),
                       at::randn({9}, on),        at::randperm(8, on.dtype(at::kLong)),
                       at::linspace(0, 1, 5, on), at::tril_indices(3, 3, 0, on.dtype(at::kLong))};
    });
}

static void test_views(void **)
{
    expect_same("a write through a view", [](c10::Device d) {
        auto x = numbers(d, {4, 6});
        x.select(0, 1).slice(0, 2, 5).fill_(3);
        x.t().narrow(0, 0, 1).mul_(2);
        x.view({2, 12})[1].unfold(0, 3, 3).add_(1);
        x.diagonal().zero_();
        return Tensors{x, x.permute({1, 0}).contiguous(), x.reshape({-1}), x.expand({2, 4, 6}).sum(0)};
    });
    auto x = numbers(gpu, {4, 6});
    const auto view = x.view({24}).slice(0, 6, 12);
    assert_true(view.is_alias_of(x));
    assert_ptr_equal(view.data_ptr(), static_cast<float *>(x.data_ptr()) + 6);
    assert_true(view.is_view());
    x[1].fill_(5);
    assert_true(view.eq(5).all().item<bool>());
    for (const auto &part : at::split(x, 2))
        part.fill_(1);
    assert_true(x.eq(1).all().item<bool>());
    const auto parts = x.unbind(1);
    assert_true(parts[5].is_alias_of(x));
    assert_int_equal(parts[5].storage_offset(), 5);
}

static void test_in_place(void **)
{
    expect_same("in place", [](c10::Device d) {
        auto x = numbers(d, {5, 3}), before = x;
        x.add_(1).mul_(numbers(d, {3}, 2)).clamp_(-1, 1);
        x.masked_fill_(x > 0.5, 7).index_fill_(0, choices(d, {1}, 5), 2);
        assert_true(before.is_same(x));
        x.copy_(x.flip(0));
        return Tensors{x};
    });
    expect_same("a result that is given", [](c10::Device d) {
        auto out = at::empty({0}, at::TensorOptions(d)), part = at::zeros({4, 6}, at::TensorOptions(d));
        at::add_out(out, numbers(d, {2, 3}), numbers(d, {2, 3}, 2));
        auto inside = part.narrow(1, 2, 3);
        at::mm_out(inside, numbers(d, {4, 5}), numbers(d, {5, 3}, 2));
        return Tensors{out, part};
    });
    expect_same("another size", [](c10::Device d) {
        auto x = numbers(d, {2, 3}), view = x.t();
        x.resize_({2, 2});
        auto y = at::empty({1}, at::TensorOptions(d)).resize_({4, 4}).fill_(2);
        auto z = at::empty({0}, at::TensorOptions(d)).set_(x);
        z.add_(1); // and x
        return Tensors{x, view.contiguous(), y, z};
    });
    const auto x = numbers(gpu, {3});
    const auto version = x._version();
    x.add_(1);
    assert_int_equal(x._version(), version + 1);
}

static void test_layers(void **)
{
    expect_same("products", [](c10::Device d) {
        const auto x = numbers(d, {4, 8}), w = numbers(d, {8, 8}, 2);
        return Tensors{x.matmul(w), at::linear(x, w, numbers(d, {8}, 3)),
                       at::bmm(x.expand({3, 4, 8}), w.expand({3, 8, 8})),
                       x.to(at::kBFloat16).matmul(w.to(at::kBFloat16)), at::einsum("ij,kj->ik", {x, w})};
    });
    expect_same("convolutions", [](c10::Device d) {
        const auto x = numbers(d, {2, 3, 12, 12}), w = numbers(d, {4, 3, 3, 3}, 2), b = numbers(d, {4}, 3);
        return Tensors{at::conv2d(x, w, b, 2, 1), at::conv1d(x[0], numbers(d, {2, 12, 3}, 4)),
                       at::max_pool2d(x, 2), at::adaptive_avg_pool2d(x, {3, 3})};
    });
    expect_same("norms", [](c10::Device d) {
        const auto x = numbers(d, {6, 8}), w = numbers(d, {8}, 2), b = numbers(d, {8}, 3);
        auto mean = at::zeros({8}, at::TensorOptions(d)), variance = at::ones({8}, at::TensorOptions(d));
        return Tensors{at::layer_norm(x, {8}, w, b),
                       at::batch_norm(x, w, b, mean, variance, true, 0.1, 1e-5, true),
                       mean,
                       variance,
                       at::group_norm(x, 2, w, b),
                       at::rms_norm(x, {8}, w)};
    });
    expect_same("embedding, dropout, activations", [](c10::Device d) {
        const auto x = at::embedding(numbers(d, {10, 4}), choices(d, {5, 2}, 10));
        return Tensors{x, at::dropout(x, 0.3, true), at::gelu(x), at::softmax(x, -1), at::relu(x), at::tanh(x)};
    });
    expect_same("losses", [](c10::Device d) {
        const auto x = numbers(d, {6, 4}), y = numbers(d, {6, 4}, 2);
        return Tensors{at::cross_entropy_loss(x, choices(d, {6}, 4)), at::mse_loss(x, y),
                       at::binary_cross_entropy_with_logits(x, y.sigmoid())};
    });
    expect_same("softmax from half to float", [](c10::Device d) {
        const auto x = numbers(d, {3, 4}).to(at::kHalf);
        return Tensors{at::softmax(x, 1, at::kFloat), at::log_softmax(x, 1, at::kFloat)};
    });
    expect_same("attention", [](c10::Device d) {
        const auto q = numbers(d, {2, 2, 9, 8}), k = numbers(d, {2, 2, 9, 8}, 2),
                   v = numbers(d, {2, 2, 9, 8}, 3);
        const auto mask = numbers(d, {9, 9}, 4) > -1;
        return Tensors{at::scaled_dot_product_attention(q, k, v),
                       at::scaled_dot_product_attention(q, k, v, mask),
                       at::scaled_dot_product_attention(q, k, v, {}, 0.2, true)};
    });
}

static void test_rearranged(void **)
{
    expect_same("joined", [](c10::Device d) {
        const auto x = numbers(d, {3, 4}), y = numbers(d, {3, 4}, 2);
        return Tensors{at::cat({x, y}, 1), at::stack({x, y}), at::cat({x, y.to(at::kDouble)})};
    });
    expect_same("chosen", [](c10::Device d) {
        auto x = numbers(d, {5, 4});
        const auto rows = choices(d, {3}, 5), on_cpu = choices(c10::kCPU, {3}, 5);
        x.index_put_({rows}, numbers(d, {3, 4}, 2));
        return Tensors{x,
                       x.index({rows}),
                       x.index({on_cpu}),
                       x.index({x.select(1, 0) > 0}),
                       x.gather(1, choices(d, {5, 2}, 4)),
                       x.index_select(0, rows),
                       x.masked_select(x > 0),
                       at::nonzero(x > 0)};
    });
    expect_same("in order", [](c10::Device d) {
        const auto x = numbers(d, {5, 7});
        const auto [values, order] = x.sort(1);
        const auto [top, places] = x.topk(3);
        const auto [kept, inverse, counts] = at::_unique2(choices(d, {9}, 4), true, true, true);
        return Tensors{values, order, top, places, x.argmax(1), x.cumsum(0), kept, inverse, counts};
    });
}

static void test_reduced(void **)
{
    const auto host = numbers(c10::kCPU, {50});
    const auto x = host.to(gpu);
    assert_true(x.sum().item<float>() == host.sum().item<float>());
    assert_true(x.norm().item<float>() == host.norm().item<float>());
    assert_true(x.max().item<float>() == host.max().item<float>());
    assert_true(at::equal(x, host.to(gpu)));
    assert_false(at::equal(x, x + 1));
    assert_true(at::allclose(x, x + 1e-9));
    assert_true(at::isfinite(x).all().item<bool>());
    expect_same("along a dimension", [](c10::Device d) {
        const auto y = numbers(d, {4, 5});
        return Tensors{y.mean(0), y.var(1), std::get<0>(y.max(1)), y.logsumexp(1), y.prod(), y.std(), y.any(1)};
    });
}

static Tensors list(c10::Device d, uint64_t seed)
{
    return {numbers(d, {3, 4}, seed), numbers(d, {5}, seed + 10), numbers(d, {2}, seed + 20)};
}

static Tensors steps(c10::Device d, size_t count)
{
    Tensors made;
    for (size_t i = 0; i < count; i++)
        made.push_back(at::ones({}, at::TensorOptions(d)));
    return made;
}

static Tensors joined(std::initializer_list<Tensors> parts)
{
    Tensors all;
    for (const Tensors &part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

static void test_lists(void **)
{
    expect_same("for each", [](c10::Device d) {
        Tensors x = list(d, 1), y = list(d, 2);
        at::_foreach_add_(x, y, 0.5);
        at::_foreach_mul_(x, 2);
        at::_foreach_lerp_(x, y, 0.1);
        return joined(
            {x, at::_foreach_norm(x, 2), at::_foreach_div(x, y), at::_foreach_sqrt(at::_foreach_abs(x))});
    });
    expect_same("unscale", [](c10::Device d) {
        Tensors x = list(d, 1), finite = list(d, 2);
        x[1][2] = std::numeric_limits<float>::infinity();
        auto found = at::zeros({1}, at::TensorOptions(d)), none = found.clone();
        const auto inverse = at::full({1}, 0.25, at::TensorOptions(d));
        at::_amp_foreach_non_finite_check_and_unscale_(x, found, inverse);
        at::_amp_foreach_non_finite_check_and_unscale_(finite, none, inverse);
        return joined({finite, {x[0], found, none}});
    });
    expect_same("the scale", [](c10::Device d) {
        auto scale = at::full({1}, 8.0, at::TensorOptions(d)),
             growth = at::zeros({1}, at::TensorOptions(d).dtype(at::kInt));
        at::_amp_update_scale_(scale, growth, at::ones({1}, at::TensorOptions(d)), 2, 0.5, 2);
        return Tensors{scale, growth};
    });
    expect_same("Adam", [](c10::Device d) {
        Tensors x = list(d, 1), y = list(d, 1), mean = list(d, 3), square = at::_foreach_abs(list(d, 4)), none;
        at::_fused_adamw_(x, list(d, 2), mean, square, none, steps(d, 3), 0.1, 0.9, 0.99, 0.01, 1e-8, false,
                          false);
        at::_fused_adam_(y, list(d, 2), mean, square, none, steps(d, 3), 0.1, 0.9, 0.99, 0.01, 1e-8, false,
                         false);
        return joined({x, y, mean, square});
    });
    expect_same("SGD", [](c10::Device d) {
        Tensors x = list(d, 1), momentum = list(d, 3);
        at::_fused_sgd_(x, list(d, 2), momentum, 0.01, 0.9, 0.1, 0.0, true, false, false);
        return joined({x, momentum});
    });
}

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic), cmocka_unit_test(test_views),      cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_layers),     cmocka_unit_test(test_rearranged), cmocka_unit_test(test_reduced),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests_name("gpu/operations", tests, nullptr, nullptr);
}
