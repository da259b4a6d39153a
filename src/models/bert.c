#include "models/bert.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <accel/autograd.h>
#include <accel/device.h>
#include <accel/layers.h>
#include <accel/loss.h>
#include <accel/op.h>
#include <accel/ops.h>

/* Letters of the shapes below: B batch, T tokens, H hidden size, N heads, D = H/N, C labels. */

typedef struct bert_layer {
    accel_module *query, *key, *value;                           /* H to H */
    accel_module *attention_output, *attention_norm;             /* H to H */
    accel_module *intermediate, *output, *output_norm, *dropout; /* H to 4H to H */
} bert_layer;

/* Borrowed modules of the model, and what is computed with them. */
typedef struct bert {
    accel_module *word_embeddings, *position_embeddings, *token_type_embeddings, *embeddings_norm;
    accel_module *dropout; /* of hidden states */
    bert_layer *layers;
    int64_t layers_count, heads, head_size, vocabulary, positions, num_labels;
    double attention_dropout;
    accel_tensor *(*activation)(accel_tensor *x);
    accel_module *pooler, *classifier_dropout, *classifier;
    model_config *config;
    void (*release)(void *user); /* of the configuration */
    struct bert *next;
} bert;

/* Those that are alive. Anybody may call a module of his own what these are called. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bert *alive;

/* ---- computing ---- */

/* (B, T, H) to (B, N, T, D). */
static accel_tensor *split_heads(const bert *m, accel_tensor *x)
{
    int64_t batch = accel_tensor_size(x, 0), tokens = accel_tensor_size(x, 1);
    return accel_transpose(accel_view(x, ACCEL_SHAPE(batch, tokens, m->heads, m->head_size)), 1, 2);
}

/* hidden: (B, T, H), mask: boolean (B, 1, T, T) or NULL; result: (B, T, H). */
static accel_tensor *attend(const bert *m, const bert_layer *l, accel_tensor *hidden, accel_tensor *mask,
                            bool training)
{
    accel_tensor *query = split_heads(m, accel_forward(l->query, hidden));
    accel_tensor *key = split_heads(m, accel_forward(l->key, hidden));
    accel_tensor *value = split_heads(m, accel_forward(l->value, hidden));
    accel_tensor *context = accel_scaled_dot_product_attention(
        query, key, value, .attn_mask = mask, .dropout_p = training ? m->attention_dropout : 0.0,
        .scale = pow((double)m->head_size, -0.5));
    context = accel_contiguous(accel_transpose(context, 1, 2));
    return accel_reshape(context, ACCEL_SHAPE(accel_tensor_size(hidden, 0), accel_tensor_size(hidden, 1),
                                              m->heads * m->head_size));
}

/* A dense layer, dropout, and what went in added before the norm. */
static accel_tensor *add_and_norm(const bert *m, accel_module *dense, accel_module *norm, accel_tensor *x,
                                  accel_tensor *residual)
{
    accel_tensor *y = accel_forward(m->dropout, accel_forward(dense, x));
    return accel_forward(norm, accel_add(y, residual));
}

static accel_tensor *layer_forward(const bert *m, const bert_layer *l, accel_tensor *hidden, accel_tensor *mask,
                                   bool training)
{
    accel_tensor *attention =
        add_and_norm(m, l->attention_output, l->attention_norm, attend(m, l, hidden, mask, training), hidden);
    accel_tensor *wide = m->activation(accel_forward(l->intermediate, attention));
    return add_and_norm(m, l->output, l->output_norm, wide, attention);
}

/* There, looking at values waits for all that is under way. */
static bool is_on_gpu(accel_tensor *tensor) { return accel_tensor_device(tensor).type != ACCEL_CPU; }

/* The tokenizer of another model may give ids that this one has no row for. */
static accel_status check_ids(const bert *m, accel_tensor *input_ids)
{
    if (accel_tensor_dtype(input_ids) != ACCEL_INT64 || accel_tensor_numel(input_ids) < 1)
        return accel_error_raise(
            ACCEL_EINVAL, "accel_forward", "input_ids must be int64 and not empty, got %s of %lld",
            accel_dtype_name(accel_tensor_dtype(input_ids)), (long long)accel_tensor_numel(input_ids));
    if (is_on_gpu(input_ids)) /* whose kernels check it themselves */
        return accel_error_status();
    int64_t largest = accel_item_integer(accel_max(input_ids));
    if (!accel_error_is_set() && largest >= m->vocabulary)
        accel_error_raise(
            ACCEL_EINVAL, "accel_forward",
            "input_ids has token %lld, the model's vocabulary has %lld: is the tokenizer another model's?",
            (long long)largest, (long long)m->vocabulary);
    return accel_error_status();
}

