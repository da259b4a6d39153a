#include "checkpoint/manifest.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "checkpoint/digest.h"

enum { FORMAT = 1 };

/* {"format": 1, "files": {"optimizer.bin": [[end, "hash"], [end, "hash", "tensor"], …]}} */
struct manifest {
    json_t *files;
};

static manifest *make(json_t *files)
{
    manifest *m = memory_alloc(1, sizeof *m);
    if (m && files)
        m->files = files;
    else
        json_decref(files);
    if (m && !files) {
        accel_error_raise(ACCEL_ENOMEM, NULL, "out of memory");
        memory_free(m);
        m = NULL;
    }
    return m;
}

manifest *manifest_create(void)
{
    RETURN_NULL_IF_FAILED();
    return make(json_object());
}

void manifest_free(manifest *m)
{
    if (!m)
        return;
    json_decref(m->files);
    memory_free(m);
}

bool manifest_has(const manifest *m, const char *name) { return json_object_get(m->files, name) != NULL; }

/* ---- spans ---- */

static json_t *span_to_json(const digest_span *span)
{
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, span->hash);
    if (!span->name)
        return json_pack("[I, s]", (json_int_t)span->end, hash);
    return json_pack("[I, s, s]", (json_int_t)span->end, hash, span->name);
}

/* False for what is none. */
static bool span_from_json(json_t *json, digest *d)
{
    json_int_t size = 0;
    const char *hash = NULL, *name = NULL;
    if (json_unpack(json, "[I, s, s!]", &size, &hash, &name) != 0 &&
        json_unpack(json, "[I, s!]", &size, &hash) != 0)
        return false;
    if (size < 0 || (uint64_t)size < digest_size(d) || strlen(hash) != 16 ||
        strspn(hash, "0123456789abcdef") != 16)
        return false;
    return digest_add(d, (uint64_t)size, strtoull(hash, NULL, 16), name) == ACCEL_OK;
}

static json_t *digest_to_json(const digest *d)
{
    json_t *spans = json_array();
    for (size_t i = 0; i < d->count; i++)
        json_array_append_new(spans, span_to_json(&d->spans[i]));
    if (json_array_size(spans) == d->count)
        return spans;
    json_decref(spans);
    return NULL;
}

static accel_status digest_from_json(digest *d, json_t *spans, const char *name, const char *call)
{
    *d = (digest){0};
    size_t i;
    json_t *span;
    json_array_foreach(spans, i, span)
    {
        if (span_from_json(span, d))
            continue;
        digest_dispose(d);
        return accel_error_raise(ACCEL_EFORMAT, call, "%s: span %zu of \"%.100s\" is none", MANIFEST_NAME, i,
                                 name);
    }
    return ACCEL_OK;
}

/* ---- making ---- */

accel_status manifest_add(manifest *m, const char *name, const char *path)
{
    RETURN_STATUS_IF_FAILED();
    digest d;
    if (digest_file(&d, path, name) != ACCEL_OK)
        return accel_error_status();
    if (json_object_set_new(m->files, name, digest_to_json(&d)) != 0)
        accel_error_raise(ACCEL_EINVAL, NULL, "%s: its name, or that of a tensor in it, is not UTF-8", path);
    digest_dispose(&d);
    return accel_error_status();
}

accel_status manifest_add_all(manifest *m, manifest *other)
{
    RETURN_STATUS_IF_FAILED();
    return json_object_update(m->files, other->files) == 0
               ? ACCEL_OK
               : accel_error_raise(ACCEL_ENOMEM, NULL, "out of memory");
}

accel_status manifest_write(const manifest *m, const char *folder, const char *name)
{
    RETURN_STATUS_IF_FAILED();
    char *path = file_join(folder, name);
    json_t *json = path ? json_pack("{s: i, s: O}", "format", FORMAT, "files", m->files) : NULL;
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (path && !text)
        accel_error_raise(ACCEL_ENOMEM, NULL, "out of memory");
    if (text)
        file_write_atomic(path, text, strlen(text));
    free(text);
    json_decref(json);
    memory_free(path);
    return accel_error_status();
}

/* ---- reading ---- */

/* A file of the folder, or of a folder in it. */
static bool is_inner(const char *name)
{
    if (!*name || *name == '/')
        return false;
    for (const char *part = name; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
        if (strncmp(part, "../", 3) == 0 || strcmp(part, "..") == 0)
            return false;
    return true;
}

static accel_status check_files(json_t *files, const char *path, const char *call)
{
    const char *name;
    json_t *spans;
    json_object_foreach(files, name, spans)
    {
        if (!json_is_array(spans) || !is_inner(name))
            accel_error_raise(ACCEL_EFORMAT, call, "%s: \"%.100s\" is no file of the folder", path, name);
    }
    return accel_error_status();
}

manifest *manifest_from_memory(const char *path, const void *bytes, size_t size, const char *call)
{
    RETURN_NULL_IF_FAILED();
    json_error_t error;
    json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error), *files = NULL;
    json_int_t format = 0;
    if (!root || json_unpack(root, "{s: I, s: o}", "format", &format, "files", &files) != 0 ||
        !json_is_object(files))
        accel_error_raise(ACCEL_EFORMAT, call, "%s: is no list of files: %s", path,
                          root ? "its keys" : error.text);
    else if (format != FORMAT)
        accel_error_raise(ACCEL_EUNSUPPORTED, call, "%s: has format %lld, this version reads %d", path,
                          (long long)format, FORMAT);
    else
        check_files(files, path, call);
    manifest *m = accel_error_is_set() ? NULL : make(json_incref(files));
    json_decref(root);
    return m;
}

manifest *manifest_read(const char *folder, const char *name, const char *call)
{
    RETURN_NULL_IF_FAILED();
    size_t size = 0;
    char *path = file_join(folder, name), *text = NULL;
    if (path && !file_exists(path))
        accel_error_raise(ACCEL_ENOTFOUND, call, "%s: is missing, so that the save is not complete", path);
    else if (path)
        text = file_read(path, &size);
    manifest *m = text ? manifest_from_memory(path, text, size, call) : NULL;
    memory_free(text);
    memory_free(path);
    return m;
}

/* ---- comparing ---- */

typedef accel_status comparison(const digest *d, const char *path, const char *call);

static accel_status compare_one(const char *folder, const char *name, json_t *spans, comparison *compare,
                                const char *call)
{
    digest d;
    char *path = file_join(folder, name);
    if (path && digest_from_json(&d, spans, name, call) == ACCEL_OK) {
        compare(&d, path, call);
        digest_dispose(&d);
    }
    memory_free(path);
    return accel_error_status();
}

static accel_status compare_all(const manifest *m, const char *folder, comparison *compare, const char *call)
{
    const char *name;
    json_t *spans;
    json_object_foreach(m->files, name, spans)
    {
        if (compare_one(folder, name, spans, compare, call) != ACCEL_OK)
            break;
    }
    return accel_error_status();
}

accel_status manifest_check_sizes(const manifest *m, const char *folder, const char *call)
{
    RETURN_STATUS_IF_FAILED();
    return compare_all(m, folder, digest_compare_size, call);
}

accel_status manifest_check(const manifest *m, const char *folder, const char *name, const char *call)
{
    RETURN_STATUS_IF_FAILED();
    if (!name)
        return compare_all(m, folder, digest_compare, call);
    json_t *spans = json_object_get(m->files, name);
    return spans ? compare_one(folder, name, spans, digest_compare, call) : ACCEL_OK;
}
