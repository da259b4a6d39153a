#include "text/tokenizer.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/object.h"
#include "text/config.h"
#include "text/definition.h"
#include "text/word_list.h"

tokenizer *tokenizer_create(void)
{
    tokenizer *t = memory_alloc(1, sizeof *t);
    if (t)
        t->pad_id = -1;
    return t;
}

void tokenizer_free(tokenizer *t)
{
    if (!t)
        return;
    wordpiece_dispose(&t->model);
    added_dispose(&t->added);
    templates_dispose(&t->templates);
    memory_free(t->decoder_prefix);
    memory_free(t);
}

static void destroy(object *o) { tokenizer_free(o->payload); }

static const object_class tokenizer_class = {"tokenizer", destroy};

accel_tokenizer *tokenizer_wrap(tokenizer *t)
{
    object *handle = t ? object_create(&tokenizer_class, t) : NULL;
    if (!handle)
        tokenizer_free(t);
    return (accel_tokenizer *)handle;
}

const tokenizer *tokenizer_of(accel_tokenizer *handle, const char *call)
{
    return object_payload(handle, &tokenizer_class, call, "tokenizer");
}

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static accel_status read_config(config *c, const char *path)
{
    size_t size = 0;
    char *bytes = file_read(path, &size);
    accel_status status = bytes ? config_read(c, path, bytes, size) : accel_error_status();
    memory_free(bytes);
    return status;
}

typedef accel_status read_function(tokenizer *t, const char *path, const char *bytes, size_t size,
                                   const config *c);

static tokenizer *read_with(read_function *read, const char *path, const config *c)
{
    size_t size = 0;
    char *bytes = file_read(path, &size);
    tokenizer *t = bytes ? tokenizer_create() : NULL;
    if (t && read(t, path, bytes, size, c) != ACCEL_OK) {
        tokenizer_free(t);
        t = NULL;
    }
    memory_free(bytes);
    return t;
}

/* Reads what a folder holds; the paths are those of its files. */
static tokenizer *read_folder(const char *folder, const char *definition, const char *words,
                              const char *settings)
{
    bool has_definition = file_exists(definition);
    if (!has_definition && !file_exists(words))
        return RAISE_NULL(ACCEL_ENOTFOUND, "%s: holds neither tokenizer.json nor vocab.txt", folder);
    config c = {0};
    tokenizer *t = NULL;
    if (!file_exists(settings) || read_config(&c, settings) == ACCEL_OK)
        t = has_definition ? read_with(definition_read, definition, &c) : read_with(word_list_read, words, &c);
    config_dispose(&c);
    return t;
}

static tokenizer *load_folder(const char *folder)
{
    char *definition = file_join(folder, "tokenizer.json"), *words = file_join(folder, "vocab.txt");
    char *settings = file_join(folder, "tokenizer_config.json");
    tokenizer *t = definition && words && settings ? read_folder(folder, definition, words, settings) : NULL;
    memory_free(definition);
    memory_free(words);
    memory_free(settings);
    return t;
}

accel_tokenizer *accel_tokenizer_load(const char *path)
{
    RETURN_NULL_IF_FAILED();
    if (!path)
        return RAISE_NULL(ACCEL_EINVAL, "path is NULL");
    return tokenizer_wrap(is_directory(path) ? load_folder(path)
                                             : read_with(definition_read, path, &(config){0}));
}

int64_t tokenizer_find(const tokenizer *t, const char *token)
{
    size_t size = strlen(token);
    int64_t entry = vocabulary_find(&t->added.names, token, size);
    if (entry != VOCABULARY_NONE)
        return t->added.tokens[entry].id;
    entry = vocabulary_find(&t->model.vocabulary, token, size);
    return entry != VOCABULARY_NONE ? (int64_t)t->model.vocabulary.entries[entry].id : -1;
}

int64_t accel_tokenizer_vocabulary_size(accel_tokenizer *handle)
{
    const tokenizer *t = tokenizer_of(handle, __func__);
    if (!t)
        return -1;
    size_t count = t->model.vocabulary.count;
    for (size_t i = 0; i < t->added.names.count; i++)
        count += vocabulary_find_id(&t->model.vocabulary, t->added.tokens[i].id) == VOCABULARY_NONE;
    return (int64_t)count;
}

int64_t accel_tokenizer_token_to_id(accel_tokenizer *handle, const char *token)
{
    const tokenizer *t = tokenizer_of(handle, __func__);
    if (t && !token)
        RAISE(ACCEL_EINVAL, "token is NULL");
    return t && token ? tokenizer_find(t, token) : -1;
}

const char *accel_tokenizer_id_to_token(accel_tokenizer *handle, int64_t id)
{
    const tokenizer *t = tokenizer_of(handle, __func__);
    if (!t)
        return NULL;
    const vocabulary *v = &t->added.names;
    int64_t entry = vocabulary_find_id(v, id);
    if (entry == VOCABULARY_NONE) {
        v = &t->model.vocabulary;
        entry = vocabulary_find_id(v, id);
    }
    return entry != VOCABULARY_NONE ? vocabulary_text(v, entry) : NULL;
}

int64_t accel_tokenizer_pad_id(accel_tokenizer *handle)
{
    const tokenizer *t = tokenizer_of(handle, __func__);
    return t ? t->pad_id : -1;
}
