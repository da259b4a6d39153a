/* Tensors made of one size as Accelerate does it, and bytes that differ in number. */
#include "ranks.h"

#include <jansson.h>

static accelerator *start(void) { return accelerator_create(.timeout = 60); }

/* ---- padding ---- */

static bool is_same(accel_tensor *a, accel_tensor *b)
{
    if (!a || !b || accel_tensor_dtype(a) != accel_tensor_dtype(b) ||
        accel_tensor_rank(a) != accel_tensor_rank(b))
        return false;
    for (size_t i = 0; i < accel_tensor_rank(a); i++)
        if (accel_tensor_size(a, (int)i) != accel_tensor_size(b, (int)i))
            return false;
    size_t bytes = accel_tensor_bytes(a);
    return bytes == 0 || memcmp(data_of(a), data_of(b), bytes) == 0;
}

static int pads_case(accelerator *acc, accel_dict *tensors, size_t index, json_t *how)
{
    char name[32];
    int rank = accelerator_process_index(acc);
    snprintf(name, sizeof name, "%zu.%d.in", index, rank);
    accel_tensor *own = near(acc, accel_get(tensors, name));
    accel_tensor *padded =
        accelerator_pad_across_processes(acc, own, .dim = (int)json_integer_value(json_object_get(how, "dim")),
                                         .pad_index = json_number_value(json_object_get(how, "pad_index")),
                                         .pad_first = json_is_true(json_object_get(how, "pad_first")));
    snprintf(name, sizeof name, "%zu.%d.out", index, rank);
    CHECK(is_same(padded, accel_get(tensors, name)));
    return 0;
}

static int pads(void *user)
{
    (void)user;
    accelerator *acc = start();
    char path[4096];
    const char *folder = getenv("ACCEL_TEST_ORACLE");
    snprintf(path, sizeof path, "%s/pad/pad.json", folder);
    json_t *cases = json_load_file(path, 0, NULL);
    snprintf(path, sizeof path, "%s/pad/pad.safetensors", folder);
    accel_dict *tensors = accel_load(path);
    int compared = 0;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *how = json_array_get(cases, i);
        if (json_integer_value(json_object_get(how, "processes")) != accelerator_num_processes(acc))
            continue;
        CHECK(pads_case(acc, tensors, i, how) == 0);
        compared++;
    }
    CHECK(compared == 80);
    json_decref(cases);
    return accelerator_finish(acc);
}

static int pads_by_hand(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc), P = accelerator_num_processes(acc);
    accel_tensor *own = near(acc, accel_full(7, ACCEL_INT64, ACCEL_SHAPE(2, 1 + rank)));
    accel_tensor *same = accelerator_pad_across_processes(acc, own);
    CHECK(accel_tensor_size(same, 1) == 1 + rank &&
          accel_tensor_device_data(same) == accel_tensor_device_data(own));
    accel_tensor *padded = accelerator_pad_across_processes(acc, own, .dim = 1, .pad_index = -100);
    CHECK(accel_tensor_size(padded, 0) == 2 && accel_tensor_size(padded, 1) == P);
    CHECK(accel_tensor_dtype(padded) == ACCEL_INT64);
    CHECK(accel_item_integer(accel_sum(padded)) == 2 * (7 * (1 + rank) - 100 * (P - 1 - rank)));
    CHECK(accel_item_integer(accel_select(accel_select(padded, 0, 0), 0, 0)) == 7);
    accel_tensor *first = accelerator_pad_across_processes(acc, own, .dim = -1, .pad_first = true);
    CHECK(accel_tensor_size(first, 1) == P);
    CHECK(accel_item_integer(accel_select(accel_select(first, 0, 1), 0, P - 1)) == 7);
    CHECK(accel_item_integer(accel_select(accel_select(first, 0, 1), 0, 0)) == (rank == P - 1 ? 7 : 0));
    CHECK(accel_tensor_size(accelerator_pad_across_processes(acc, own, .dim = 5), 1) == 1 + rank);
    CHECK(accel_tensor_size(accelerator_pad_across_processes(acc, own, .dim = -3), 1) == 1 + rank);
    CHECK(accel_tensor_rank(accelerator_pad_across_processes(acc, accel_scalar(1, ACCEL_FLOAT32))) == 0);
    accel_tensor *rows = accelerator_gather(acc, padded);
    CHECK(accel_tensor_size(rows, 0) == 2 * P);
    return accelerator_finish(acc);
}

