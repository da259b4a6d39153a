#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <accel/checkpoint.h>
#include <accel/collective.h>
#include <accel/init.h>
#include <accel/log.h>
#include <accel/model.h>
#include <accel/options.h>

#include "models/bert.h"
#include "models/model_config.h"
#include "models/tokenizer_files.h"

static const char loading[] = "accel_model_from_pretrained", saving[] = "accel_model_save_pretrained";

/* A family: how its models are built, and how the names in its files relate to theirs. */
typedef struct family {
    const char *model_type, *architecture;
    const char *prefix; /* of the names without the head; files of the bare model lack it */
    accel_module *(*create)(model_config *c, int64_t num_labels, void (*release)(void *user));
    const model_config *(*config_of)(const void *user); /* what `create` was given; NULL for another's user */
    const char *const *optional;                        /* prefixes of weights that may be missing */
} family;

static const char *const bert_optional[] = {"bert.pooler.", "classifier.", NULL};

static const family families[] = {
    {"bert", BERT_ARCHITECTURE, "bert.", bert_create, bert_config, bert_optional},
};

enum { FAMILIES = sizeof families / sizeof families[0] };

static const family *find_family(const model_config *c)
{
    const char *type = model_config_string(c, "model_type", NULL);
    for (int i = 0; type && i < FAMILIES; i++)
        if (strcmp(families[i].model_type, type) == 0)
            return &families[i];
    if (type)
        accel_error_raise(ACCEL_EUNSUPPORTED, loading, "%s: \"model_type\" is \"%s\"; bert is supported",
                          c->path, type);
    else
        accel_error_raise(ACCEL_EFORMAT, loading, "%s: has no \"model_type\"", c->path);
    return NULL;
}

/* ---- names ---- */

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_optional(const family *f, const char *name)
{
    for (const char *const *prefix = f->optional; *prefix; prefix++)
        if (starts_with(name, *prefix))
            return true;
    return false;
}

/* The model's name of a weight in a file: with the prefix, and with the names that old files use brought up to date. */
static void name_in_model(const family *f, const char *in_file, bool add_prefix, char *name, size_t size)
{
    static const struct {
        const char *old, *current;
    } renamed[] = {{".gamma", ".weight"}, {".beta", ".bias"}};
    snprintf(name, size, "%s%s", add_prefix ? f->prefix : "", in_file);
    for (size_t i = 0; i < sizeof renamed / sizeof renamed[0]; i++) {
        size_t length = strlen(name), tail = strlen(renamed[i].old);
        if (length > tail && strcmp(name + length - tail, renamed[i].old) == 0)
            snprintf(name + length - tail, size - length + tail, "%s", renamed[i].current);
    }
}

static bool has_prefix(const family *f, accel_dict *file)
{
    for (size_t i = 0; i < accel_dict_count(file); i++)
        if (starts_with(accel_dict_name(file, i), f->prefix))
            return true;
    return false;
}

/* The file's weights under the model's names: new. */
static accel_dict *rename_all(const family *f, accel_dict *file)
{
    bool add_prefix = !has_prefix(f, file);
    accel_dict *renamed = accel_dict_create();
    for (size_t i = 0; i < accel_dict_count(file); i++) {
        char name[512];
        name_in_model(f, accel_dict_name(file, i), add_prefix, name, sizeof name);
        accel_dict_set(renamed, name, accel_dict_tensor(file, i));
    }
    return renamed;
}

/* ---- weights in ---- */

/* What transformers does with a weight that no file has. */
static void initialise(const model_config *c, accel_tensor *tensor, const char *name)
{
    if (accel_tensor_rank(tensor) > 1)
        accel_init_normal(tensor, 0, model_config_real(c, "initializer_range", 0.02, 0, 1000));
    else
        accel_init_constant(tensor, 0);
    accel_log_local_main_line(
        ACCEL_LOG_WARNING, "%s: \"%s\" is not in the checkpoint and was newly initialised: train it before use",
        loading, name);
}

/* "(2, 3)" into `text`. Returns `text`. */
static const char *shape_text(accel_tensor *tensor, char *text, size_t size)
{
    int used = snprintf(text, size, "(");
    for (int i = 0; i < (int)accel_tensor_rank(tensor) && used < (int)size - 24; i++)
        used += snprintf(text + used, size - (size_t)used, "%s%lld", i ? ", " : "",
                         (long long)accel_tensor_size(tensor, i));
    snprintf(text + used, size - (size_t)used, ")");
    return text;
}

static accel_status check_shape(accel_tensor *own, accel_tensor *given, const char *name, const char *path)
{
    enum { ROOM = 128 };
    char expected[ROOM], got[ROOM];
    if (strcmp(shape_text(own, expected, ROOM), shape_text(given, got, ROOM)) == 0)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EFORMAT, loading, "%s: \"%s\" has shape %s, the configuration says %s", path,
                             name, got, expected);
}

/* Every weight of the model is there in its shape, or initialised where the family allows. */
static void complete(const family *f, const model_config *c, accel_dict *own, accel_dict *weights,
                     const char *path)
{
    for (size_t i = 0; i < accel_dict_count(own) && !accel_error_is_set(); i++) {
        const char *name = accel_dict_name(own, i);
        accel_tensor *tensor = accel_dict_tensor(own, i);
        if (accel_dict_has(weights, name))
            check_shape(tensor, accel_dict_get(weights, name), name, path);
        else if (is_optional(f, name))
            initialise(c, tensor, name);
        else
            accel_error_raise(ACCEL_ENOTFOUND, loading, "%s: has no weight \"%s\"", path, name);
    }
}

/* Old files hold the numbers of the positions, which are no weights. */
static bool is_worth_a_word(const char *name)
{
    static const char positions[] = ".position_ids";
    size_t length = strlen(name), tail = sizeof positions - 1;
    return length < tail || strcmp(name + length - tail, positions) != 0;
}

