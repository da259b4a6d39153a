/* Scopes as the rooms above use them: a loader keeps one and enters it again for each batch. */
#ifndef ACCEL_BASE_SCOPE_H
#define ACCEL_BASE_SCOPE_H

#include "base/object.h"

accel_scope *scope_create(void);         /* not entered */
void scope_enter(accel_scope *scope);    /* becomes the thread's innermost */
void scope_leave(accel_scope *scope);    /* leaves the thread's stack, from wherever it stands */
void scope_clear(accel_scope *scope);    /* ends what belongs to it */
void scope_free(accel_scope *scope);     /* clears, leaves, frees; NULL does nothing */
void scope_dissolve(accel_scope *scope); /* moves what belongs to it to the scope around, leaves, frees */

/* Gives a handle that has no owner (a disowned one) to a scope. */
accel_status scope_adopt(accel_scope *scope, object *o);

/* Moves `handle` out of `scope` if it belongs there: what a function returns from a scope of its own. */
void *scope_pass_out(accel_scope *scope, void *handle);

/* For object.c. */
accel_status scope_join_innermost(object *o);
void scope_forget(object *o);

#endif
