/* Handles: fixed cells that are never given back to malloc, so that a stale one can be told from a live one.
 *
 * Every public handle points at one of these. The first word is the payload: a pointer for most kinds, and for
 * tensors the engine's own tensor object, which makes a tensor handle usable as one of the engine's C handles.
 *
 *     +---------+---------+--------+------------+---------+------+
 *     | payload | class   | state  | references | scope   | slot |
 *     +---------+---------+--------+------------+---------+------+
 *
 * Ended cells wait in a queue before they are used again, so that for thousands of further handles a stale one
 * is recognised by its state.
 */
#ifndef ACCEL_BASE_OBJECT_H
#define ACCEL_BASE_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <accel/scope.h>

typedef struct object object;

/* What a kind of handle is called, and how its payload ends. */
typedef struct object_class {
    const char *name;
    void (*destroy)(object *o);
} object_class;

struct object {
    void *payload;
    const object_class *class;
    uint32_t state;
    atomic_uint references;
    struct accel_scope *scope; /* whose end drops the owner's reference; NULL for none */
    uint32_t slot;             /* index within that scope */
    bool owned;                /* the owner's reference still counts */
};

/* A new live handle, owned by the innermost scope (or the caller). On failure NULL, and `payload` is not taken.
 */
object *object_create(const object_class *class, void *payload);

/* A handle's payload; NULL with the reason recorded when the handle is NULL, has ended, or is of another kind.
   `what` names the argument in the message. */
void *object_payload(const void *handle, const object_class *class, const char *call, const char *what);

/* Whether the handle is live and of that kind; records why not. For kinds whose payload may be anything. */
bool object_check(const void *handle, const object_class *class, const char *call, const char *what);

/* "a" or "an", as the name wants it. */
const char *object_article(const object_class *class);

/* References beside the owner's. NULL does nothing. */
void *object_retain(void *handle);
void object_release(void *handle);

/* A reference for a new holder: the owner's own when there is one, so that what is given away in place does not
   outlive its holder, else a further one. NULL stays NULL. */
void *object_take(void *handle);

/* Takes the owner's reference away from every scope and gives it to the caller, who ends it with
   object_release: how a handle crosses to another thread. */
void object_disown(void *handle);

#endif
