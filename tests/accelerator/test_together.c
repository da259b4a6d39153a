/* What processes do together, in real processes. */
#include "ranks.h"

static bool is_shape(accel_tensor *tensor, size_t rank, int64_t d0, int64_t d1)
{
    return tensor && accel_tensor_rank(tensor) == rank && accel_tensor_size(tensor, 0) == d0 &&
           (rank < 2 || accel_tensor_size(tensor, 1) == d1);
}

/* ---- gather ---- */

static const accel_dtype dtypes[] = {ACCEL_UINT8,   ACCEL_INT8,    ACCEL_INT16,   ACCEL_INT32,
                                     ACCEL_INT64,   ACCEL_FLOAT16, ACCEL_FLOAT32, ACCEL_FLOAT64,
                                     ACCEL_BOOLEAN, ACCEL_BFLOAT16};

/* Small ones travel with the call, large ones after it. */
static int gather_every_dtype(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int64_t P = accelerator_num_processes(acc), rank = accelerator_process_index(acc);
    static const int64_t lengths[] = {0, 1, 7, 4000};
    for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++)
        for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++)
            accel_scoped() {
                const int64_t N = lengths[n];
                accel_tensor *own = near(acc, accel_full((double)(rank % 2), dtypes[d], ACCEL_SHAPE(N, 2)));
                accel_tensor *all = accelerator_gather(acc, own);
                CHECK(is_shape(all, 2, P * N, 2) && accel_tensor_dtype(all) == dtypes[d]);
                accel_tensor *rows =
                    accel_to_dtype(accel_sum(accel_to_dtype(all, ACCEL_FLOAT64)), ACCEL_FLOAT64);
                CHECK(accel_item(rows) == (double)(P / 2 * N * 2));
                for (int64_t r = 0; r < P && N > 0; r++) {
                    accel_tensor *part = accel_op("aten::slice.Tensor", all, 0, r * N, (r + 1) * N);
                    CHECK(all_are(accel_to_dtype(part, ACCEL_FLOAT32), (double)(r % 2)));
                }
            }
    return accelerator_finish(acc);
}

static int gather_odd_tensors(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int P = accelerator_num_processes(acc), rank = accelerator_process_index(acc);
    accel_tensor *scalars = accelerator_gather(acc, near(acc, accel_scalar(rank, ACCEL_FLOAT32)));
    CHECK(is_shape(scalars, 1, P, 0) && accel_item(accel_max(scalars)) == P - 1);
    accel_tensor *six = near(acc, accel_arange(6)),
                 *turned = accel_op("aten::t", accel_op("aten::reshape", six, ACCEL_INTS(2, 3)));
    accel_tensor *rows = accelerator_gather(acc, turned); /* with gaps */
    CHECK(is_shape(rows, 2, 3 * P, 2));
    CHECK(accel_item(accel_op("aten::select.int", accel_op("aten::select.int", rows, 0, 1), 0, 1)) == 4);
    accel_tensor *w = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2)));
    accel_set_requires_grad(w, true);
    CHECK(!accel_requires_grad(accelerator_gather(acc, accel_square(w))));
    return accelerator_finish(acc);
}

static void gathers(void **state)
{
    (void)state;
    run_in(2, gather_every_dtype);
    run_in(3, gather_every_dtype);
    run_in(1, gather_every_dtype);
    run_in(3, gather_odd_tensors);
}

/* ---- reduce, broadcast ---- */

static int reduce_and_broadcast(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int P = accelerator_num_processes(acc), rank = accelerator_process_index(acc);
    double sum = P * (P + 1) / 2.0;
    for (int64_t N = 1; N <= 5000; N *= 5000)
        for (int i = 0; i < 6; i++) {
            static const accel_dtype reduced[] = {ACCEL_FLOAT32, ACCEL_FLOAT64, ACCEL_INT64,
                                                  ACCEL_INT32,   ACCEL_INT16,   ACCEL_INT8};
            bool floating = accel_dtype_is_floating(reduced[i]);
            accel_tensor *own = near(acc, accel_full(rank + 1, reduced[i], ACCEL_SHAPE(N, 1)));
            accel_tensor *total = accelerator_reduce(acc, own);
            CHECK(is_shape(total, 2, N, 1) && accel_tensor_dtype(total) == reduced[i] && all_are(total, sum));
            CHECK(all_are(own, rank + 1)); /* as it was */
            if (floating)
                CHECK(all_are(accelerator_reduce(acc, own, .reduction = "mean", .scale = 4), 4 * sum / P));
            for (int root = 0; root < P; root++) {
                accel_tensor *other = near(acc, accel_full(rank + 1, reduced[i], ACCEL_SHAPE(N, 1)));
                CHECK(accelerator_broadcast(acc, other, root) == ACCEL_OK && all_are(other, root + 1));
            }
        }
    CHECK(accelerator_wait_for_everyone(acc) == ACCEL_OK);
    return accelerator_finish(acc);
}

static void reduces_and_broadcasts(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++)
        run_in(processes, reduce_and_broadcast);
}

