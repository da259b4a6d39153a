#include "models/model_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

static char *join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    else
        accel_error_raise(ACCEL_ENOMEM, "accel_model", "no memory for a path of %zu bytes", size);
    return path;
}

accel_status model_config_read(model_config *c, const char *folder)
{
    json_error_t error;
    *c = (model_config){.path = join(folder, "config.json"), .folder = realpath(folder, NULL)};
    if (!c->path)
        return accel_error_status();
    if (access(c->path, R_OK) != 0)
        return accel_error_raise(errno == ENOENT || errno == ENOTDIR ? ACCEL_ENOTFOUND : ACCEL_EIO,
                                 "accel_model_from_pretrained", "%s: cannot be read: %s", c->path,
                                 strerror(errno));
    c->root = json_load_file(c->path, JSON_REJECT_DUPLICATES, &error);
    if (!c->root)
        return accel_error_raise(ACCEL_EFORMAT, "accel_model_from_pretrained", "%s:%d: %s", c->path, error.line,
                                 error.text);
    if (!json_is_object(c->root))
        return accel_error_raise(ACCEL_EFORMAT, "accel_model_from_pretrained", "%s: is not a JSON object",
                                 c->path);
    return ACCEL_OK;
}

void model_config_dispose(model_config *c)
{
    json_decref(c->root);
    free(c->path);
    free(c->folder);
    *c = (model_config){0};
}

static const json_t *find(const model_config *c, const char *key)
{
    const json_t *value = json_object_get(c->root, key);
    return json_is_null(value) ? NULL : value;
}

int64_t model_config_integer(const model_config *c, const char *key, int64_t absent, int64_t min, int64_t max)
{
    const json_t *value = find(c, key);
    if (value && !json_is_integer(value)) {
        accel_error_raise(ACCEL_EFORMAT, "accel_model_from_pretrained", "%s: \"%s\" is not an integer", c->path,
                          key);
        return min;
    }
    int64_t number = value ? (int64_t)json_integer_value(value) : absent;
    if (number >= min && number <= max)
        return number;
    if (!value)
        accel_error_raise(ACCEL_EFORMAT, "accel_model_from_pretrained", "%s: has no \"%s\"", c->path, key);
    else
        accel_error_raise(ACCEL_EFORMAT, "accel_model_from_pretrained",
                          "%s: \"%s\" must be in [%lld, %lld], got %lld", c->path, key, (long long)min,
                          (long long)max, (long long)number);
    return min;
}

double model_config_real(const model_config *c, const char *key, double absent, double min, double max)
{
    const json_t *value = find(c, key);
    if (value && !json_is_number(value)) {
        accel_error_raise(ACCEL_EFORMAT, "accel_model_from_pretrained", "%s: \"%s\" is not a number", c->path,
                          key);
        return min;
    }
    double number = value ? json_number_value(value) : absent;
    if (number >= min && number <= max)
        return number;
    accel_error_raise(ACCEL_EFORMAT, "accel_model_from_pretrained", "%s: \"%s\" must be in [%g, %g], got %g",
                      c->path, key, min, max, number);
    return min;
}

const char *model_config_string(const model_config *c, const char *key, const char *absent)
{
    const json_t *value = find(c, key);
    if (value && !json_is_string(value)) {
        accel_error_raise(ACCEL_EFORMAT, "accel_model_from_pretrained", "%s: \"%s\" is not a string", c->path,
                          key);
        return absent;
    }
    return value ? json_string_value(value) : absent;
}

int64_t model_config_labels(const model_config *c)
{
    const json_t *names = find(c, "id2label");
    if (names && !json_is_object(names))
        accel_error_raise(ACCEL_EFORMAT, "accel_model_from_pretrained", "%s: \"id2label\" is not an object",
                          c->path);
    if (names)
        return (int64_t)json_object_size(names);
    return model_config_integer(c, "num_labels", 0, 0, MODEL_CONFIG_LABELS_MAX);
}

static json_t *label_names(int64_t count, int by_id)
{
    json_t *names = json_object();
    for (int64_t i = 0; i < count; i++) {
        char id[24], name[32];
        snprintf(id, sizeof id, "%lld", (long long)i);
        snprintf(name, sizeof name, "LABEL_%lld", (long long)i);
        json_object_set_new(names, by_id ? id : name, by_id ? json_string(name) : json_integer((json_int_t)i));
    }
    return names;
}

accel_status model_config_describe(model_config *c, const char *architecture, int64_t num_labels)
{
    int failed = json_object_set_new(c->root, "architectures", json_pack("[s]", architecture));
    json_object_del(c->root, "torch_dtype"); /* its old name */
    failed |= json_object_set_new(c->root, "dtype", json_string("float32"));
    if (model_config_labels(c) != num_labels) {
        json_object_del(c->root, "num_labels");
        failed |= json_object_set_new(c->root, "id2label", label_names(num_labels, 1));
        failed |= json_object_set_new(c->root, "label2id", label_names(num_labels, 0));
    }
    if (failed)
        return accel_error_raise(ACCEL_ENOMEM, "accel_model_from_pretrained",
                                 "no memory for the configuration");
    return accel_error_status();
}

/* Under a temporary name first, so that a reader never sees half a file. */
static accel_status write_beside(const json_t *root, const char *path)
{
    char temporary[PATH_ROOM];
    int length = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    if (length < 0 || length >= PATH_ROOM)
        return accel_error_raise(ACCEL_EINVAL, "accel_model_save_pretrained", "%s: is too long", path);
    FILE *file = fopen(temporary, "w");
    if (!file)
        return accel_error_raise(ACCEL_EIO, "accel_model_save_pretrained", "%s: cannot be written: %s", path,
                                 strerror(errno));
    int failed = json_dumpf(root, file, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENSURE_ASCII) != 0;
    failed |= fputc('\n', file) == EOF;
    failed |= fflush(file) != 0 || fsync(fileno(file)) != 0;
    failed |= fclose(file) != 0;
    if (!failed && rename(temporary, path) == 0)
        return ACCEL_OK;
    int error = errno;
    unlink(temporary);
    return accel_error_raise(ACCEL_EIO, "accel_model_save_pretrained", "%s: cannot be written: %s", path,
                             strerror(error));
}

accel_status model_config_write(const model_config *c, const char *folder)
{
    char *path = join(folder, "config.json");
    if (path)
        write_beside(c->root, path);
    free(path);
    return accel_error_status();
}
