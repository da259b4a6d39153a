/* Folders of models: what is taken from them, what is initialised, what is refused, and what is written. */
#include <jansson.h>

#include "base/file.h"
#include "models/tiny.h"

/* ---- the log ---- */

static char log_text[8192];

static void keep_line(accel_log_level level, const char *line, void *user)
{
    (void)user;
    size_t used = strlen(log_text);
    if (level == ACCEL_LOG_WARNING)
        snprintf(log_text + used, sizeof log_text - used, "%s\n", line);
}

static accel_module *load_logged(const char *config, accel_dict *weights)
{
    log_text[0] = '\0';
    accel_log_set_callback(keep_line, NULL);
    accel_module *model = load_tiny(config, weights);
    accel_log_set_callback(NULL, NULL);
    return model;
}

#define WARNING_NEW                                                                                            \
    "accel_model_from_pretrained: \"%s\" is not in the checkpoint and was newly initialised: train it before " \
    "use\n"

/* ---- weights in ---- */

/* The model's state is those weights, name by name. */
static void expect_weights(accel_module *model, accel_dict *weights)
{
    expect_no_failure();
    accel_dict *state = accel_state_dict(model);
    for (size_t i = 0; i < accel_dict_count(weights); i++)
        accel_scoped() {
            const char *name = accel_dict_name(weights, i);
            assert_true(largest_difference(accel_get(state, name), accel_dict_tensor(weights, i)) == 0);
        }
}

static void takes_weights_by_name(void **state)
{
    (void)state;
    accel_dict *weights = tiny_weights("bert.", 2);
    accel_module *model = load_logged(CONFIG, weights);
    expect_weights(model, weights);
    assert_int_equal(accel_dict_count(accel_state_dict(model)), accel_dict_count(weights));
    assert_string_equal(log_text, "");
    assert_true(accel_is_training(model));
    assert_string_equal(accel_module_type(model), "BertForSequenceClassification");
}

static void takes_weights_of_the_bare_encoder(void **state)
{
    (void)state;
    int64_t seed = 5;
    accel_set_seed((uint64_t)seed);
    accel_dict *prefixed = tiny_weights("bert.", 0);
    accel_set_seed((uint64_t)seed);
    accel_module *model = load_logged(CONFIG, tiny_weights("", 0));
    expect_weights(model, prefixed);
    char expected[512];
    snprintf(expected, sizeof expected, WARNING_NEW WARNING_NEW, "classifier.weight", "classifier.bias");
    assert_string_equal(log_text, expected);
    setenv("LOCAL_RANK", "1", 1);
    load_logged(CONFIG, tiny_weights("", 0));
    unsetenv("LOCAL_RANK");
    assert_string_equal(log_text, ""); /* the first of the machine says it */
}

static void takes_names_of_old(void **state)
{
    (void)state;
    accel_dict *weights = tiny_weights("bert.", 2), *old = accel_dict_create();
    for (size_t i = 0; i < accel_dict_count(weights); i++) {
        char name[256];
        snprintf(name, sizeof name, "%s", accel_dict_name(weights, i));
        char *norm = strstr(name, "LayerNorm.");
        if (norm)
            strcpy(norm, strstr(name, ".bias") ? "LayerNorm.beta" : "LayerNorm.gamma");
        accel_dict_set(old, name, accel_dict_tensor(weights, i));
    }
    expect_weights(load_logged(CONFIG, old), weights);
    assert_string_equal(log_text, "");
}

static void converts_dtypes(void **state)
{
    (void)state;
    accel_dict *weights = tiny_weights("bert.", 2), *half = accel_dict_create(), *rounded = accel_dict_create();
    for (size_t i = 0; i < accel_dict_count(weights); i++) {
        accel_tensor *small =
            accel_to_dtype(accel_dict_tensor(weights, i), i % 2 ? ACCEL_FLOAT16 : ACCEL_BFLOAT16);
        accel_dict_set(half, accel_dict_name(weights, i), small);
        accel_dict_set(rounded, accel_dict_name(weights, i), accel_to_dtype(small, ACCEL_FLOAT32));
    }
    accel_module *model = load_tiny(CONFIG, half);
    expect_weights(model, rounded);
    assert_int_equal(accel_tensor_dtype(accel_module_tensor(model, "classifier.weight")), ACCEL_FLOAT32);
}

