#include "base/object.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/scope.h"

enum {
    STATE_LIVE = 0x6c697665,
    STATE_ENDED = 0x646f6e65,
    STATE_FREED = 0x66726565, /* ended by the program itself */
    CELLS_PER_BLOCK = 1024,
    CELLS_RESTING = 8192, /* how many ended cells wait before one is used again */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static object *oldest, *newest; /* the queue of ended cells, linked through their payload */
static size_t resting;
static object *fresh; /* cells of the newest block that were never used */
static size_t fresh_count;
static size_t live;

size_t accel_live_handles(void)
{
    pthread_mutex_lock(&lock);
    size_t count = live;
    pthread_mutex_unlock(&lock);
    return count;
}

/* Called with the lock held. */
static object *take_cell(void)
{
    if (resting > CELLS_RESTING) {
        object *cell = oldest;
        oldest = cell->payload;
        resting--;
        return cell;
    }
    if (fresh_count == 0) {
        fresh = memory_alloc(CELLS_PER_BLOCK, sizeof *fresh);
        if (!fresh)
            return NULL;
        fresh_count = CELLS_PER_BLOCK;
    }
    fresh_count--;
    return fresh++;
}

/* Called with the lock held. */
static void rest_cell(object *cell)
{
    cell->payload = NULL;
    if (resting == 0)
        oldest = cell;
    else
        newest->payload = cell;
    newest = cell;
    resting++;
}

/* While it is destroyed it has a reference, so that whoever takes one meanwhile does not end it again. */
static void end(object *o)
{
    atomic_store_explicit(&o->references, 1, memory_order_relaxed);
    o->class->destroy(o);
    pthread_mutex_lock(&lock);
    o->state = STATE_ENDED;
    rest_cell(o);
    live--;
    pthread_mutex_unlock(&lock);
}

object *object_create(const object_class *class, void *payload)
{
    pthread_mutex_lock(&lock);
    object *o = take_cell();
    if (o)
        live++;
    pthread_mutex_unlock(&lock);
    if (!o)
        return NULL;
    o->payload = payload;
    o->class = class;
    atomic_store_explicit(&o->references, 1, memory_order_relaxed);
    o->scope = NULL;
    o->owned = true;
    o->state = STATE_LIVE;
    if (scope_join_innermost(o) == ACCEL_OK)
        return o;
    pthread_mutex_lock(&lock);
    o->state = STATE_ENDED;
    rest_cell(o);
    live--;
    pthread_mutex_unlock(&lock);
    return NULL;
}

const char *object_article(const object_class *class) { return strchr("aeiou", class->name[0]) ? "an" : "a"; }

bool object_check(const void *handle, const object_class *class, const char *call, const char *what)
{
    const object *o = handle;
    if (!o)
        accel_error_raise(ACCEL_EINVAL, call, "%s is NULL", what);
    else if (o->state == STATE_ENDED)
        accel_error_raise(ACCEL_ESTALE, call, "%s: this %s ended with its batch or scope; use accel_keep()",
                          what, o->class->name);
    else if (o->state == STATE_FREED)
        accel_error_raise(ACCEL_ESTALE, call, "%s: this %s was freed", what, o->class->name);
    else if (o->state != STATE_LIVE)
        accel_error_raise(ACCEL_EINVAL, call, "%s is not a handle of this library", what);
    else if (o->class != class)
        accel_error_raise(ACCEL_EINVAL, call, "%s is %s %s, expected %s %s", what, object_article(o->class),
                          o->class->name, object_article(class), class->name);
    else
        return true;
    return false;
}

void *object_payload(const void *handle, const object_class *class, const char *call, const char *what)
{
    return object_check(handle, class, call, what) ? ((const object *)handle)->payload : NULL;
}

void *object_retain(void *handle)
{
    object *o = handle;
    if (o)
        atomic_fetch_add_explicit(&o->references, 1, memory_order_relaxed);
    return handle;
}

void object_release(void *handle)
{
    object *o = handle;
    if (o && atomic_fetch_sub_explicit(&o->references, 1, memory_order_acq_rel) == 1)
        end(o);
}

void object_disown(void *handle)
{
    object *o = handle;
    if (!o)
        return;
    scope_forget(o);
    o->owned = false;
}

void *object_take(void *handle)
{
    object *o = handle;
    if (o && o->owned)
        object_disown(o);
    else
        object_retain(o);
    return handle;
}

void *accel_retain_handle(void *handle)
{
    object *o = handle;
    return o && object_check(o, o->class, "accel_retain", "handle") ? object_retain(o) : NULL;
}

void accel_release_handle(void *handle)
{
    object *o = handle;
    if (!o || !object_check(o, o->class, "accel_release", "handle"))
        return;
    if (o->owned && atomic_load(&o->references) == 1)
        accel_error_raise(ACCEL_EINVAL, "accel_release",
                          "this %s has no reference but its owner's; use accel_free()", o->class->name);
    else
        object_release(o);
}

void accel_free_handle(void *handle)
{
    object *o = handle;
    if (!o)
        return;
    if (o->state != STATE_LIVE) {
        accel_error_raise(ACCEL_ESTALE, "accel_free", "the handle has already ended");
    } else if (!o->owned) {
        accel_error_raise(ACCEL_EINVAL, "accel_free", "this %s is only borrowed and ends with its owner",
                          o->class->name);
    } else {
        object_disown(o);
        object_release(o);
        if (o->state == STATE_ENDED)
            o->state = STATE_FREED;
    }
}
