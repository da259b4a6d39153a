/* Collective calls on dicts of tensors, and on what differs in size from process to process. */
#include "ranks.h"

static accelerator *start(void) { return accelerator_create(.timeout = 60); }

/* What a nested structure {"a": {"x", "y"}, "b"} is here: names with dots. */
static accel_dict *own_dict(int rank)
{
    accel_dict *dict = accel_dict_create();
    accel_dict_set(dict, "a.x", accel_full(rank, ACCEL_FLOAT32, ACCEL_SHAPE(1, 2)));
    accel_dict_set(dict, "a.y", accel_full(10 + rank, ACCEL_FLOAT64, ACCEL_SHAPE(2)));
    accel_dict_set(dict, "b", accel_scalar(100 + rank, ACCEL_FLOAT32));
    return dict;
}

/* ---- the same call on every entry ---- */

static int calls_on_dicts(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc), P = accelerator_num_processes(acc);
    accel_dict *own = own_dict(rank), *all = accelerator_gather_dict(acc, own);
    CHECK(accel_dict_count(all) == 3 && strcmp(accel_dict_name(all, 0), "a.x") == 0);
    CHECK(accel_tensor_size(accel_get(all, "a.x"), 0) == P &&
          accel_tensor_numel(accel_get(all, "a.y")) == 2 * P);
    CHECK(accel_tensor_dtype(accel_get(all, "a.y")) == ACCEL_FLOAT64);
    CHECK(accel_tensor_rank(accel_get(all, "b")) == (P > 1)); /* as in the reference */
    CHECK(accel_item(accel_max(accel_get(all, "b"))) == 100 + P - 1);
    accel_dict *sum = accelerator_reduce_dict(acc, own),
               *mean = accelerator_reduce_dict(acc, own, .reduction = "mean"),
               *scaled = accelerator_reduce_dict(acc, own, .scale = 0.5);
    const double total = P * 100 + P * (P - 1) / 2.0;
    CHECK(accel_item(accel_get(sum, "b")) == total &&
          fabs(accel_item(accel_get(mean, "b")) - total / P) < 1e-4);
    CHECK(accel_item(accel_get(scaled, "b")) == total / 2 && accel_item(accel_get(own, "b")) == 100 + rank);
    CHECK(accelerator_broadcast_dict(acc, own, P - 1) == ACCEL_OK);
    CHECK(accel_item(accel_get(own, "b")) == 100 + P - 1 && all_are(accel_get(own, "a.x"), P - 1));
    accel_dict *none = accelerator_gather_dict(acc, accel_dict_create());
    CHECK(none && accel_dict_count(none) == 0);
    return accelerator_finish(acc);
}

static int gathers_for_metrics(void *user)
{
    enum { SAMPLES = 7, BATCH = 2 };
    (void)user;
    accelerator *acc = start();
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x", accel_arange(SAMPLES));
    accel_dict_set(data, "twice", accel_mul_scalar(accel_arange(SAMPLES), 2));
    accel_loader *loader = accel_loader_create(accel_tensor_dataset(data), .batch_size = BATCH);
    accelerator_prepare(acc, loader);
    int64_t seen = 0;
    double sum = 0;
    accel_for_each (batch, loader) {
        accel_dict *all = accelerator_gather_for_metrics_dict(acc, batch);
        seen += accel_tensor_numel(accel_get(all, "x"));
        CHECK(accel_tensor_numel(accel_get(all, "x")) == accel_tensor_numel(accel_get(all, "twice")));
        sum += accel_item(accel_to_dtype(accel_sum(accel_get(all, "twice")), ACCEL_FLOAT64));
    }
    CHECK(seen == SAMPLES && sum == 2 * 21);
    return accelerator_finish(acc);
}