/* A missing pooler and head are drawn from the default generator, weights in the model's order, biases 0. */
static void initialises_pooler_and_head(void **state)
{
    (void)state;
    accel_dict *weights = tiny_weights("", 0);
    accel_dict_remove(weights, "pooler.dense.weight");
    accel_dict_remove(weights, "pooler.dense.bias");
    accel_set_seed(9);
    accel_module *model =
        load_logged("{\"model_type\": \"bert\", \"initializer_range\": 0.5, " CONFIG_BODY "}", weights);
    expect_no_failure();
    int64_t next = accel_generator_draw(NULL);
    accel_tensor *pooler = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(HIDDEN, HIDDEN));
    accel_tensor *head = accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(2, HIDDEN));
    accel_set_seed(9);
    accel_fill_normal(pooler, 0, 0.5, NULL);
    accel_fill_normal(head, 0, 0.5, NULL);
    assert_true(accel_generator_draw(NULL) == next);
    assert_true(largest_difference(accel_module_tensor(model, "bert.pooler.dense.weight"), pooler) == 0);
    assert_true(largest_difference(accel_module_tensor(model, "classifier.weight"), head) == 0);
    assert_true(accel_item(accel_max(accel_abs(accel_module_tensor(model, "classifier.bias")))) == 0);
    assert_true(accel_item(accel_max(accel_abs(accel_module_tensor(model, "bert.pooler.dense.bias")))) == 0);
    char expected[1024];
    snprintf(expected, sizeof expected, WARNING_NEW WARNING_NEW WARNING_NEW WARNING_NEW,
             "bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias");
    assert_string_equal(log_text, expected);
}

static void draws_nothing_when_nothing_is_missing(void **state)
{
    (void)state;
    accel_dict *weights = tiny_weights("bert.", 2);
    accel_set_seed(9);
    int64_t expected = accel_generator_draw(NULL);
    accel_set_seed(9);
    load_tiny(CONFIG, weights);
    expect_no_failure();
    assert_true(accel_generator_draw(NULL) == expected);
}

static void says_what_it_left_alone(void **state)
{
    (void)state;
    accel_dict *weights = tiny_weights("bert.", 2);
    accel_dict_set(weights, "bert.embeddings.position_ids", accel_arange(POSITIONS));
    expect_weights(load_logged(CONFIG, tiny_weights("bert.", 2)), accel_dict_create());
    assert_string_equal(log_text, "");
    accel_dict_set(weights, "bert.encoder.layer.2.output.dense.bias",
                   accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(HIDDEN)));
    accel_dict_set(weights, "cls.predictions.bias", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(VOCABULARY)));
    load_logged(CONFIG, weights);
    expect_no_failure();
    char expected[512];
    snprintf(expected, sizeof expected,
             "accel_model_from_pretrained: %s: 2 tensors are not weights of this model and were "
             "left alone, such as \"",
             folder);
    assert_int_equal(strncmp(log_text, expected, strlen(expected)), 0);
    assert_ptr_equal(strchr(log_text, '\n'), log_text + strlen(log_text) - 1);
}

static void refuses_weights_that_are_missing_or_misshapen(void **state)
{
    (void)state;
    accel_dict *weights = tiny_weights("bert.", 2);
    static const char name[] = "bert.encoder.layer.1.output.dense.bias";
    accel_tensor *whole = accel_retain(accel_get(weights, name));
    accel_dict_remove(weights, name);
    assert_null(load_tiny(CONFIG, weights));
    expect_folder_failure(ACCEL_ENOTFOUND, "accel_model_from_pretrained",
                          ": has no weight \"bert.encoder.layer.1.output.dense.bias\"");
    accel_dict_set(weights, name, accel_narrow(whole, 0, 0, 7));
    assert_null(load_tiny(CONFIG, weights));
    expect_folder_failure(ACCEL_EFORMAT, "accel_model_from_pretrained",
                          ": \"bert.encoder.layer.1.output.dense.bias\" has shape (7), the configuration "
                          "says (8)");
    accel_dict_set(weights, name, accel_unsqueeze(whole, 0));
    assert_null(load_tiny(CONFIG, weights));
    expect_folder_failure(ACCEL_EFORMAT, "accel_model_from_pretrained",
                          ": \"bert.encoder.layer.1.output.dense.bias\" has shape (1, 8), the "
                          "configuration says (8)");
    accel_dict_set(weights, name, whole);
    accel_dict_set(weights, "classifier.weight", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(3, HIDDEN)));
    assert_null(load_tiny(CONFIG, weights));
    expect_folder_failure(ACCEL_EFORMAT, "accel_model_from_pretrained",
                          ": \"classifier.weight\" has shape (3, 8), the configuration says (2, 8)");
    accel_release(whole);
}

