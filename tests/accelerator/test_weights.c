/* Weights of prepared models in files, in one process and several. */
#include "ranks.h"

#include <unistd.h>

#include <accel/checkpoint.h>

static const char folder[] = "saved";

static accel_module *make_model(uint64_t seed)
{
    accel_set_seed(seed);
    return accel_sequential(accel_linear(4, 8), accel_linear(8, 2));
}

/* Whether both have the same weights. */
static bool are_same(accel_module *one, accel_module *other)
{
    accel_dict *a = accel_state_dict(one), *b = accel_state_dict(other);
    bool same = accel_dict_count(a) == accel_dict_count(b);
    for (size_t i = 0; same && i < accel_dict_count(a); i++) {
        accel_tensor *there = beside(accel_dict_tensor(b, i), accel_dict_get(a, accel_dict_name(b, i)));
        same = accel_item(accel_max(accel_abs(accel_sub(there, accel_dict_tensor(b, i))))) == 0;
    }
    return same;
}

/* The main process saves; every process can load when the call is over. */
static int saves_and_loads(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create();
    accel_module *model = make_model(3), *other = make_model(4);
    CHECK(accelerator_prepare(acc, model) == ACCEL_OK);
    CHECK(accelerator_save_model(acc, model, folder, .max_shard_size = "100") == ACCEL_OK);
    CHECK(access("saved/model.safetensors.index.json", F_OK) == 0);
    CHECK(!are_same(model, other));
    accel_device device = accelerator_device(acc);
    CHECK(accel_load_checkpoint_in_model(other, folder, .device = &device) == ACCEL_OK);
    CHECK(accel_device_is(accel_tensor_device(accel_dict_tensor(accel_state_dict(other), 0)), device));
    CHECK(are_same(model, other));
    CHECK(accelerator_wait_for_everyone(acc) == ACCEL_OK); /* who loads must not see the next save */
    CHECK(accelerator_save_model(acc, model, folder, .safe_serialization = false) == ACCEL_OK);
    CHECK(access("saved/pytorch_model.bin", F_OK) == 0);
    CHECK(access("saved/model.safetensors.index.json", F_OK) != 0);
    accel_module *third = make_model(5);
    CHECK(accel_load_checkpoint_in_model(third, "saved/pytorch_model.bin", .dtype = ACCEL_FLOAT64,
                                         .strict = true) == ACCEL_OK);
    CHECK(accel_tensor_dtype(accel_dict_tensor(accel_state_dict(third), 0)) == ACCEL_FLOAT64);
    CHECK(accelerator_save(acc, accel_state_dict(third), "third.pt") == ACCEL_OK);
    CHECK(accel_load_state_dict(other, accel_load("third.pt")) == ACCEL_OK);
    CHECK(are_same(model, other));
    return accelerator_finish(acc);
}

static void in_processes(void **state)
{
    (void)state;
    run_in(1, saves_and_loads);
    run_in(2, saves_and_loads);
}

/* What the main process cannot write is every process's failure, and costs them nothing else. */
static int fails_everywhere(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create();
    accel_module *model = make_model(3);
    CHECK(accelerator_prepare(acc, model) == ACCEL_OK);
    accel_dict *dict = accel_dict_create();
    accel_dict_set(dict, "x", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1)));
    for (int i = 0; i < 3; i++)
        accel_try(error) {
            if (i == 0)
                accelerator_save_model(acc, model, "/proc/nowhere");
            else if (i == 1)
                accelerator_save(acc, dict, "/proc/nowhere");
            else if (accelerator_is_main_process(acc))
                accel_save(dict, "/proc/nowhere");
            accelerator_share_error(acc);
            CHECK(strstr(accel_error_text(), "/proc/nowhere") != NULL);
        }
    accel_try(error) {
        accelerator_save_model(acc, model, accelerator_is_main_process(acc) ? "one" : "two");
        CHECK_ERROR(ACCEL_EMISMATCH, "where it is saved");
    }
    CHECK(accelerator_share_error(acc) == ACCEL_OK);
    CHECK(accelerator_wait_for_everyone(acc) == ACCEL_OK);
    return accelerator_finish(acc);
}

static void failures_are_everybodys(void **state)
{
    (void)state;
    run_in(2, fails_everywhere);
}

/* A name that is missing or too many, a shape, a file that is not there. */
static void says_what_does_not_fit(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *dict = accel_dict_create();
        accel_dict_set(dict, "0.weight", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(8, 4)));
        accel_dict_set(dict, "extra", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(1)));
        assert_int_equal(accel_save(dict, "part.bin"), ACCEL_OK);
        accel_module *model = make_model(1);
        assert_int_equal(accel_load_checkpoint_in_model(model, "part.bin"), ACCEL_OK);
        assert_int_equal(accel_load_checkpoint_in_model(model, "part.bin", .strict = true), ACCEL_ENOTFOUND);
        assert_non_null(
            strstr(accel_error_text(), "missing: \"0.bias\", \"1.weight\", \"1.bias\"; unexpected: \"extra\""));
        accel_error_clear();
        accel_dict_set(dict, "0.weight", accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(4, 8)));
        assert_int_equal(accel_save(dict, "part.bin"), ACCEL_OK);
        assert_int_equal(accel_load_checkpoint_in_model(model, "part.bin"), ACCEL_EINVAL);
        assert_non_null(strstr(accel_error_text(), "\"0.weight\" has shape (4, 8), the module's is (8, 4)"));
        accel_error_clear();
        assert_int_equal(accel_load_checkpoint_in_model(model, "part.bin", .dtype = ACCEL_BFLOAT16),
                         ACCEL_EINVAL);
        accel_error_clear();
        assert_int_equal(accel_tensor_dtype(accel_dict_tensor(accel_state_dict(model), 0)), ACCEL_FLOAT32);
        assert_int_equal(accel_load_checkpoint_in_model(model, "nowhere"), ACCEL_ENOTFOUND);
        accel_error_clear();
        assert_int_equal(accel_load_checkpoint_in_model(NULL, "part.bin"), ACCEL_EINVAL);
        accel_error_clear();
        assert_int_equal(accel_module_to_dtype(model, ACCEL_INT64), ACCEL_EINVAL);
        assert_string_equal(accel_error_text(),
                            "accel_module_to_dtype: dtype must be a floating one, got int64");
        accel_error_clear();
    }
}

static void options_have_one_default(void **state)
{
    (void)state;
    accel_load_checkpoint_options plain = accel_load_checkpoint_options_default(), seen;
#define accel_load_checkpoint_in_model_with(model, path, options) (seen = *(options))
    (void)accel_load_checkpoint_in_model(NULL, NULL);
    assert_int_equal(plain.struct_size, sizeof plain);
    assert_int_equal(plain.struct_size, seen.struct_size);
    assert_ptr_equal(plain.device, seen.device);
    assert_int_equal(plain.dtype, seen.dtype);
    assert_int_equal(plain.strict, seen.strict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_processes),
        cmocka_unit_test(failures_are_everybodys),
        cmocka_unit_test(says_what_does_not_fit),
        cmocka_unit_test(options_have_one_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
