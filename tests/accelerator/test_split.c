/* Shares of work as Accelerate deals them out, and marks that all processes see. */
#include "ranks.h"

#include <jansson.h>

static bool is_part(accel_tensor *part, json_t *expected)
{
    size_t count = json_array_size(expected);
    if (!part || accel_tensor_dtype(part) != ACCEL_INT64 || accel_tensor_rank(part) != 2 ||
        accel_tensor_size(part, 0) != (int64_t)count || accel_tensor_size(part, 1) != 2)
        return false;
    for (size_t i = 0; i < count; i++)
        if (accel_item_integer(accel_select(accel_select(part, 0, (int64_t)i), 0, 1)) !=
            json_integer_value(json_array_get(expected, i)))
            return false;
    return true;
}

/* Rows (n, n). */
static accel_tensor *rows(int64_t count)
{
    accel_tensor *tensor = accel_zeros(ACCEL_INT64, ACCEL_SHAPE(count, 2));
    int64_t *data = accel_tensor_data(tensor);
    for (int64_t i = 0; i < 2 * count; i++)
        data[i] = i / 2;
    return tensor;
}

static int split_one(accelerator *acc, json_t *row)
{
    bool padding = json_is_true(json_object_get(row, "padding"));
    int64_t count = json_integer_value(json_object_get(row, "count")), begin = -1, end = -1;
    json_t *expected = json_array_get(json_object_get(row, "parts"), (size_t)accelerator_process_index(acc));
    CHECK(json_is_array(expected) || (padding && count == 0)); /* where Accelerate fails, the part is empty */
    CHECK(is_part(accelerator_split_tensor(acc, rows(count), .apply_padding = padding), expected));
    accel_dict *dict = accel_dict_create();
    accel_dict_set(dict, "a", rows(count));
    accel_dict_set(dict, "b", rows(count));
    accel_dict *parts = accelerator_split_dict(acc, dict, .apply_padding = padding);
    CHECK(accel_dict_count(parts) == 2 && is_part(accel_get(parts, "a"), expected));
    CHECK(is_part(accel_get(parts, "b"), expected) && accel_tensor_size(accel_get(dict, "a"), 0) == count);
    if (padding)
        return 0;
    CHECK(accelerator_split_range(acc, count, &begin, &end) == ACCEL_OK);
    CHECK(end - begin == (int64_t)json_array_size(expected));
    CHECK(end == begin || begin == json_integer_value(json_array_get(expected, 0)));
    return 0;
}

static int splits(void *user)
{
    char path[4096];
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    snprintf(path, sizeof path, "%s/split/split.json", getenv("ACCEL_TEST_ORACLE"));
    json_t *table = json_load_file(path, 0, NULL);
    int compared = 0;
    for (size_t i = 0; i < json_array_size(table); i++) {
        json_t *row = json_array_get(table, i);
        if (json_integer_value(json_object_get(row, "processes")) != accelerator_num_processes(acc))
            continue;
        CHECK(split_one(acc, row) == 0);
        compared++;
    }
    CHECK(compared == 72); /* 12 lengths, padded or not, of three kinds */
    json_decref(table);
    return accelerator_finish(acc);
}