/* What the processes ask for is compared, and what cannot be done fails in all of them, whether they have to pad or not. */
static int refuses_padding(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc);
    accel_tensor *row = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2 + rank)),
                 *table = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2, 5)),
                 *integers = accel_ones(ACCEL_INT64, ACCEL_SHAPE(2 + rank));
    accel_try(err) { /* the last dimension of one is not that of the other */
        CHECK(err && !accelerator_pad_across_processes(acc, rank == 0 ? table : row, .dim = -1));
        CHECK_ERROR(ACCEL_EMISMATCH,
                    "accelerator_pad_across_processes: what is padded differs between processes: process "
                    "0 has a 2-dimensional tensor of float32, process 1 has a 1-dimensional tensor");
    }
    accel_try(err) {
        CHECK(err && !accelerator_pad_across_processes(acc, rank == 0 ? integers : row));
        CHECK_ERROR(ACCEL_EMISMATCH,
                    "1-dimensional tensor of int64, process 1 has a 1-dimensional tensor of float32");
    }
    accel_try(err) {
        CHECK(err && !accelerator_pad_across_processes(acc, table, .dim = rank));
        CHECK_ERROR(ACCEL_EMISMATCH, "process 0 has dim 0, pad_index 0, pad_first 0, process 1 has dim 1,");
    }
    accel_try(err) {
        CHECK(err && !accelerator_pad_across_processes(acc, row, .pad_index = 0.1 * rank, .pad_first = true));
        CHECK_ERROR(ACCEL_EMISMATCH, "process 0 has dim 0, pad_index 0, pad_first 1");
    }
    accel_try(err) {
        CHECK(err && !accelerator_pad_across_processes(acc, integers, .pad_index = 0.5));
        CHECK_ERROR(ACCEL_EINVAL, "pad_index is 0.5, which dtype int64 cannot hold");
    }
    accel_try(err) {
        accel_tensor *bytes = accel_to_dtype(integers, ACCEL_UINT8);
        CHECK(err && !accelerator_pad_across_processes(acc, bytes, .pad_index = -100));
        CHECK_ERROR(ACCEL_EINVAL, "pad_index is -100, which dtype uint8 cannot hold");
    }
    accel_try(err) {
        CHECK(err && !accelerator_pad_across_processes(acc, rank == 0 ? NULL : row));
        CHECK_ERROR(ACCEL_EINVAL, rank == 0 ? "accelerator_pad_across_processes: tensor is NULL"
                                            : "accelerator_pad_across_processes: process 0: tensor is NULL");
    }
    CHECK(accel_tensor_size(accelerator_pad_across_processes(acc, row), 0) ==
          1 + accelerator_num_processes(acc)); /* goes on */
    return accelerator_finish(acc);
}

/* float16 has no 1e9, float32 has NaN, booleans stay what they are, and views are padded as they look. */
static int pads_odd_tensors(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc), P = accelerator_num_processes(acc);
    accel_tensor *own = near(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1 + rank)));
    accel_try(err) {
        CHECK(err &&
              !accelerator_pad_across_processes(acc, accel_to_dtype(own, ACCEL_FLOAT16), .pad_index = 1e9));
        CHECK_ERROR(ACCEL_EINVAL, "pad_index is 1e+09, which dtype float16 cannot hold");
    }
    accel_tensor *padded = accelerator_pad_across_processes(acc, own, .pad_index = (double)NAN);
    CHECK(accel_tensor_size(padded, 0) == P);
    CHECK(isnan(accel_item(accel_select(padded, 0, P - 1))) == (rank != P - 1));
    accel_tensor *truths = accelerator_pad_across_processes(acc, accel_to_dtype(own, ACCEL_BOOLEAN));
    CHECK(accel_tensor_dtype(truths) == ACCEL_BOOLEAN);
    CHECK(accel_item_integer(accel_sum(accel_to_dtype(truths, ACCEL_INT64))) == 1 + rank);
    accel_tensor *turned = accel_op("aten::t", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(3, 1 + rank)));
    CHECK(accel_item(accel_sum(accelerator_pad_across_processes(acc, turned))) == 3 * (1 + rank));
    return accelerator_finish(acc);
}