/* ---- configurations ---- */

static void counts_labels(void **state)
{
    (void)state;
    static const struct {
        const char *config;
        int64_t asked, expected;
    } cases[] = {
        {CONFIG, 0, 2},
        {CONFIG, 7, 7},
        {"{\"model_type\": \"bert\", \"num_labels\": 4, " CONFIG_BODY "}", 0, 4},
        {"{\"model_type\": \"bert\", \"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": \"c\"}, " CONFIG_BODY
         "}",
         0, 3},
        {"{\"model_type\": \"bert\", \"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": \"c\"}, " CONFIG_BODY
         "}",
         5, 5},
    };
    accel_dict *weights = tiny_weights("", 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_text("config.json", cases[i].config);
        accel_save(weights, in_folder("model.safetensors"));
        accel_log_set_callback(keep_line, NULL);
        accel_module *model = accel_model_from_pretrained(folder, .num_labels = cases[i].asked);
        expect_no_failure();
        assert_int_equal(accel_tensor_size(accel_module_tensor(model, "classifier.weight"), 0),
                         cases[i].expected);
    }
}

static void refuses_configurations_it_cannot_follow(void **state)
{
    (void)state;
#define BERT_WITH(text) "{\"model_type\": \"bert\", " text ", " CONFIG_BODY "}"
    static const struct {
        const char *config;
        accel_status status;
        const char *expected;
    } cases[] = {
        {"", ACCEL_EFORMAT, ":1: '[' or '{' expected near end of file"},
        {"{\"a\": 1,}", ACCEL_EFORMAT, ":1: string or '}' expected near '}'"},
        {"[]", ACCEL_EFORMAT, ": is not a JSON object"},
        {"{\"a\": 1, \"a\": 2}", ACCEL_EFORMAT, ":1: duplicate object key near '\"a\"'"},
        {"{}", ACCEL_EFORMAT, ": has no \"model_type\""},
        {"{\"model_type\": 1}", ACCEL_EFORMAT, ": \"model_type\" is not a string"},
        {"{\"model_type\": \"gpt2\"}", ACCEL_EUNSUPPORTED, ": \"model_type\" is \"gpt2\"; bert is supported"},
        {"{\"model_type\": \"bert\", \"hidden_act\": \"silu\"}", ACCEL_EUNSUPPORTED,
         ": \"hidden_act\" is \"silu\"; gelu and relu are supported"},
        {BERT_WITH("\"position_embedding_type\": \"relative_key\""), ACCEL_EUNSUPPORTED,
         ": \"position_embedding_type\" is \"relative_key\"; absolute is supported"},
        {BERT_WITH("\"problem_type\": \"regression\""), ACCEL_EUNSUPPORTED,
         ": \"problem_type\" is \"regression\"; single_label_classification is supported"},
        {BERT_WITH("\"is_decoder\": true"), ACCEL_EUNSUPPORTED, ": decoders are not supported"},
        {BERT_WITH("\"layer_norm_eps\": \"small\""), ACCEL_EFORMAT, ": \"layer_norm_eps\" is not a number"},
        {BERT_WITH("\"layer_norm_eps\": -1"), ACCEL_EFORMAT, ": \"layer_norm_eps\" must be in [0, 1], got -1"},
        {"{\"model_type\": \"bert\", \"vocab_size\": 20.5}", ACCEL_EFORMAT,
         ": \"vocab_size\" is not an integer"},
        {"{\"model_type\": \"bert\", \"vocab_size\": 0}", ACCEL_EFORMAT,
         ": \"vocab_size\" must be in [1, 16777216], got 0"},
        {"{\"model_type\": \"bert\", \"vocab_size\": 5, \"pad_token_id\": 5}", ACCEL_EFORMAT,
         ": \"pad_token_id\" must be in [0, 4], got 5"},
        {"{\"model_type\": \"bert\", \"num_hidden_layers\": 100000}", ACCEL_EFORMAT,
         ": \"num_hidden_layers\" must be in [1, 1000], got 100000"},
        {"{\"model_type\": \"bert\", \"num_attention_heads\": 5}", ACCEL_EFORMAT,
         ": \"hidden_size\" 768 is not a multiple of \"num_attention_heads\" 5"},
        {"{\"model_type\": \"bert\", \"id2label\": []}", ACCEL_EFORMAT, ": \"id2label\" is not an object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        write_text("config.json", cases[i].config);
        assert_null(accel_model_from_pretrained(folder));
        snprintf(text, sizeof text, "/config.json%s", cases[i].expected);
        expect_folder_failure(cases[i].status, "accel_model_from_pretrained", text);
    }
}

static void names_what_is_not_there(void **state)
{
    (void)state;
    assert_null(accel_model_from_pretrained(folder));
    expect_folder_failure(ACCEL_ENOTFOUND, "accel_model_from_pretrained",
                          "/config.json: cannot be read: No such file or directory");
    write_text("config.json", CONFIG);
    assert_null(accel_model_from_pretrained(folder));
    expect_folder_failure(ACCEL_ENOTFOUND, "accel_load",
                          ": has neither model.safetensors nor pytorch_model.bin, nor an index of one");
    assert_null(accel_model_from_pretrained((const char *)NULL));
    expect_failure(ACCEL_EINVAL, "accel_model_from_pretrained: folder is NULL");
}

static void refuses_bad_options(void **state)
{
    (void)state;
    accel_module *model = load_tiny(CONFIG, tiny_weights("bert.", 2));
    assert_non_null(model);
    assert_null(accel_model_from_pretrained(folder, .task = "translation"));
    expect_failure(
        ACCEL_EUNSUPPORTED,
        "accel_model_from_pretrained: task is \"translation\"; sequence-classification is supported");
    assert_null(accel_model_from_pretrained(folder, .task = NULL));
    expect_failure(ACCEL_EUNSUPPORTED,
                   "accel_model_from_pretrained: task is NULL; sequence-classification is supported");
    static const struct {
        int64_t labels;
        const char *expected;
    } cases[] = {{1, "1"}, {-3, "-3"}, {(1 << 20) + 1, "1048577"}, {INT64_MAX, "9223372036854775807"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[256];
        snprintf(expected, sizeof expected,
                 "accel_model_from_pretrained: num_labels must be in [2, 1048576], got %s", cases[i].expected);
        assert_null(accel_model_from_pretrained(folder, .num_labels = cases[i].labels));
        expect_failure(ACCEL_EINVAL, expected);
    }
    accel_error_raise(ACCEL_EIO, "before", "first");
    assert_null(accel_model_from_pretrained(folder));
    assert_int_equal(accel_model_save_pretrained(model, in_folder("out")), ACCEL_EIO);
    assert_false(file_exists(in_folder("out")));
    expect_failure(ACCEL_EIO, "before: first");
    const accel_model_options by_macro = {ACCEL_MODEL_DEFAULTS()}, by_function = accel_model_options_default();
    assert_int_equal(by_macro.num_labels, by_function.num_labels);
    assert_string_equal(by_macro.task, by_function.task);
}

static void leaves_nothing_when_it_fails(void **state)
{
    (void)state;
    write_text("config.json", CONFIG);
    assert_int_equal(accel_save(tiny_weights("", 0), in_folder("model.safetensors")), ACCEL_OK);
    accel_log_set_callback(keep_line, NULL);
    size_t before = accel_live_handles();
    accel_module *model = NULL;
    for (size_t nth = 1; !model; nth += 1 + nth / 16) {
        assert_in_range(nth, 1, 20000);
        memory_fail_at(nth);
        model = accel_model_from_pretrained(folder);
        memory_fail_at(0);
        assert_int_equal(accel_error_status(), model ? ACCEL_OK : ACCEL_ENOMEM);
        accel_error_clear();
        assert_true(model || accel_live_handles() == before);
    }
}

/* ---- weights out ---- */

static json_t *read_config(const char *name)
{
    json_error_t error;
    json_t *root = json_load_file(in_folder(name), 0, &error);
    if (!root)
        fail_msg("%s:%d: %s", name, error.line, error.text);
    return root;
}

static void saves_what_it_loads_again(void **state)
{
    (void)state;
    accel_module *model = load_tiny(CONFIG, tiny_weights("bert.", 2));
    for (int round = 0; round < 2; round++) { /* the second replaces the first */
        accel_fill_in_place(accel_detach(accel_module_tensor(model, "classifier.bias")), 3 + round);
        assert_int_equal(accel_model_save_pretrained(model, in_folder("above/out/")), ACCEL_OK);
        accel_module *again = accel_model_from_pretrained(in_folder("above/out"));
        expect_weights(again, accel_state_dict(model));
    }
    remove(in_folder("above/out/config.json"));
    remove(in_folder("above/out/model.safetensors"));
    assert_int_equal(rmdir(in_folder("above/out")), 0); /* nothing else is there */
}

static void describes_what_it_saves(void **state)
{
    (void)state;
    write_text("config.json",
               "{\"model_type\": \"bert\", \"architectures\": [\"BertModel\"], \"torch_dtype\": \"float16\", "
               "\"custom\": {\"\\u00fc\": 1.5}, " CONFIG_BODY "}");
    accel_save(tiny_weights("", 0), in_folder("model.safetensors"));
    accel_log_set_callback(keep_line, NULL);
    accel_module *model = accel_model_from_pretrained(folder, .num_labels = 3);
    assert_int_equal(accel_model_save_pretrained(model, folder), ACCEL_OK);
    json_t *c = read_config("config.json"), *labels = json_object_get(c, "id2label");
    assert_string_equal(json_string_value(json_array_get(json_object_get(c, "architectures"), 0)),
                        "BertForSequenceClassification");
    assert_int_equal(json_object_size(labels), 3);
    assert_string_equal(json_string_value(json_object_get(labels, "2")), "LABEL_2");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(c, "label2id"), "LABEL_2")), 2);
    assert_string_equal(json_string_value(json_object_get(c, "dtype")), "float32");
    assert_null(json_object_get(c, "torch_dtype"));
    assert_int_equal(json_integer_value(json_object_get(c, "hidden_size")), HIDDEN);
    assert_true(json_real_value(json_object_get(json_object_get(c, "custom"), "\xc3\xbc")) == 1.5);
    assert_true(json_real_value(json_object_get(c, "hidden_dropout_prob")) == 0.1);
    json_decref(c);
}

