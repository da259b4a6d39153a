#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>

#include <cmocka.h>

#include "safetensors/weight_name.h"

static void makes_names(void **state)
{
    char name[WEIGHT_NAME];
    (void)state;
    assert_string_equal(weight_name_whole(name, WEIGHT_SAFETENSORS), "model.safetensors");
    assert_string_equal(weight_name_whole(name, WEIGHT_PICKLE), "pytorch_model.bin");
    assert_string_equal(weight_name_index(name, WEIGHT_SAFETENSORS), "model.safetensors.index.json");
    assert_string_equal(weight_name_index(name, WEIGHT_PICKLE), "pytorch_model.bin.index.json");
    assert_string_equal(weight_name_shard(name, WEIGHT_SAFETENSORS, 1, 12), "model-00001-of-00012.safetensors");
    assert_string_equal(weight_name_shard(name, WEIGHT_PICKLE, 12, 12), "pytorch_model-00012-of-00012.bin");
}

static void knows_its_own(void **state)
{
    char name[WEIGHT_NAME];
    (void)state;
    for (weight_form form = 0; form < WEIGHT_FORMS; form++) {
        assert_true(weight_name_is_own(weight_name_whole(name, form)));
        assert_int_equal(weight_name_shards(form, name), 0);
        assert_true(weight_name_is_own(weight_name_index(name, form)));
        assert_int_equal(weight_name_shards(form, name), 0);
        assert_true(weight_name_is_own(weight_name_shard(name, form, 3, 99999)));
        assert_int_equal(weight_name_shards(form, name), 99999);
        assert_int_equal(weight_name_shards(!form, name), 0);
    }
}

static void knows_no_others(void **state)
{
    static const char *const names[] = {
        "",
        "model",
        "model.bin",
        "pytorch_model.safetensors",
        "my_model.safetensors",
        "model_1.safetensors",
        "model.safetensors.index",
        "model.safetensors.index.json.1",
        "model.safetensors~",
        "a/model.safetensors",
        "model-00001-of-2.safetensors",
        "model-00001-of-000002.safetensors",
        "model-1-of-00002.safetensors",
        "model-00001-of-0000x.safetensors",
        "model-00001-of- 0002.safetensors",
        "model-00001-of-00002",
        "model-00001-of-00002.bin",
        "model-00001-of-00002.safetensors.1",
        "model-00001-of-00002.safetensors.index.json",
        "model-00000-of-00000.safetensors",
        "model-00001-of-0000",
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (weight_name_is_own(names[i]))
            fail_msg("\"%s\" is taken for a file of weights", names[i]);
}

static void knows_endings(void **state)
{
    (void)state;
    assert_true(weight_name_is_index("a/b.index.json") && weight_name_is_index(".index.json"));
    assert_false(weight_name_is_index("index.json") || weight_name_is_index("a.index.json/b"));
    assert_true(weight_name_is_pickle("a.bin") && weight_name_is_pickle("a.pt") &&
                weight_name_is_pickle("a.pth") && weight_name_is_pickle("a/b.pkl"));
    assert_false(weight_name_is_pickle("a.safetensors") || weight_name_is_pickle("bin") ||
                 weight_name_is_pickle("a.bin.index.json") || weight_name_is_pickle(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_names),
        cmocka_unit_test(knows_its_own),
        cmocka_unit_test(knows_no_others),
        cmocka_unit_test(knows_endings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
