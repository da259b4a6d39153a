#include "checkpoint/tied.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "tensor/tensor.h"

/* An entry by where its elements begin. */
typedef struct place {
    uintptr_t address;
    size_t index;
    engine_view view;
} place;

static int compare_places(const void *left, const void *right)
{
    const place *a = left, *b = right;
    int order = (a->address > b->address) - (a->address < b->address);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static bool is_same(const place *a, const place *b)
{
    return a->address == b->address && a->view.dtype == b->view.dtype &&
           tensor_same_shape(&a->view, &b->view) && tensor_same_strides(&a->view, &b->view);
}

static accel_status find_places(accel_dict *dict, place *places, size_t count, const char *call)
{
    for (size_t i = 0; i < count; i++) {
        accel_tensor *tensor = accel_dict_tensor(dict, i);
        if (tensor_view(tensor, call, &places[i].view) != ACCEL_OK)
            return accel_error_status();
        places[i].index = i;
        places[i].address = places[i].view.numel > 0 ? (uintptr_t)accel_tensor_device_data(tensor) : 0;
    }
    return accel_error_status();
}

size_t *tied_find(accel_dict *dict, const char *call)
{
    RETURN_NULL_IF_FAILED();
    size_t count = accel_dict_count(dict);
    size_t *first = accel_error_is_set() ? NULL : memory_alloc(count, sizeof *first);
    place *places = first ? memory_alloc(count, sizeof *places) : NULL;
    if (places && find_places(dict, places, count, call) == ACCEL_OK) {
        qsort(places, count, sizeof *places, compare_places);
        for (size_t i = 0; i < count; i++) {
            first[places[i].index] = places[i].index;
            for (size_t k = i; k-- > 0 && places[i].address && places[k].address == places[i].address;)
                if (is_same(&places[k], &places[i]))
                    first[places[i].index] = first[places[k].index];
        }
    }
    memory_free(places);
    if (!accel_error_is_set())
        return first;
    memory_free(first);
    return NULL;
}

accel_dict *tied_once(accel_dict *dict, const char *call)
{
    size_t *first = tied_find(dict, call);
    accel_dict *once = first ? accel_dict_create() : NULL;
    for (size_t i = 0; once && i < accel_dict_count(dict) && !accel_error_is_set(); i++)
        if (first[i] == i)
            accel_dict_set(once, accel_dict_name(dict, i), accel_dict_tensor(dict, i));
    memory_free(first);
    if (!accel_error_is_set())
        return once;
    accel_free(once);
    return NULL;
}