static void keeps_the_names_of_labels(void **state)
{
    (void)state;
    accel_module *model =
        load_tiny("{\"model_type\": \"bert\", \"id2label\": {\"0\": \"bad\", \"1\": \"good\"}, "
                  "\"label2id\": {\"bad\": 0, \"good\": 1}, " CONFIG_BODY "}",
                  tiny_weights("bert.", 2));
    assert_int_equal(accel_model_save_pretrained(model, in_folder("out")), ACCEL_OK);
    json_t *c = read_config("out/config.json");
    assert_string_equal(json_string_value(json_object_get(json_object_get(c, "id2label"), "1")), "good");
    json_decref(c);
}

/* Every form of weights, and what lies beside them. */
static void saves_in_every_form(void **state)
{
    (void)state;
    static const char *const files[][2] = {{"model.safetensors", "model.safetensors.index.json"},
                                           {"pytorch_model.bin", "pytorch_model.bin.index.json"}};
    accel_module *model = load_tiny(CONFIG, tiny_weights("bert.", 2));
    write_text("tokenizer.json", "{}");
    write_text("vocab.txt", "a\nb\n");
    for (int i = 0; i < 4; i++) {
        accel_fill_in_place(accel_detach(accel_module_tensor(model, "classifier.bias")), 3 + i);
        assert_int_equal(accel_model_save_pretrained(model, in_folder("out"),
                                                     .max_shard_size = i % 2 ? "1KB" : "1GB",
                                                     .safe_serialization = i < 2),
                         ACCEL_OK);
        char name[64];
        snprintf(name, sizeof name, "out/%s", files[i / 2][i % 2]);
        assert_true(file_exists(in_folder(name)));
        snprintf(name, sizeof name, "out/%s", files[i / 2][!(i % 2)]);
        assert_false(file_exists(in_folder(name)));
        expect_weights(accel_model_from_pretrained(in_folder("out")), accel_state_dict(model));
    }
    size_t size = 0;
    char *vocabulary = file_read(in_folder("out/vocab.txt"), &size);
    assert_string_equal(vocabulary, "a\nb\n");
    memory_free(vocabulary);
    assert_true(file_exists(in_folder("out/tokenizer.json")));
    assert_false(file_exists(in_folder("out/merges.txt")));
}