/* Takes out what the model does not have, and says so. */
static void reduce(accel_dict *own, accel_dict *weights, const char *path)
{
    size_t left_alone = 0;
    char example[512] = "";
    for (size_t i = accel_dict_count(weights); i-- > 0;) {
        const char *name = accel_dict_name(weights, i);
        if (accel_dict_has(own, name))
            continue;
        if (is_worth_a_word(name)) {
            snprintf(example, sizeof example, "%s", name);
            left_alone++;
        }
        accel_dict_remove(weights, name);
    }
    if (left_alone > 0)
        accel_log_line(ACCEL_LOG_WARNING,
                       "%s: %s: %zu tensors are not weights of this model and were left alone, such as \"%s\"",
                       loading, path, left_alone, example);
}

static accel_status load_weights(const family *f, const model_config *c, accel_module *model,
                                 const char *folder)
{
    accel_scoped() {
        accel_dict *file = accel_load(folder);
        accel_dict *weights = rename_all(f, file);
        accel_dict *own = accel_state_dict(model);
        reduce(own, weights, folder);
        complete(f, c, own, weights, folder);
        accel_load_state_dict(model, weights, .strict = false);
    }
    return accel_error_status();
}

/* ---- the model ---- */

static void release_config(void *user)
{
    model_config_dispose(user);
    free(user);
}

accel_model_options accel_model_options_default(void) { return (accel_model_options){ACCEL_MODEL_DEFAULTS()}; }

static int64_t labels_wanted(const accel_model_options *o, const model_config *c)
{
    int64_t wanted = o->num_labels ? o->num_labels : model_config_labels(c);
    if (wanted == 0)
        wanted = 2;
    if (wanted < 2 || wanted > MODEL_CONFIG_LABELS_MAX)
        accel_error_raise(ACCEL_EINVAL, loading, "num_labels must be in [2, %d], got %lld",
                          MODEL_CONFIG_LABELS_MAX, (long long)wanted);
    return wanted;
}

/* The model that the configuration describes, which owns it; NULL leaves it to the caller. */
static accel_module *build(const family *f, model_config *c, const accel_model_options *o)
{
    int64_t num_labels = labels_wanted(o, c);
    if (accel_error_is_set() || model_config_describe(c, f->architecture, num_labels) != ACCEL_OK)
        return NULL;
    return f->create(c, num_labels, release_config);
}

static accel_status check_arguments(const char *folder, const accel_model_options *o)
{
    if (!folder)
        return accel_error_raise(ACCEL_EINVAL, loading, "folder is NULL");
    if (!o->task)
        return accel_error_raise(ACCEL_EUNSUPPORTED, loading,
                                 "task is NULL; sequence-classification is supported");
    if (strcmp(o->task, "sequence-classification") != 0)
        return accel_error_raise(ACCEL_EUNSUPPORTED, loading,
                                 "task is \"%s\"; sequence-classification is supported", o->task);
    return ACCEL_OK;
}

accel_module *accel_model_from_pretrained_with(const char *folder, const accel_model_options *options)
{
    if (accel_error_is_set())
        return NULL;
    accel_model_options o = accel_model_options_default();
    if (accel_options_read(loading, &o, sizeof o, options) != ACCEL_OK ||
        check_arguments(folder, &o) != ACCEL_OK)
        return NULL;
    model_config *c = calloc(1, sizeof *c);
    if (!c)
        return accel_error_raise(ACCEL_ENOMEM, loading, "no memory for a configuration"), NULL;
    const family *f = model_config_read(c, folder) == ACCEL_OK ? find_family(c) : NULL;
    accel_module *model = f ? build(f, c, &o) : NULL;
    if (!model) {
        release_config(c);
        return NULL;
    }
    if (load_weights(f, c, model, folder) == ACCEL_OK)
        return model;
    accel_free(model);
    return NULL;
}

/* ---- weights out ---- */

/* The configuration of a model that this room made. */
static const model_config *config_of(accel_module *model)
{
    const char *type = accel_module_type(model);
    for (int i = 0; type && i < FAMILIES; i++) {
        const model_config *c = families[i].config_of(accel_module_user(model));
        if (c)
            return c;
    }
    accel_error_raise(ACCEL_EINVAL, saving, "a %s is not a pretrained model", type ? type : "module");
    return NULL;
}

accel_status accel_model_save_pretrained_with(accel_module *model, const char *folder,
                                              const accel_save_state_dict_options *options)
{
    if (accel_error_is_set())
        return accel_error_status();
    accel_save_state_dict_options o = {ACCEL_SAVE_PRETRAINED_DEFAULTS()};
    if (accel_options_read(saving, &o, sizeof o, options) != ACCEL_OK)
        return accel_error_status();
    if (!folder || !*folder)
        return accel_error_raise(ACCEL_EINVAL, saving, "folder is %s", folder ? "empty" : "NULL");
    const model_config *c = config_of(model);
    if (!c)
        return accel_error_status();
    accel_scoped() {
        accel_save_state_dict_with(accel_state_dict(model), folder, &o);
    }
    if (!accel_error_is_set() && model_config_write(c, folder) == ACCEL_OK)
        tokenizer_files_copy(c->folder, folder);
    return accel_error_status();
}

accel_status accelerator_save_pretrained_with(accelerator *acc, accel_module *model, const char *folder,
                                              const accel_save_state_dict_options *options)
{
    if (accel_error_is_set()) /* from before: the group is told */
        return accelerator_wait_for_everyone(acc);
    if (accelerator_is_main_process(acc))
        accel_model_save_pretrained_with(model, folder, options);
    return accelerator_share_error(acc);
}