/* input_ids, token_type_ids: (B, T); result: (B, T, H). */
static accel_tensor *embed(const bert *m, accel_tensor *input_ids, accel_tensor *token_type_ids)
{
    int64_t tokens = accel_tensor_size(input_ids, 1);
    if (tokens > m->positions)
        return accel_error_raise(ACCEL_EINVAL, "accel_forward",
                                 "input_ids has %lld tokens, the model has %lld positions", (long long)tokens,
                                 (long long)m->positions),
               NULL;
    if (check_ids(m, input_ids) != ACCEL_OK)
        return NULL;
    accel_tensor *positions =
        accel_to_device(accel_unsqueeze(accel_arange(tokens), 0), accel_tensor_device(input_ids));
    accel_tensor *x = accel_add(accel_forward(m->word_embeddings, input_ids),
                                accel_forward(m->token_type_embeddings, token_type_ids));
    x = accel_add(x, accel_forward(m->position_embeddings, positions));
    return accel_forward(m->dropout, accel_forward(m->embeddings_norm, x));
}

/* Where attention may look: boolean (B, 1, T, T), or NULL when no token is padding, which lets the engine take its
   fastest kernel. attention_mask: (B, T). */
static accel_tensor *attention_mask_of(accel_tensor *attention_mask)
{
    accel_tensor *takes_part = accel_ne_scalar(attention_mask, 0);
    if (!is_on_gpu(takes_part) && accel_item(accel_all(takes_part)) != 0)
        return NULL;
    int64_t batch = accel_tensor_size(attention_mask, 0), tokens = accel_tensor_size(attention_mask, 1);
    accel_tensor *mask = accel_view(takes_part, ACCEL_SHAPE(batch, 1, 1, tokens));
    return accel_expand(mask, ACCEL_SHAPE(batch, 1, tokens, tokens));
}

/* The whole encoder: (B, T, H). Each layer's intermediate values end with it. */
static accel_tensor *encode(const bert *m, accel_tensor *hidden, accel_tensor *mask, bool training)
{
    for (int64_t i = 0; i < m->layers_count; i++)
        accel_scoped() {
            hidden = accel_keep(layer_forward(m, &m->layers[i], hidden, mask, training));
        }
    return hidden;
}

/* A companion of input_ids, of the same shape (B, T); NULL with no failure when it is absent. */
static accel_tensor *companion(accel_dict *inputs, const char *name, accel_tensor *input_ids)
{
    if (!accel_dict_has(inputs, name))
        return NULL;
    accel_tensor *tensor = accel_get(inputs, name);
    const int64_t *given = accel_tensor_sizes(tensor), *wanted = accel_tensor_sizes(input_ids);
    if (accel_tensor_rank(tensor) == 2 && given[0] == wanted[0] && given[1] == wanted[1])
        return tensor;
    accel_error_raise(ACCEL_EINVAL, "accel_forward", "%s must have input_ids' shape (%lld, %lld)", name,
                      (long long)wanted[0], (long long)wanted[1]);
    return NULL;
}

static accel_dict *forward(accel_module *self, accel_dict *inputs, void *user)
{
    const bert *m = user;
    bool training = accel_is_training(self);
    accel_tensor *input_ids = accel_get(inputs, "input_ids");
    if (!input_ids || accel_tensor_rank(input_ids) != 2)
        return accel_error_raise(ACCEL_EINVAL, "accel_forward", "input_ids must have 2 dimensions, got %zu",
                                 accel_tensor_rank(input_ids)),
               NULL;
    accel_tensor *types = companion(inputs, "token_type_ids", input_ids);
    accel_tensor *taking_part = companion(inputs, "attention_mask", input_ids);
    if (!types)
        types = accel_op("aten::zeros_like", input_ids);
    accel_tensor *hidden = embed(m, input_ids, types);
    accel_tensor *mask = hidden && taking_part ? attention_mask_of(taking_part) : NULL;
    hidden = encode(m, hidden, mask, training);
    accel_tensor *pooled = accel_tanh(accel_forward(m->pooler, accel_select(hidden, 1, 0)));
    accel_tensor *logits = accel_forward(m->classifier, accel_forward(m->classifier_dropout, pooled));
    accel_dict *outputs = accel_dict_create();
    if (accel_dict_has(inputs, "labels"))
        accel_dict_set(outputs, "loss", accel_cross_entropy(logits, accel_get(inputs, "labels")));
    accel_dict_set(outputs, "logits", logits);
    return accel_error_is_set() ? NULL : outputs;
}

