/* Tensors over the program's own memory: shared both ways, and given back exactly once. */
#include "tensors.h"

#include <pthread.h>

#include <accel/dict.h>

#include "base/memory.h"

/* What the release callback saw. */
typedef struct lender {
    void *data;
    int releases;
} lender;

static void release(void *data, void *user)
{
    lender *l = user;
    assert_ptr_equal(data, l->data);
    l->releases++;
}

static void shares_both_ways(void **state)
{
    (void)state;
    float memory[6] = {1, 2, 3, 4, 5, 6};
    accel_scoped() {
        accel_tensor *x = accel_tensor_wrap(memory, ACCEL_FLOAT32, ACCEL_SHAPE(2, 3));
        expect_shape(x, ACCEL_SHAPE(2, 3));
        assert_ptr_equal(accel_tensor_data(x), memory);
        memory[4] = 50;
        EXPECT_VALUES(x, 0, 1, 2, 3, 4, 50, 6);
        accel_mul_scalar_in_place(x, -1);
        assert_true(memory[0] == -1 && memory[4] == -50);
    }
    assert_true(memory[5] == -6);
}

static void wraps_every_dtype(void **state)
{
    (void)state;
    static const accel_dtype dtypes[] = {ACCEL_UINT8,   ACCEL_INT8,    ACCEL_INT16,   ACCEL_INT32,
                                         ACCEL_INT64,   ACCEL_FLOAT16, ACCEL_FLOAT32, ACCEL_FLOAT64,
                                         ACCEL_BOOLEAN, ACCEL_BFLOAT16};
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
        accel_scoped() {
            double memory[2] = {0, 0};
            accel_tensor *x = accel_tensor_wrap(memory, dtypes[i], ACCEL_SHAPE(2));
            assert_int_equal(accel_tensor_dtype(x), dtypes[i]);
            EXPECT_VALUES(x, 0, 0, 0);
        }
}

/* A field of an array of structs, every other row: what a simulation has in memory. */
static void follows_strides(void **state)
{
    (void)state;
    struct cell {
        float density, energy, speed;
    } grid[4][5];
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 5; k++)
            grid[i][k] = (struct cell){-1, (float)(10 * i + k), -1};
    accel_scoped() {
        accel_tensor *x = accel_tensor_wrap(&grid[0][0].energy, ACCEL_FLOAT32, ACCEL_SHAPE(2, 5),
                                            .strides = (const int64_t[]){30, 3});
        assert_false(accel_tensor_is_contiguous(x));
        assert_int_equal(accel_tensor_stride(x, 0), 30);
        EXPECT_VALUES(x, 0, 0, 1, 2, 3, 4, 20, 21, 22, 23, 24);
        EXPECT_VALUES(accel_sum_dims(x, ACCEL_SHAPE(1), false), 0, 10, 110);
        accel_fill_in_place(x, 7);
        accel_tensor *row = accel_tensor_wrap(&grid[1][0].energy, ACCEL_FLOAT32, ACCEL_SHAPE(3, 5),
                                              .strides = (const int64_t[]){0, 3});
        EXPECT_VALUES(row, 0, 10, 11, 12, 13, 14, 10, 11, 12, 13, 14, 10, 11, 12, 13, 14);
    }
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 5; k++)
            assert_true(grid[i][k].density == -1 && grid[i][k].speed == -1 &&
                        grid[i][k].energy == (float)(i % 2 ? 10 * i + k : 7));
}

static void is_released_after_its_last_user(void **state)
{
    (void)state;
    float memory[4] = {1, 2, 3, 4};
    lender l = {.data = memory};
    accel_tensor *x = accel_tensor_wrap(memory, ACCEL_FLOAT32, ACCEL_SHAPE(4), .release = release, .user = &l);
    accel_tensor *part = accel_narrow(x, 0, 1, 2), *flat = accel_detach(x);
    accel_dict *d = accel_dict_create();
    accel_dict_set(d, "x", x);
    accel_free(x);
    accel_free(flat);
    accel_free(d);
    assert_int_equal(l.releases, 0);
    EXPECT_VALUES(part, 0, 2, 3);
    accel_free(part);
    assert_int_equal(l.releases, 1);
    accel_scoped() {
        accel_tensor_wrap(memory, ACCEL_FLOAT32, ACCEL_SHAPE(4), .release = release, .user = &l);
        accel_tensor_wrap(memory, ACCEL_FLOAT32, ACCEL_SHAPE(0), .release = release, .user = &l);
        assert_int_equal(l.releases, 1);
    }
    assert_int_equal(l.releases, 3);
}

