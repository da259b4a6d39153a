#include "cli/family.h"

#include <jansson.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

enum { BLOCKS = 1, EMBEDDINGS = 2, POSITIONS = 4, TOKEN_TYPES = 8, ROTARY = 16 };

/* Which modules transformers' classes keep whole (_no_split_modules), and which tensors they make for themselves. */
static const struct {
    const char *model_type;
    int traits;
} families[] = {
    {"albert", POSITIONS | TOKEN_TYPES},
    {"bart", BLOCKS},
    {"bert", BLOCKS | EMBEDDINGS | POSITIONS | TOKEN_TYPES},
    {"bloom", BLOCKS},
    {"camembert", BLOCKS | EMBEDDINGS | POSITIONS | TOKEN_TYPES},
    {"deberta-v2", POSITIONS},
    {"dinov2", BLOCKS | EMBEDDINGS},
    {"distilbert", POSITIONS},
    {"electra", POSITIONS | TOKEN_TYPES},
    {"falcon", BLOCKS | ROTARY},
    {"gpt2", BLOCKS},
    {"gpt_neox", BLOCKS | ROTARY},
    {"granite", BLOCKS | ROTARY},
    {"llama", BLOCKS | ROTARY},
    {"mistral", BLOCKS | ROTARY},
    {"mixtral", BLOCKS | ROTARY},
    {"mpnet", POSITIONS},
    {"olmo2", BLOCKS | ROTARY},
    {"opt", BLOCKS},
    {"phi", BLOCKS | ROTARY},
    {"phi3", BLOCKS | ROTARY},
    {"qwen2", BLOCKS | ROTARY},
    {"qwen3", BLOCKS | ROTARY},
    {"roberta", BLOCKS | EMBEDDINGS | POSITIONS | TOKEN_TYPES},
    {"smollm3", BLOCKS | ROTARY},
    {"vit", BLOCKS | EMBEDDINGS},
    {"whisper", BLOCKS},
    {"xlm-roberta", BLOCKS | EMBEDDINGS | POSITIONS | TOKEN_TYPES},
};

static int traits_of(const char *model_type)
{
    for (size_t i = 0; model_type && i < sizeof families / sizeof families[0]; i++)
        if (strcmp(families[i].model_type, model_type) == 0)
            return families[i].traits;
    return BLOCKS;
}

/* A number of the configuration that counts something; `otherwise` when it has none that makes sense. */
static double number_of(const json_t *config, const char *key, double otherwise)
{
    const json_t *value = json_object_get(config, key);
    const double number = json_is_number(value) ? json_number_value(value) : otherwise;
    return number >= 0 && number <= 1e9 ? number : otherwise;
}

static void add_buffer(family *f, const char *module, const char *name, double bytes)
{
    if (bytes > 0)
        f->buffers[f->buffers_count++] = (family_buffer){module, name, (uint64_t)bytes};
}

/* The inverse frequencies of rotary embeddings, one float32 for two features of a head, of which the model keeps two copies. */
static void add_rotary(family *f, const json_t *config, const char *model_type)
{
    const double heads = number_of(config, "num_attention_heads", 0);
    const double head =
        number_of(config, "head_dim", heads > 0 ? number_of(config, "hidden_size", 0) / heads : 0);
    const double usual = strcmp(model_type, "gpt_neox") == 0 ? 0.25 : strcmp(model_type, "phi") == 0 ? 0.5 : 1;
    const json_t *rope = json_object_get(config, "rope_parameters");
    const double old = number_of(config, "partial_rotary_factor", number_of(config, "rotary_pct", usual));
    const uint64_t features =
        (uint64_t)((double)(uint64_t)head * number_of(rope, "partial_rotary_factor", old));
    add_buffer(f, "", "rotary_emb.inv_freq", (double)((features + 1) / 2 * 4));
    add_buffer(f, "", "rotary_emb.original_inv_freq", (double)((features + 1) / 2 * 4));
}

static accel_status take(family *f, const json_t *config, const char *path, bool is_timm)
{
    if (json_is_object(json_object_get(config, "quantization_config")))
        return accel_error_raise(
            ACCEL_EUNSUPPORTED, NULL,
            "%s: has quantization_config; how many weights packed ones stand for is not in the files", path);
    const char *model_type = json_string_value(json_object_get(config, "model_type"));
    if (is_timm || (!model_type && json_object_get(config, "architecture")))
        return ACCEL_OK;
    const int traits = traits_of(model_type);
    const double positions = number_of(config, "max_position_embeddings", 512);
    f->kept = (layers_kept){.blocks = traits & BLOCKS, .embeddings = traits & EMBEDDINGS};
    if (traits & POSITIONS)
        add_buffer(f, "embeddings", "position_ids", positions * sizeof(int64_t));
    if (traits & TOKEN_TYPES)
        add_buffer(f, "embeddings", "token_type_ids", positions * sizeof(int64_t));
    if (traits & ROTARY)
        add_rotary(f, config, model_type);
    return ACCEL_OK;
}

accel_status family_read(family *f, const char *config_path, bool is_timm)
{
    *f = (family){.kept = {.blocks = !is_timm}};
    if (!file_exists(config_path))
        return ACCEL_OK;
    size_t size = 0;
    json_error_t error;
    char *text = file_read(config_path, &size);
    json_t *config = text ? json_loadb(text, size, 0, &error) : NULL;
    *f = (family){0};
    if (text && !json_is_object(config))
        accel_error_raise(ACCEL_EFORMAT, NULL, "%s: %s", config_path,
                          config ? "is no object of JSON" : error.text);
    else if (config)
        take(f, config, config_path, is_timm);
    json_decref(config);
    memory_free(text);
    return accel_error_status();
}