/* A refusal that all processes come to by themselves leaves the group as it was. */
static int refuse_together(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    accel_try(err) {
        CHECK(!accelerator_reduce(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2)), .reduction = NULL) && err);
        CHECK_ERROR(ACCEL_EINVAL, "accelerator_reduce: reduction is NULL; there is sum, mean");
    }
    accel_try(err) {
        CHECK(!accelerator_reduce(acc, accel_ones(ACCEL_INT64, ACCEL_SHAPE(2)), .reduction = "mean") && err);
        CHECK_ERROR(ACCEL_EINVAL,
                    "accelerator_reduce: tensor has dtype int64, a mean or a scale needs a floating one");
    }
    return accelerator_finish(acc);
}

/* What the engine makes and no call can send is refused in the name of that call. */
static int refuse_odd_tensors(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    const char *whose = accelerator_process_index(acc) == 0 ? "" : "process 0: ";
    accel_tensor *odd[] = {accel_op("aten::view_as_complex", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 2))),
                           accel_op("aten::to_sparse", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 2)))};
    static const char *const words[] = {"tensor has none of the dtypes of accel_dtype", "tensor is sparse"};
    static const char *const calls[] = {"accelerator_gather", "accelerator_reduce", "accelerator_broadcast"};
    for (int i = 0; i < 2; i++)
        for (int c = 0; c < 3; c++) {
            char expected[128];
            snprintf(expected, sizeof expected, "%s: %s%s", calls[c], whose, words[i]);
            accel_try(err) {
                if (c == 0)
                    accelerator_gather(acc, odd[i]);
                else if (c == 1)
                    accelerator_reduce(acc, odd[i]);
                else
                    accelerator_broadcast(acc, odd[i], 0);
                CHECK(err);
                CHECK_ERROR(ACCEL_EUNSUPPORTED, expected);
            }
        }
    return accelerator_finish(acc);
}

static int differ(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int64_t rank = accelerator_process_index(acc);
    accel_tensor *pair = near(acc, accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2)));
    accel_try(err) {
        CHECK(!accelerator_gather(acc, near(acc, accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2 + rank)))) && err);
        CHECK_ERROR(ACCEL_EMISMATCH, "process 0 calls accelerator_gather of float32 (2,), process 1 calls "
                                     "accelerator_gather of float32 (3,)");
    }
    accel_try(err) {
        CHECK(accelerator_broadcast(acc, pair, (int)rank) != ACCEL_OK && err);
        CHECK_ERROR(ACCEL_EMISMATCH, "accelerator_broadcast: from_process is 0 in process 0, 1 in process 1");
    }
    accel_try(err) {
        CHECK(!accelerator_reduce(acc, pair, .scale = (double)rank + 1) && err);
        CHECK_ERROR(ACCEL_EMISMATCH, "accelerator_reduce: scale is 1 in process 0, 2 in process 1");
    }
    accel_try(err) {
        CHECK(!accelerator_reduce(acc, pair, .reduction = rank == 0 ? "sum" : "mean") && err);
        CHECK_ERROR(ACCEL_EMISMATCH,
                    "accelerator_reduce: reduction is \"sum\" in process 0, \"mean\" in process 1");
    }
    accel_try(err) { /* a call without data is named alone */
        if (rank == 0)
            accelerator_wait_for_everyone(acc);
        else
            accelerator_gather(acc, pair);
        CHECK(err);
        CHECK_ERROR(ACCEL_EMISMATCH, "process 0 calls accelerator_wait_for_everyone, process 1 calls "
                                     "accelerator_gather of float32 (2,)");
    }
    accel_try(err) { /* what one cannot do fails in all */
        CHECK(!accelerator_gather(acc, rank == 1 ? NULL : pair) && err);
        CHECK_ERROR(ACCEL_EINVAL, rank == 1 ? "accelerator_gather: tensor is NULL"
                                            : "accelerator_gather: process 1: tensor is NULL");
    }
    accel_try(err) {
        CHECK(accelerator_prepare_items(acc, NULL, rank == 1) != ACCEL_OK && err);
        CHECK_ERROR(ACCEL_EINVAL, "items is NULL");
    }
    CHECK(is_shape(accelerator_gather(acc, pair), 1, 2 * accelerator_num_processes(acc), 0)); /* goes on */
    return accelerator_finish(acc);
}

static void says_the_same_in_all_processes(void **state)
{
    (void)state;
    run_in(1, refuse_together);
    run_in(2, refuse_odd_tensors);
    run_in(2, differ);
}

/* ---- one accelerator after another ---- */

static int again(void *user)
{
    (void)user;
    for (int i = 0; i < 6; i++) {
        accelerator *acc = accelerator_create(.timeout = 60);
        CHECK(all_are(accelerator_reduce(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(3))), 2));
        CHECK(accelerator_finish(acc) == 0);
    }
    CHECK(accel_live_handles() == 0);
    return 0;
}

static void begins_again(void **state)
{
    (void)state;
    run_in(2, again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathers),
        cmocka_unit_test(reduces_and_broadcasts),
        cmocka_unit_test(says_the_same_in_all_processes),
        cmocka_unit_test(begins_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