/* What backward still needs is a user, too. */
static void is_released_after_autograd(void **state)
{
    (void)state;
    float memory[2] = {3, 4};
    lender l = {.data = memory};
    accel_tensor *w = FLOATS(ACCEL_SHAPE(2), 1, 1), *loss = NULL;
    accel_set_requires_grad(w, true);
    accel_scoped() {
        accel_tensor *x =
            accel_tensor_wrap(memory, ACCEL_FLOAT32, ACCEL_SHAPE(2), .release = release, .user = &l);
        loss = accel_keep(accel_sum(accel_mul(w, x)));
    }
    assert_int_equal(l.releases, 0);
    accel_backward(loss);
    assert_int_equal(l.releases, 1);
    accel_scoped() {
        EXPECT_VALUES(accel_grad(w), 0, 3, 4);
    }
    accel_free(loss);
    assert_int_equal(l.releases, 1);
    /* As a leaf it lives until the graph that leads to it ends. */
    accel_tensor *leaf =
        accel_tensor_wrap(memory, ACCEL_FLOAT32, ACCEL_SHAPE(2), .release = release, .user = &l);
    accel_set_requires_grad(leaf, true);
    accel_tensor *y = accel_square(leaf);
    accel_free(leaf);
    assert_int_equal(l.releases, 1);
    accel_free(y);
    assert_int_equal(l.releases, 2);
    accel_free(w);
}

static void *free_on_another_thread(void *argument)
{
    accel_release(*(accel_tensor **)argument);
    return NULL;
}

static void is_released_on_any_thread(void **state)
{
    (void)state;
    float memory[2] = {3, 4};
    lender l = {.data = memory};
    accel_tensor *x = accel_tensor_wrap(memory, ACCEL_FLOAT32, ACCEL_SHAPE(2), .release = release, .user = &l);
    accel_retain(x);
    accel_free(x);
    assert_int_equal(l.releases, 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, free_on_another_thread, &x), 0);
    pthread_join(thread, NULL);
    assert_int_equal(l.releases, 1);
}

