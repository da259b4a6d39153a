/* Collective calls on dicts of tensors. */
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
    accel_dict *own = accel_dict_to_device(own_dict(rank), accelerator_device(acc)),
               *all = accelerator_gather_dict(acc, own);
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
    if (P == 1) { /* nothing travels: whatever accelerator_gather takes */
        accel_dict_set(own, "c",
                       accel_op("aten::view_as_complex", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 2))));
        CHECK(accelerator_gather_dict(acc, own));
    }
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
        CHECK_ERROR(ACCEL_EMISMATCH,
                    "accelerator_gather_dict: the dict differs between processes: process 0 has \"a.y\" "
                    "float32 (2,), process 1 has \"a.y\" float32 (3,)");
    }
    accel_try(err) {
        accel_dict *dict = own_dict(rank);
        accel_dict_set(dict, "b", accel_ones(odd ? ACCEL_FLOAT64 : ACCEL_FLOAT32, ACCEL_SHAPE(2)));
        CHECK(err && accelerator_broadcast_dict(acc, dict, 0) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EMISMATCH, "float64 (2,)");
    }
    accel_try(err) {
        CHECK(err && !accelerator_gather_dict(acc, odd ? NULL : own_dict(rank)));
        CHECK_ERROR(ACCEL_EINVAL, odd ? "accelerator_gather_dict: dict is NULL"
                                      : "accelerator_gather_dict: process 1: dict is NULL");
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

/* Nothing has moved when the last entry turns out to differ, or to be impossible in one process. */
static int moves_all_or_nothing(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc);
    accel_tensor *row = accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2));
    accel_tensor *odd[] = {
        accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2 + rank)),
        rank == 1 ? accel_expand(accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1)), ACCEL_SHAPE(2)) : row,
        rank == 1 ? accel_op("aten::view_as_complex", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, 2))) : row,
        rank == 1 ? accel_op("aten::to_sparse", row) : row,
        rank == 1 ? accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(2, 1, 1, 1, 1, 1, 1, 1, 1)) : row};
    static const char *const words[] = {"process 1 has \"z\" float32 (3,)", "are the same memory",
                                        "none of the dtypes of accel_dtype", "tensor is sparse",
                                        "tensor has 9 dimensions, at most 8 can be sent"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        accel_try(err) {
            accel_dict *dict = own_dict(rank);
            accel_dict_set(dict, "z", odd[i]);
            CHECK(err && accelerator_broadcast_dict(acc, dict, 0) != ACCEL_OK);
            CHECK(strstr(accel_error_text(), words[i]) &&
                  strstr(accel_error_text(), "accelerator_broadcast_dict: "));
            CHECK(i == 0 || strstr(accel_error_text(), "[in entry \"z\"]"));
            accel_error_clear();
            CHECK(accel_item(accel_get(dict, "b")) == 100 + rank);
        }
    CHECK(accelerator_broadcast_dict(acc, own_dict(rank), 0) == ACCEL_OK);
    return accelerator_finish(acc);
}

/* Names that print alike are not the same, and there may be any number of them. */
static int compares_names(void *user)
{
    (void)user;
    accelerator *acc = start();
    int rank = accelerator_process_index(acc);
    static const char *const names[2][4] = {{"x\"\n\"y", "z", "\\n", "n"}, {"x", "y\"\n\"z", "\n", "\n"}};
    static const int cases[][2] = {{0, 2}, {1, 2}, {2, 3}, {3, 4}}; /* from, until */
    for (int c = 0; c < 4; c++)
        accel_try(err) {
            accel_dict *dict = accel_dict_create();
            for (int i = cases[c][0]; i < cases[c][1]; i++)
                accel_dict_set(dict, names[rank > 0][i], accel_scalar(i, ACCEL_FLOAT32));
            CHECK(err && !accelerator_pad_dict_across_processes(acc, dict));
            CHECK_ERROR(ACCEL_EMISMATCH, "accelerator_pad_dict_across_processes: the dict differs");
        }
    accel_dict *many = accel_dict_create();
    for (int i = 0; i < 500; i++) {
        char name[32];
        snprintf(name, sizeof name, "layer.%d.weight", i);
        accel_dict_set(many, name, accel_scalar(i, ACCEL_FLOAT32));
    }
    accel_dict *sum = accelerator_reduce_dict(acc, many);
    CHECK(accel_dict_count(sum) == 500);
    CHECK(accel_item(accel_get(sum, "layer.499.weight")) == 499 * accelerator_num_processes(acc));
    accel_try(err) {
        if (rank == 1)
            accel_dict_set(many, "layer.499.weight", accel_ones(ACCEL_INT64, ACCEL_SHAPE(1)));
        CHECK(err && !accelerator_gather_dict(acc, many));
        CHECK_ERROR(ACCEL_EMISMATCH, "process 0 has \"layer.499.weight\" float32 (), process 1 has "
                                     "\"layer.499.weight\" int64 (1,)");
    }
    return accelerator_finish(acc);
}

/* One process leaves its loop in the middle of a step of two micro-batches, and meets the others' backward pass. */
static int leaves_the_loop_early(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60, .gradient_accumulation_steps = 2);
    int rank = accelerator_process_index(acc), batches = 0;
    accel_module *model = accel_linear(2, 1);
    accel_optimizer *optimizer = accel_sgd(model, .lr = 0.1);
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(5 * accelerator_num_processes(acc), 2)));
    accel_loader *loader = accel_loader_create(accel_tensor_dataset(data));
    accelerator_prepare(acc, model, optimizer, loader);
    accel_for_each (batch, loader) {
        accelerator_accumulate(acc, model) {
            accelerator_backward(acc, accel_mean(accel_forward(model, accel_get(batch, "x"))));
            accel_optimizer_step(optimizer);
            accel_optimizer_zero_grad(optimizer);
        }
        batches++;
        if (rank == 1 && batches == 3)
            break;
    }
    CHECK(batches == (rank == 1 ? 3 : 4));
    CHECK(!accelerator_gather_dict(acc, data));
    CHECK(strstr(accel_error_text(), "process 1 calls accelerator_gather_dict") &&
          strstr(accel_error_text(), "calls accelerator_backward"));
    accelerator_finish(acc);
    return 0;
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
    run_in(2, moves_all_or_nothing);
    run_in(3, moves_all_or_nothing);
    run_in(2, compares_names);
    run_in(2, leaves_the_loop_early);
    run_in(3, leaves_the_loop_early);
}

/* ---- sizes that differ ---- */

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
    accel_try(err) {
        accel_dict_set(dict, "labels", accel_ones(rank == 0 ? ACCEL_INT64 : ACCEL_INT32, ACCEL_SHAPE(2)));
        CHECK(err && (P == 1 || !accelerator_pad_dict_across_processes(acc, dict, .dim = 1)));
        CHECK(P == 1 || accel_error_status() == ACCEL_EMISMATCH);
        CHECK(P == 1 || strstr(accel_error_text(), "1-dimensional tensor of int32 [in entry \"labels\"]"));
    }
    return accelerator_finish(acc);
}

static void sizes_differ(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++) {
        run_in(processes, pads_dicts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls),
        cmocka_unit_test(sizes_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
