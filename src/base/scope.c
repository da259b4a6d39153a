#include "base/scope.h"

#include "base/error.h"
#include "base/memory.h"

struct accel_scope {
    object **items;
    size_t count, capacity;
    accel_scope *outer; /* while entered */
    bool entered;
};

static _Thread_local accel_scope *innermost;

accel_scope *scope_create(void) { return memory_alloc(1, sizeof(accel_scope)); }

void scope_enter(accel_scope *scope)
{
    if (scope->entered)
        return;
    scope->outer = innermost;
    scope->entered = true;
    innermost = scope;
}

void scope_leave(accel_scope *scope)
{
    for (accel_scope **link = &innermost; *link; link = &(*link)->outer) {
        if (*link != scope)
            continue;
        *link = scope->outer;
        break;
    }
    scope->outer = NULL;
    scope->entered = false;
}

/* Makes room for one more handle. */
static accel_status reserve(accel_scope *scope)
{
    if (scope->count < scope->capacity)
        return ACCEL_OK;
    size_t capacity = scope->capacity ? scope->capacity * 2 : 32;
    object **items = memory_resize(scope->items, capacity, sizeof *items);
    if (!items)
        return accel_error_status();
    scope->items = items;
    scope->capacity = capacity;
    return ACCEL_OK;
}

static accel_status add(accel_scope *scope, object *o)
{
    accel_status status = reserve(scope);
    if (status != ACCEL_OK)
        return status;
    o->scope = scope;
    o->slot = (uint32_t)scope->count;
    scope->items[scope->count++] = o;
    return ACCEL_OK;
}

accel_status scope_join_innermost(object *o) { return innermost ? add(innermost, o) : ACCEL_OK; }

void scope_forget(object *o)
{
    accel_scope *scope = o->scope;
    if (!scope)
        return;
    object *last = scope->items[--scope->count];
    scope->items[o->slot] = last;
    last->slot = o->slot;
    o->scope = NULL;
}

void scope_clear(accel_scope *scope)
{
    while (scope->count > 0) {
        object *last = scope->items[scope->count - 1];
        object_disown(last);
        object_release(last);
    }
}

void scope_free(accel_scope *scope)
{
    if (!scope)
        return;
    scope_leave(scope);
    scope_clear(scope);
    memory_free(scope->items);
    memory_free(scope);
}

accel_status scope_adopt(accel_scope *scope, object *o)
{
    accel_status status = add(scope, o);
    if (status == ACCEL_OK)
        o->owned = true;
    return status;
}

/* Gives the owner's reference to `target`, or to the caller alone. Without memory it stays where it is, so
   that it still ends. */
static void move(object *o, accel_scope *target)
{
    if (target && reserve(target) != ACCEL_OK)
        return;
    scope_forget(o);
    if (target)
        add(target, o);
}

void *scope_pass_out(accel_scope *scope, void *handle)
{
    object *o = handle;
    if (o && o->scope == scope)
        move(o, scope->outer);
    return handle;
}

/* Without memory for them all they end here. */
void scope_dissolve(accel_scope *scope)
{
    for (size_t left = scope->count; left > 0; left--)
        move(scope->items[left - 1], scope->outer);
    scope_free(scope);
}

void *accel_keep_handle(void *handle)
{
    object *o = handle;
    if (!o || !object_check(o, o->class, "accel_keep", "handle"))
        return NULL;
    if (o->owned) {
        accel_scope *from = o->scope;
        if (from)
            move(o, from->entered ? from->outer : innermost);
        return handle;
    }
    accel_scope *target = innermost ? innermost->outer : NULL;
    if (target && reserve(target) != ACCEL_OK)
        return NULL;
    object_retain(o);
    o->owned = true;
    move(o, target);
    return handle;
}

accel_scope *accel_scope_begin(void)
{
    RETURN_NULL_IF_FAILED();
    accel_scope *scope = scope_create();
    if (scope)
        scope_enter(scope);
    return scope;
}

static bool is_entered(const accel_scope *scope)
{
    for (const accel_scope *s = innermost; s; s = s->outer)
        if (s == scope)
            return true;
    return false;
}

void accel_scope_end(accel_scope *scope)
{
    if (!scope)
        return;
    if (is_entered(scope))
        scope_free(scope);
    else
        RAISE(ACCEL_EINVAL, "the scope has ended already, or is another thread's");
}

accel_scope_block accel_scope_block_begin(void)
{
    return (accel_scope_block){.open = true, .scope = accel_scope_begin()};
}

void accel_scope_block_end(accel_scope_block *block)
{
    if (block)
        accel_scope_end(block->scope);
}
