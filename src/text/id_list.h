/* A growing list of token ids. */
#ifndef ACCEL_TEXT_ID_LIST_H
#define ACCEL_TEXT_ID_LIST_H

#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>

/* Start with {0}. */
typedef struct id_list {
    uint32_t *data;
    size_t count, capacity;
} id_list;

accel_status id_list_append(id_list *list, uint32_t id);
void id_list_dispose(id_list *list);

#endif