static void refuses_what_it_cannot_save(void **state)
{
    (void)state;
    accel_module *model = load_tiny(CONFIG, tiny_weights("bert.", 2));
    write_text("file", "");
    accel_model_save_pretrained(model, in_folder("file"));
    expect_folder_failure(ACCEL_EIO, "", "/file: cannot be made a directory: File exists");
    accel_model_save_pretrained(model, in_folder("file/below"));
    expect_folder_failure(ACCEL_EIO, "", "/file: cannot be made a directory: File exists");
    accel_model_save_pretrained(model, NULL);
    expect_failure(ACCEL_EINVAL, "accel_model_save_pretrained: folder is NULL");
    accel_model_save_pretrained(model, "");
    expect_failure(ACCEL_EINVAL, "accel_model_save_pretrained: folder is empty");
    accel_model_save_pretrained(accel_linear(2, 2), in_folder("out"));
    expect_failure(ACCEL_EINVAL, "accel_model_save_pretrained: a Linear is not a pretrained model");
    accel_model_save_pretrained(NULL, in_folder("out"));
    assert_int_equal(accel_error_status(), ACCEL_EINVAL);
    accel_error_clear();
    assert_int_equal(mkdir(in_folder("out"), 0777), 0);
    assert_int_equal(mkdir(in_folder("out/config.json"), 0777), 0);
    accel_model_save_pretrained(model, in_folder("out"));
    expect_folder_failure(ACCEL_EIO, "accel_model_save_pretrained",
                          "/out/config.json: cannot be written: Is a directory");
}

