/* The logits of 64 held-out sentences against the reference's; and, as `test_logits FOLDER FILE`, those of any saved
 * model, for check_interchange.py. */
#include "parity/reviews.h"

enum { SENTENCES = 64 };

static const char *const inputs[] = {"input_ids", "attention_mask", "token_type_ids"};

/* The first held-out sentences in one batch with their logits, kept in the scope around the call's: new. */
static accel_dict *compute(const char *model_folder, const char *tokenizer_folder)
{
    accel_dict *result = accel_dict_create();
    accel_module *model = accel_model_from_pretrained(model_folder);
    accel_eval(model);
    accel_loader *loader =
        accel_loader_create(read_reviews(tokenizer_folder).held_out, .batch_size = SENTENCES, .num_workers = 0);
    accel_for_each (batch, loader) {
        accel_no_grad() {
            accel_dict_set(result, "logits", accel_get(accel_forward(model, batch), "logits"));
        }
        for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
            accel_dict_set(result, inputs[i], accel_get(batch, inputs[i]));
        break;
    }
    return result;
}

static void equal_the_reference(void **state)
{
    (void)state;
    accelerator *acc = accelerator_create();
    const char *folder = path_in("ACCEL_TEST_ORACLE", "parity/start_dropout01");
    accel_dict *ours = compute(folder, folder);
    accel_dict *expected = accel_load(path_in("ACCEL_TEST_ORACLE", "parity/logits_start.safetensors"));
    expect_no_failure();
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
        assert_true(
            accel_item(accel_all(accel_eq(accel_get(ours, inputs[i]), accel_get(expected, inputs[i])))) == 1);
    accel_tensor *apart = accel_sub(accel_get(ours, "logits"), accel_get(expected, "logits"));
    assert_int_equal(accel_tensor_numel(apart), SENTENCES * 2);
    double worst = accel_item(accel_max(accel_abs(apart)));
    print_message("logits are at most %.1e apart\n", worst);
    assert_true(worst <= 1e-5);
    assert_int_equal(accelerator_finish(acc), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(equal_the_reference)};
    if (argc == 1)
        return cmocka_run_group_tests(tests, NULL, NULL);
    accelerator *acc = accelerator_create();
    accel_save(compute(argv[1], path_in("ACCEL_TEST_DATA", "minilm")), argv[2]);
    return accelerator_finish(acc);
}
