/* What the globals of a pickle do: the few that tensors and plain data need are played, every other is refused by name. Nothing
   that a file names is ever run. */
#ifndef ACCEL_PICKLE_REBUILD_H
#define ACCEL_PICKLE_REBUILD_H

#include "pickle/value.h"

/* Where values come from. */
typedef struct rebuilder {
    const char *path; /* begins messages */
    pickle_arena *arena;
    /* The storage of that key, of `size` bytes, made the first time; NULL with the failure recorded. */
    pickle_storage *(*find_storage)(void *user, const char *key, size_t size);
    void *user;
} rebuilder;

/* A global by its names: a value; NULL with ACCEL_EUNSUPPORTED for one that is not known. */
pickle_value *rebuild_global(rebuilder *r, const char *module, const char *name);

/* What calling a global with a tuple of arguments gives. */
pickle_value *rebuild_call(rebuilder *r, const pickle_value *global, const pickle_value *arguments);

/* Gives an object its state. */
accel_status rebuild_state(rebuilder *r, pickle_value *object, pickle_value *state);

/* The storage that a persistent id means. */
pickle_value *rebuild_storage(rebuilder *r, const pickle_value *id);

#endif
