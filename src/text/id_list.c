#include "text/id_list.h"

#include "base/memory.h"

accel_status id_list_append(id_list *list, uint32_t id)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        uint32_t *data = memory_resize(list->data, capacity, sizeof *data);
        if (!data)
            return accel_error_status();
        list->data = data;
        list->capacity = capacity;
    }
    list->data[list->count++] = id;
    return ACCEL_OK;
}

void id_list_dispose(id_list *list)
{
    memory_free(list->data);
    *list = (id_list){0};
}