static int refuses(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create();
    int64_t begin, end;
    accel_try(err) {
        CHECK(err && accelerator_split_range(acc, -1, &begin, &end) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EINVAL, "count must not be negative, got -1");
    }
    accel_try(err) {
        CHECK(err && accelerator_split_range(acc, 1, &begin, NULL) != ACCEL_OK);
        CHECK_ERROR(ACCEL_EINVAL, "end is NULL");
    }
    accel_try(err) {
        CHECK(err && !accelerator_split_tensor(acc, accel_scalar(1, ACCEL_FLOAT32)));
        CHECK_ERROR(ACCEL_EINVAL, "tensor has no dimension to split");
    }
    accel_try(err) {
        accel_dict *uneven = accel_dict_create();
        accel_dict_set(uneven, "a", rows(3));
        accel_dict_set(uneven, "b", rows(4));
        CHECK(err && !accelerator_split_dict(acc, uneven));
        CHECK_ERROR(ACCEL_EINVAL, "\"a\" has 3 rows, \"b\" has 4");
    }
    accel_try(err) {
        accel_dict *flat = accel_dict_create();
        accel_dict_set(flat, "loss", accel_scalar(1, ACCEL_FLOAT32));
        CHECK(err && !accelerator_split_dict(acc, flat));
        CHECK_ERROR(ACCEL_EINVAL, "loss has no dimension to split");
    }
    accel_try(err) {
        CHECK(err && !accelerator_split_tensor(acc, NULL));
        CHECK_ERROR(ACCEL_EINVAL, "accelerator_split_tensor: tensor is NULL");
    }
    accel_try(err) {
        CHECK(err && !accelerator_split_dict(acc, NULL));
        CHECK_ERROR(ACCEL_EINVAL, "accelerator_split_dict: dict is NULL");
    }
    CHECK(accel_dict_count(accelerator_split_dict(acc, accel_dict_create())) == 0 && !accel_error_is_set());
    return accelerator_finish(acc);
}

/* A part without padding is a view. */
static int shares_storage(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create();
    accel_tensor *whole = rows(4), *part = accelerator_split_tensor(acc, whole);
    CHECK(accel_tensor_data(part) == accel_tensor_data(whole));
    return accelerator_finish(acc);
}

/* Whatever the dtype, and where there is nothing: the shape of a part is that of the whole but for its rows. */
static int keeps_dtype_and_shape(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    static const accel_dtype dtypes[] = {ACCEL_UINT8, ACCEL_FLOAT16, ACCEL_BFLOAT16, ACCEL_FLOAT64,
                                         ACCEL_BOOLEAN};
    bool main = accelerator_is_main_process(acc);
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        for (int pads = 0; pads < 2; pads++) {
            accel_tensor *whole = accel_ones(dtypes[i], ACCEL_SHAPE(1, 3, 0, 2)),
                         *part = accelerator_split_tensor(acc, whole, .apply_padding = pads);
            CHECK(part && accel_tensor_dtype(part) == dtypes[i] && accel_tensor_rank(part) == 4);
            CHECK(accel_tensor_size(part, 0) == (main || pads) && accel_tensor_size(part, 1) == 3 &&
                  accel_tensor_size(part, 3) == 2);
        }
    int64_t begin, end;
    CHECK(accelerator_split_range(acc, INT64_MAX, &begin, &end) == ACCEL_OK);
    CHECK(main ? begin == 0 : begin > 0);
    CHECK(accelerator_is_last_process(acc) == (end == INT64_MAX));
    return accelerator_finish(acc);
}

static void deals_out(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 4; processes++)
        run_in(processes, splits);
    run_in(3, keeps_dtype_and_shape);
    run_in(1, refuses);
    run_in(1, shares_storage);
}

/* ---- marks ---- */

static int triggers(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    int processes = accelerator_num_processes(acc), rank = accelerator_process_index(acc);
    CHECK(!accelerator_check_trigger(acc));
    for (int who = 0; who < processes; who++) {
        if (rank == who)
            CHECK(accelerator_set_trigger(acc) == ACCEL_OK);
        CHECK(accelerator_check_trigger(acc));
        CHECK(!accelerator_check_trigger(acc));
    }
    accelerator_set_trigger(acc);
    accelerator_set_trigger(acc);
    CHECK(accelerator_check_trigger(acc) && !accelerator_check_trigger(acc));
    if (rank != 1) /* all but one */
        accelerator_set_trigger(acc);
    CHECK(accelerator_check_trigger(acc) && !accelerator_check_trigger(acc));
    return accelerator_finish(acc);
}

static void marks(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++)
        run_in(processes, triggers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deals_out),
        cmocka_unit_test(marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