/* A module of one's own may be called like one of ours. */
static void is_not_fooled_by_a_name(void **state)
{
    (void)state;
    int mine = 0;
    accel_module *impostor = accel_module_create(.type = "BertForSequenceClassification", .user = &mine);
    assert_int_equal(accel_model_save_pretrained(impostor, in_folder("out")), ACCEL_EINVAL);
    expect_failure(ACCEL_EINVAL,
                   "accel_model_save_pretrained: a BertForSequenceClassification is not a pretrained model");
}

static void only_the_main_process_saves(void **state)
{
    (void)state;
    accel_module *model = load_tiny(CONFIG, tiny_weights("bert.", 2));
    accelerator *acc = accelerator_create();
    assert_int_equal(accelerator_save_pretrained(acc, model, in_folder("out")), ACCEL_OK);
    assert_true(file_exists(in_folder("out/model.safetensors")));
    assert_int_equal(accelerator_save_pretrained(NULL, model, in_folder("other")), ACCEL_EINVAL);
    assert_false(file_exists(in_folder("other")));
    accel_error_clear();
    assert_int_equal(accelerator_finish(acc), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_weights_by_name),
        TEST(takes_weights_of_the_bare_encoder),
        TEST(takes_names_of_old),
        TEST(converts_dtypes),
        TEST(initialises_pooler_and_head),
        TEST(draws_nothing_when_nothing_is_missing),
        TEST(says_what_it_left_alone),
        TEST(refuses_weights_that_are_missing_or_misshapen),
        TEST(counts_labels),
        TEST(refuses_configurations_it_cannot_follow),
        TEST(names_what_is_not_there),
        TEST(refuses_bad_options),
        TEST(leaves_nothing_when_it_fails),
        TEST(saves_what_it_loads_again),
        TEST(saves_in_every_form),
        TEST(describes_what_it_saves),
        TEST(keeps_the_names_of_labels),
        TEST(refuses_what_it_cannot_save),
        TEST(is_not_fooled_by_a_name),
        TEST(only_the_main_process_saves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