static void refuses_memory(void **state)
{
    (void)state;
    _Alignas(8) char memory[64] = {0};
    lender l = {.data = memory};
    const int64_t big = INT64_C(1) << 40;
#define REFUSED(words, data, dtype, shape, ...)                                                                \
    EXPECT_REFUSED(accel_tensor_wrap(data, dtype, shape, .release = release, .user = &l, __VA_ARGS__),         \
                   ACCEL_EINVAL, words)
    REFUSED("accel_tensor_wrap: data is NULL", NULL, ACCEL_FLOAT32, ACCEL_SHAPE(2), .strides = NULL);
    REFUSED("accel_tensor_wrap: data is not aligned to the 4 bytes of a float32", memory + 2, ACCEL_FLOAT32,
            ACCEL_SHAPE(2), .strides = NULL);
    REFUSED("accel_tensor_wrap: data is not aligned to the 8 bytes of a int64", memory + 4, ACCEL_INT64,
            ACCEL_SHAPE(2), .strides = NULL);
    REFUSED("accel_tensor_wrap: dtype 44 is unknown", memory, (accel_dtype)44, ACCEL_SHAPE(2), .strides = NULL);
    REFUSED("accel_tensor_wrap: sizes[1] must not be negative, got -1", memory, ACCEL_INT8, ACCEL_SHAPE(2, -1),
            .strides = NULL);
    REFUSED("accel_tensor_wrap: strides[0] must not be negative, got -2", memory, ACCEL_INT8, ACCEL_SHAPE(2),
            .strides = (const int64_t[]){-2});
    REFUSED("accel_tensor_wrap: sizes and strides reach beyond all memory", memory, ACCEL_INT8,
            ACCEL_SHAPE(big, big), .strides = NULL);
    REFUSED("accel_tensor_wrap: sizes and strides reach beyond all memory", memory, ACCEL_INT8,
            ACCEL_SHAPE(big, big), .strides = ((const int64_t[]){0, 0}));
    REFUSED("accel_tensor_wrap: sizes and strides reach beyond all memory", memory, ACCEL_INT8,
            ACCEL_SHAPE(big, 4), .strides = ((const int64_t[]){big, 1}));
    REFUSED("accel_tensor_wrap: sizes and strides reach beyond all memory", memory, ACCEL_FLOAT64,
            ACCEL_SHAPE(2), .strides = (const int64_t[]){INT64_MAX - 1});
    EXPECT_REFUSED(accel_tensor_wrap_with(memory, ACCEL_INT8, ACCEL_SHAPE(2),
                                          &(accel_tensor_wrap_options){3, NULL, release, &l}),
                   ACCEL_EINVAL, "accel_tensor_wrap: options.struct_size is 3");
    EXPECT_REFUSED(accel_tensor_wrap(memory, ACCEL_INT8, NULL, 2, .release = release, .user = &l), ACCEL_EINVAL,
                   "accel_tensor_wrap: sizes is NULL, rank is 2");
    accel_error_raise(ACCEL_EIO, "test", "first");
    assert_null(accel_tensor_wrap(memory, ACCEL_INT8, ACCEL_SHAPE(2), .release = release, .user = &l));
    expect_failure(ACCEL_EIO, "test: first");
    assert_int_equal(l.releases, 0);
    accel_scoped() {
        assert_non_null(accel_tensor_wrap(memory + 1, ACCEL_INT8, ACCEL_SHAPE(2)));
        assert_non_null(accel_tensor_wrap(memory + 2, ACCEL_FLOAT16, ACCEL_SHAPE(2)));
    }
}

/* On failure the memory stays the program's, whichever allocation it is that fails. */
static void survives_failing_allocations(void **state)
{
    (void)state;
    enum { COUNT = 600, FAILING = 512 }; /* where the scope needs room for more handles */
    float memory[2] = {0};
    static lender lenders[COUNT];
    for (size_t nth = 1;; nth++) {
        accel_scope *scope = accel_scope_begin();
        size_t failures = 0, made = 0;
        for (int i = 0; i < COUNT; i++) {
            lenders[i] = (lender){.data = memory};
            memory_fail_at(i == FAILING ? nth : 0);
            if (accel_tensor_wrap(memory, ACCEL_FLOAT32, ACCEL_SHAPE(2), .release = release,
                                  .user = &lenders[i]))
                made++;
            else
                failures++;
            memory_fail_at(0);
            accel_error_clear();
        }
        accel_scope_end(scope);
        assert_int_equal(made + failures, COUNT);
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(lenders[i].releases, i == FAILING && failures ? 0 : 1);
        if (failures == 0) {
            assert_true(nth > 2);
            return;
        }
    }
}

static void options_have_one_default(void **state)
{
    (void)state;
    accel_tensor_wrap_options plain = accel_tensor_wrap_options_default(), seen = {.struct_size = 0};
#define accel_tensor_wrap_with(data, dtype, sizes, rank, options) (seen = *(options))
    (void)accel_tensor_wrap(NULL, ACCEL_INT8, ACCEL_SHAPE(1));
#undef accel_tensor_wrap_with
    assert_int_equal(plain.struct_size, sizeof plain);
    EXPECT_SAME_MEMBER(plain, seen, struct_size);
    EXPECT_SAME_MEMBER(plain, seen, strides);
    EXPECT_SAME_MEMBER(plain, seen, release);
    EXPECT_SAME_MEMBER(plain, seen, user);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shares_both_ways),
        TEST(wraps_every_dtype),
        TEST(follows_strides),
        TEST(is_released_after_its_last_user),
        TEST(is_released_after_autograd),
        TEST(is_released_on_any_thread),
        TEST(refuses_memory),
        TEST(survives_failing_allocations),
        TEST(options_have_one_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
