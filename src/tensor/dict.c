#include "tensor/dict.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "tensor/tensor.h"

typedef struct entry {
    char *name;
    uint64_t hash;
    accel_tensor *tensor; /* retained */
} entry;

typedef struct dict {
    entry *entries;
    size_t count, capacity;
} dict;

static void destroy(object *o)
{
    dict *d = o->payload;
    for (size_t i = 0; i < d->count; i++) {
        memory_free(d->entries[i].name);
        object_release(d->entries[i].tensor);
    }
    memory_free(d->entries);
    memory_free(d);
}

const object_class dict_class = {.name = "dict", .destroy = destroy};

accel_dict *accel_dict_create(void)
{
    RETURN_NULL_IF_FAILED();
    dict *d = memory_alloc(1, sizeof *d);
    if (!d)
        return NULL;
    object *o = object_create(&dict_class, d);
    if (!o)
        memory_free(d);
    return (accel_dict *)o;
}

static dict *dict_of(accel_dict *handle, const char *call)
{
    return object_payload(handle, &dict_class, call, "dict");
}

/* The same for a call that names an entry. */
static dict *dict_for(accel_dict *handle, const char *name, const char *call)
{
    dict *d = dict_of(handle, call);
    if (d && !name)
        accel_error_raise(ACCEL_EINVAL, call, "name is NULL");
    return name ? d : NULL;
}

/* FNV-1a: names are compared as numbers first. */
static uint64_t hash_of(const char *name)
{
    uint64_t hash = 14695981039346656037u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return hash;
}

static entry *find(dict *d, const char *name)
{
    uint64_t hash = hash_of(name);
    for (size_t i = 0; i < d->count; i++)
        if (d->entries[i].hash == hash && strcmp(d->entries[i].name, name) == 0)
            return &d->entries[i];
    return NULL;
}

static entry *add(dict *d, const char *name)
{
    if (d->count == d->capacity) {
        size_t capacity = d->capacity ? d->capacity * 2 : 8;
        entry *entries = memory_resize(d->entries, capacity, sizeof *entries);
        if (!entries)
            return NULL;
        d->entries = entries;
        d->capacity = capacity;
    }
    entry *e = &d->entries[d->count];
    *e = (entry){.name = memory_copy_string(name), .hash = hash_of(name)};
    if (!e->name)
        return NULL;
    d->count++;
    return e;
}

accel_status accel_dict_set(accel_dict *handle, const char *name, accel_tensor *tensor)
{
    RETURN_STATUS_IF_FAILED();
    dict *d = dict_for(handle, name, __func__);
    if (!d || !tensor_check(tensor, __func__, name))
        return accel_error_status();
    entry *e = find(d, name);
    if (!e)
        e = add(d, name);
    if (!e)
        return accel_error_status();
    accel_tensor *before = e->tensor;
    e->tensor = object_retain(tensor);
    object_release(before);
    return ACCEL_OK;
}

static void raise_missing(dict *d, const char *call, const char *name)
{
    enum { NAMES_SHOWN = 12 };
    buffer names = {0};
    for (size_t i = 0; i < d->count && i < NAMES_SHOWN; i++)
        buffer_printf(&names, "%s\"%s\"", i ? ", " : "", d->entries[i].name);
    if (d->count > NAMES_SHOWN)
        buffer_printf(&names, " and %zu more", d->count - NAMES_SHOWN);
    accel_error_raise(ACCEL_ENOTFOUND, call, "no entry \"%s\"; there is %s", name,
                      names.data ? names.data : "none");
    buffer_dispose(&names);
}

accel_tensor *accel_dict_get(accel_dict *handle, const char *name)
{
    RETURN_NULL_IF_FAILED();
    dict *d = dict_for(handle, name, __func__);
    if (!d)
        return NULL;
    entry *e = find(d, name);
    if (!e)
        raise_missing(d, __func__, name);
    return e ? e->tensor : NULL;
}

bool accel_dict_has(accel_dict *handle, const char *name)
{
    dict *d = dict_for(handle, name, __func__);
    return d && find(d, name);
}

accel_status accel_dict_remove(accel_dict *handle, const char *name)
{
    RETURN_STATUS_IF_FAILED();
    dict *d = dict_for(handle, name, __func__);
    if (!d)
        return accel_error_status();
    entry *e = find(d, name);
    if (!e) {
        raise_missing(d, __func__, name);
        return accel_error_status();
    }
    memory_free(e->name);
    object_release(e->tensor);
    size_t after = d->count - (size_t)(e - d->entries) - 1;
    memmove(e, e + 1, after * sizeof *e);
    d->count--;
    return ACCEL_OK;
}

size_t accel_dict_count(accel_dict *handle)
{
    dict *d = dict_of(handle, __func__);
    return d ? d->count : 0;
}

const char *accel_dict_name(accel_dict *handle, size_t index)
{
    dict *d = dict_of(handle, __func__);
    return d && index < d->count ? d->entries[index].name : NULL;
}

accel_tensor *accel_dict_tensor(accel_dict *handle, size_t index)
{
    dict *d = dict_of(handle, __func__);
    return d && index < d->count ? d->entries[index].tensor : NULL;
}

accel_dict *dict_share(accel_dict *handle)
{
    accel_dict *copy = accel_dict_create();
    for (size_t i = 0; i < accel_dict_count(handle) && !accel_error_is_set(); i++)
        accel_dict_set(copy, accel_dict_name(handle, i), accel_dict_tensor(handle, i));
    return copy;
}

accel_tensor **dict_tensors(accel_dict *handle, size_t *count)
{
    *count = accel_dict_count(handle);
    accel_tensor **tensors = accel_error_is_set() ? NULL : memory_alloc(*count, sizeof *tensors);
    for (size_t i = 0; tensors && i < *count; i++)
        tensors[i] = accel_dict_tensor(handle, i);
    return tensors;
}