static void makes_sizes_the_same(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++) {
        run_in(processes, pads);
        run_in(processes, pads_by_hand);
    }
    run_in(2, refuses_padding);
    run_in(3, refuses_padding);
    run_in(2, pads_odd_tensors);
}

/* ---- bytes ---- */

static size_t size_of(int rank, int turn)
{
    static const size_t sizes[][4] = {{0, 0, 0, 0}, {5, 0, 1, 2}, {0, 1 << 20, 3, 0}, {1, 2, 3, 4}};
    return sizes[turn][rank];
}

static unsigned char byte_at(int rank, size_t i) { return (unsigned char)(31 * (size_t)rank + i * 7 + 1); }

static int gathers_bytes(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc), P = accelerator_num_processes(acc);
    for (int turn = 0; turn < 4; turn++) {
        size_t own = size_of(rank, turn), sizes[4], offset = 0;
        unsigned char *data = malloc(own + 1);
        CHECK(data);
        for (size_t i = 0; i < own; i++)
            data[i] = byte_at(rank, i);
        accel_tensor *all = accelerator_gather_bytes(acc, own ? data : NULL, own, turn == 3 ? NULL : sizes);
        free(data);
        CHECK(all && accel_tensor_dtype(all) == ACCEL_UINT8 && accel_tensor_rank(all) == 1);
        const unsigned char *got = accel_tensor_data(all);
        for (int r = 0; r < P; r++) {
            CHECK(turn == 3 || sizes[r] == size_of(r, turn));
            for (size_t i = 0; i < size_of(r, turn); i++)
                CHECK(got[offset + i] == byte_at(r, i));
            offset += size_of(r, turn);
        }
        CHECK((size_t)accel_tensor_numel(all) == offset);
    }
    return accelerator_finish(acc);
}

/* What one cannot do fails in all, another call is none of its parts, and the next one works. */
static int refuses_bytes(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc);
    size_t sizes[4];
    accel_try(err) {
        CHECK(err && !accelerator_gather_bytes(acc, NULL, rank == 0 ? 3 : 0, NULL));
        CHECK_ERROR(ACCEL_EINVAL, rank == 0 ? "accelerator_gather_bytes: data is NULL, size is 3"
                                            : "accelerator_gather_bytes: process 0: data is NULL, size is 3");
    }
    accel_try(err) {
        CHECK(err && !accelerator_gather_bytes(acc, "abc", rank == 0 ? SIZE_MAX : 3, NULL));
        CHECK_ERROR(ACCEL_EINVAL, "size is 18446744073709551615, at most 2147483647 bytes can be sent");
    }
    accel_try(err) {
        if (rank == 0)
            CHECK(!accelerator_gather_bytes(acc, "abc", 3, sizes));
        else
            CHECK(!accelerator_gather(acc, accel_ones(ACCEL_INT64, ACCEL_SHAPE(1))));
        CHECK(err);
        CHECK_ERROR(ACCEL_EMISMATCH,
                    "process 0 calls accelerator_gather_bytes, process 1 calls accelerator_gather of int64");
    }
    accel_tensor *all = accelerator_gather_bytes(acc, "abc", (size_t)(rank + 1), sizes);
    CHECK(accel_tensor_numel(all) >= 3 && sizes[0] == 1 && sizes[1] == 2);
    CHECK(memcmp(accel_tensor_data(all), "aab", 3) == 0);
    return accelerator_finish(acc);
}

static void gathers_all_bytes(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++)
        run_in(processes, gathers_bytes);
    run_in(2, refuses_bytes);
    run_in(3, refuses_bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_sizes_the_same),
        cmocka_unit_test(gathers_all_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