/* ---- building ---- */

static void release(void *user)
{
    bert *m = user;
    pthread_mutex_lock(&lock);
    for (bert **link = &alive; *link; link = &(*link)->next)
        if (*link == m) {
            *link = m->next;
            break;
        }
    pthread_mutex_unlock(&lock);
    if (m->release)
        m->release(m->config);
    free(m->layers);
    free(m);
}

/* A module that only gives its children a common prefix. */
static accel_module *add_group(accel_module *parent, const char *name)
{
    return accel_module_add(parent, name, accel_module_create(.type = "Group"));
}

typedef struct sizes {
    int64_t hidden, intermediate, types, padding;
    double eps, dropout, classifier_dropout;
} sizes;

static accel_module *norm(const sizes *s) { return accel_layer_norm(s->hidden, .eps = s->eps); }

static void build_embeddings(bert *m, accel_module *parent, const sizes *s)
{
    accel_module *group = add_group(parent, "embeddings");
    m->word_embeddings = accel_module_add(group, "word_embeddings",
                                          accel_embedding(m->vocabulary, s->hidden, .padding_idx = s->padding));
    m->position_embeddings =
        accel_module_add(group, "position_embeddings", accel_embedding(m->positions, s->hidden));
    m->token_type_embeddings =
        accel_module_add(group, "token_type_embeddings", accel_embedding(s->types, s->hidden));
    m->embeddings_norm = accel_module_add(group, "LayerNorm", norm(s));
    m->dropout = accel_module_add(group, "dropout", accel_dropout(s->dropout));
}

static void build_layer(bert_layer *l, accel_module *parent, const sizes *s)
{
    accel_module *attention = add_group(parent, "attention");
    accel_module *self = add_group(attention, "self");
    l->query = accel_module_add(self, "query", accel_linear(s->hidden, s->hidden));
    l->key = accel_module_add(self, "key", accel_linear(s->hidden, s->hidden));
    l->value = accel_module_add(self, "value", accel_linear(s->hidden, s->hidden));
    accel_module *output = add_group(attention, "output");
    l->attention_output = accel_module_add(output, "dense", accel_linear(s->hidden, s->hidden));
    l->attention_norm = accel_module_add(output, "LayerNorm", norm(s));
    accel_module *intermediate = add_group(parent, "intermediate");
    l->intermediate = accel_module_add(intermediate, "dense", accel_linear(s->hidden, s->intermediate));
    output = add_group(parent, "output");
    l->output = accel_module_add(output, "dense", accel_linear(s->intermediate, s->hidden));
    l->output_norm = accel_module_add(output, "LayerNorm", norm(s));
}

static void build(bert *m, accel_module *model, const sizes *s)
{
    accel_module *base = add_group(model, "bert");
    build_embeddings(m, base, s);
    accel_module *layers = add_group(add_group(base, "encoder"), "layer");
    for (int64_t i = 0; i < m->layers_count && !accel_error_is_set(); i++) {
        char name[24];
        snprintf(name, sizeof name, "%lld", (long long)i);
        build_layer(&m->layers[i], add_group(layers, name), s);
    }
    m->pooler = accel_module_add(add_group(base, "pooler"), "dense", accel_linear(s->hidden, s->hidden));
    m->classifier_dropout = accel_module_add(model, "dropout", accel_dropout(s->classifier_dropout));
    m->classifier = accel_module_add(model, "classifier", accel_linear(s->hidden, m->num_labels));
}