/* What differs is the same error everywhere, and the next call works. */
static int compares(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc);
    bool odd = rank == 1;
    accel_try(err) {
        accel_dict *dict = own_dict(rank);
        if (odd)
            accel_dict_remove(dict, "b");
        CHECK(err && !accelerator_gather_dict(acc, dict));
        CHECK_ERROR(ACCEL_EMISMATCH, "the dict");
        CHECK(strstr(accel_error_text(), "\"b\"") != NULL);
    }
    accel_try(err) {
        accel_dict *dict = accel_dict_create();
        accel_dict_set(dict, odd ? "y" : "x", accel_arange(2));
        accel_dict_set(dict, odd ? "x" : "y", accel_arange(2));
        CHECK(err && !accelerator_reduce_dict(acc, dict));
        CHECK_ERROR(ACCEL_EMISMATCH, "\"x\"");
    }
    accel_try(err) {
        accel_dict *dict = own_dict(rank);
        accel_dict_set(dict, "a.y", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(odd ? 3 : 2)));
        CHECK(err && !accelerator_gather_dict(acc, dict));
        CHECK_ERROR(ACCEL_EMISMATCH, "float32 (2,)");
        CHECK(strstr(accel_error_text(), "[in entry \"a.y\"]") != NULL);
    }
    accel_try(err) {
        accel_dict *dict = own_dict(rank);
        accel_dict_set(dict, "b", accel_ones(odd ? ACCEL_FLOAT64 : ACCEL_FLOAT32, ACCEL_SHAPE(2)));
        CHECK(err && accelerator_broadcast_dict(acc, dict, 0) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EMISMATCH, "float64 (2,)");
    }
    accel_try(err) {
        CHECK(err && !accelerator_gather_dict(acc, odd ? NULL : own_dict(rank)));
        CHECK(accel_error_status() == ACCEL_EINVAL && strstr(accel_error_text(), "NULL") != NULL);
    }
    accel_try(err) {
        if (odd)
            accelerator_gather(acc, accel_arange(2));
        else
            accelerator_gather_dict(acc, own_dict(rank));
        CHECK(err);
        CHECK_ERROR(ACCEL_EMISMATCH, "accelerator_gather_dict");
    }
    accel_dict *all = accelerator_gather_dict(acc, own_dict(rank));
    CHECK(accel_dict_count(all) == 3);
    return accelerator_finish(acc);
}

static void calls(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++) {
        run_in(processes, calls_on_dicts);
        run_in(processes, gathers_for_metrics);
    }
    run_in(2, compares);
    run_in(3, compares);
}

/* ---- sizes that differ ---- */

/* Source of what is expected: pad_across_processes of two processes. */
static int pads(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc), P = accelerator_num_processes(acc);
    accel_tensor *own = accel_full(7, ACCEL_INT64, ACCEL_SHAPE(2, 1 + rank));
    accel_tensor *same = accelerator_pad_across_processes(acc, own);
    CHECK(accel_tensor_size(same, 1) == 1 + rank && accel_tensor_data(same) == accel_tensor_data(own));
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

static int pads_dicts(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc), P = accelerator_num_processes(acc);
    accel_dict *dict = accel_dict_create();
    accel_dict_set(dict, "ids", accel_ones(ACCEL_INT64, ACCEL_SHAPE(2, 3 + rank)));
    accel_dict_set(dict, "labels", accel_ones(ACCEL_INT64, ACCEL_SHAPE(2)));
    accel_dict *padded = accelerator_pad_dict_across_processes(acc, dict, .dim = 1, .pad_index = 9);
    CHECK(accel_tensor_size(accel_get(padded, "ids"), 1) == 3 + P - 1);
    CHECK(accel_item_integer(accel_sum(accel_get(padded, "ids"))) == 2 * (3 + rank) + 2 * 9 * (P - 1 - rank));
    CHECK(accel_tensor_rank(accel_get(padded, "labels")) == 1);
    return accelerator_finish(acc);
}

/* Dimensions that some process does not have: it keeps its tensor, and a gather says what differs. */
static int pads_other_ranks(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc);
    accel_tensor *own =
        rank == 0 ? accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2, 5)) : accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2));
    accel_tensor *padded = accelerator_pad_across_processes(acc, own, .dim = 1);
    CHECK(accel_tensor_rank(padded) == (rank == 0 ? 2 : 1));
    accel_try(err) {
        CHECK(err && !accelerator_gather(acc, padded));
        CHECK_ERROR(ACCEL_EMISMATCH, "float32 (2, 5)");
    }
    accel_try(err) {
        CHECK(err && !accelerator_pad_across_processes(acc, rank == 0 ? NULL : own));
        CHECK(accel_error_status() == ACCEL_EINVAL && strstr(accel_error_text(), "tensor is NULL") != NULL);
    }
    return accelerator_finish(acc);
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
    accel_try(err) {
        CHECK(err && !accelerator_gather_bytes(acc, NULL, rank == 0 ? 3 : 0, NULL));
        CHECK(accel_error_is_set());
    }
    accelerator_finish(acc);
    return 0;
}

static void sizes_differ(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++) {
        run_in(processes, pads);
        run_in(processes, pads_dicts);
        run_in(processes, gathers_bytes);
    }
    run_in(2, pads_other_ranks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls),
        cmocka_unit_test(sizes_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