/* What this family's configuration may say that is not supported. */
static accel_status check_supported(const model_config *c, bert *m)
{
    static const char call[] = "accel_model_from_pretrained";
    const char *activation = model_config_string(c, "hidden_act", "gelu");
    const char *positions = model_config_string(c, "position_embedding_type", "absolute");
    const char *problem = model_config_string(c, "problem_type", "single_label_classification");
    if (accel_error_is_set())
        return accel_error_status();
    if (strcmp(activation, "gelu") != 0 && strcmp(activation, "relu") != 0)
        return accel_error_raise(ACCEL_EUNSUPPORTED, call,
                                 "%s: \"hidden_act\" is \"%s\"; gelu and relu are supported", c->path,
                                 activation);
    if (strcmp(positions, "absolute") != 0)
        return accel_error_raise(ACCEL_EUNSUPPORTED, call,
                                 "%s: \"position_embedding_type\" is \"%s\"; absolute is supported", c->path,
                                 positions);
    if (strcmp(problem, "single_label_classification") != 0)
        return accel_error_raise(ACCEL_EUNSUPPORTED, call,
                                 "%s: \"problem_type\" is \"%s\"; single_label_classification is supported",
                                 c->path, problem);
    if (json_is_true(json_object_get(c->root, "is_decoder")))
        return accel_error_raise(ACCEL_EUNSUPPORTED, call, "%s: decoders are not supported", c->path);
    m->activation = strcmp(activation, "gelu") == 0 ? accel_gelu : accel_relu;
    return ACCEL_OK;
}

static accel_status read_sizes(const model_config *c, bert *m, sizes *s)
{
    enum { LARGE = 1 << 24 };
    m->vocabulary = model_config_integer(c, "vocab_size", 30522, 1, LARGE);
    s->hidden = model_config_integer(c, "hidden_size", 768, 1, LARGE);
    s->intermediate = model_config_integer(c, "intermediate_size", 3072, 1, LARGE);
    s->types = model_config_integer(c, "type_vocab_size", 2, 1, LARGE);
    s->padding = model_config_integer(c, "pad_token_id", 0, 0, m->vocabulary - 1);
    s->eps = model_config_real(c, "layer_norm_eps", 1e-12, 0, 1);
    s->dropout = model_config_real(c, "hidden_dropout_prob", 0.1, 0, 1);
    s->classifier_dropout = model_config_real(c, "classifier_dropout", s->dropout, 0, 1);
    m->attention_dropout = model_config_real(c, "attention_probs_dropout_prob", 0.1, 0, 1);
    m->positions = model_config_integer(c, "max_position_embeddings", 512, 1, LARGE);
    m->layers_count = model_config_integer(c, "num_hidden_layers", 12, 1, 1000);
    m->heads = model_config_integer(c, "num_attention_heads", 12, 1, LARGE);
    if (accel_error_is_set())
        return accel_error_status();
    if (s->hidden % m->heads != 0)
        return accel_error_raise(ACCEL_EFORMAT, "accel_model_from_pretrained",
                                 "%s: \"hidden_size\" %lld is not a multiple of \"num_attention_heads\" %lld",
                                 c->path, (long long)s->hidden, (long long)m->heads);
    m->head_size = s->hidden / m->heads;
    return ACCEL_OK;
}

const model_config *bert_config(const void *user)
{
    pthread_mutex_lock(&lock);
    const bert *m = alive;
    while (m && m != user)
        m = m->next;
    pthread_mutex_unlock(&lock);
    return m ? m->config : NULL;
}

accel_module *bert_create(model_config *c, int64_t num_labels, void (*release_config)(void *user))
{
    sizes s;
    bert *m = calloc(1, sizeof *m);
    if (!m)
        return accel_error_raise(ACCEL_ENOMEM, "accel_model_from_pretrained", "no memory for a model"), NULL;
    m->num_labels = num_labels;
    accel_module *model = NULL;
    if (check_supported(c, m) == ACCEL_OK && read_sizes(c, m, &s) == ACCEL_OK) {
        m->layers = calloc((size_t)m->layers_count, sizeof *m->layers);
        if (m->layers)
            model = accel_module_create(.type = BERT_ARCHITECTURE, .forward_dict = forward, .user = m,
                                        .release = release);
        else
            accel_error_raise(ACCEL_ENOMEM, "accel_model_from_pretrained", "no memory for the layers");
    }
    if (!model) {
        free(m->layers);
        free(m);
        return NULL;
    }
    accel_no_init() {
        build(m, model, &s);
    }
    if (accel_error_is_set()) {
        accel_free(model);
        return NULL;
    }
    m->config = c;
    m->release = release_config;
    pthread_mutex_lock(&lock);
    m->next = alive;
    alive = m;
    pthread_mutex_unlock(&lock);
    return model;
}
