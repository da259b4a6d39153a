/**
 * Handles and scopes: who owns what, and until when.
 *
 * Everything the library makes (a tensor, a module, a loader …) is reached through a handle. Three words in the
 * comments say who owns one: `new` (the caller's, see below), `borrowed` (somebody else's; until when is said),
 * `taken` (given away, also when the call fails).
 *
 * A new handle belongs to the innermost open scope of its thread and ends with it. `accelerator_create` opens a
 * root scope that `accelerator_finish` closes; a loop over a loader opens one per batch, so that a batch and
 * what is computed from it end with the next batch; `accel_forward` opens one for its intermediate values. With
 * no scope open, a handle lives until `accel_free`.
 *
 *     accel_scoped() {
 *         accel_tensor *y = accel_add(a, b);     // ends with the block
 *         total = accel_keep(accel_sum(y));      // belongs to the scope around the block
 *     }
 *
 * Handles are reference counted: what `prepare`, a module or a dict was given stays alive as long as they need
 * it, whatever happens to the handle that was given. A handle used after its end is an error that says so
 * (ACCEL_ESTALE), not a crash; its place is given to another handle only after 8,192 further ones have ended.
 *
 * Threads: a handle may be used from any thread; a scope, and the handles that still belong to it, are kept or
 * freed only by the thread that opened the scope.
 */
#ifndef ACCEL_SCOPE_H
#define ACCEL_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include <accel/error.h>

ACCEL_BEGIN_DECLS

/* The kinds of handle. */
typedef struct accel_tensor accel_tensor;
typedef struct accel_dict accel_dict;
typedef struct accel_generator accel_generator;
typedef struct accel_module accel_module;
typedef struct accel_optimizer accel_optimizer;
typedef struct accel_scheduler accel_scheduler;
typedef struct accel_dataset accel_dataset;
typedef struct accel_loader accel_loader;
typedef struct accel_table accel_table;
typedef struct accel_tokenizer accel_tokenizer;
typedef struct accel_progress accel_progress;
typedef struct accelerator accelerator;

/** An open scope. */
typedef struct accel_scope accel_scope;

/** Opens a scope inside this thread's innermost one. NULL on failure. Close it with accel_scope_end. */
ACCEL_API accel_scope *accel_scope_begin(void);

/** Ends every handle that still belongs to the scope, and the scope. NULL does nothing. Scopes may end in any
    order; works while an error is recorded. */
ACCEL_API void accel_scope_end(accel_scope *scope);

/** The state of a `accel_scoped` block. */
typedef struct accel_scope_block {
    bool open;
    accel_scope *scope;
} accel_scope_block;

ACCEL_API accel_scope_block accel_scope_block_begin(void);
ACCEL_API void accel_scope_block_end(accel_scope_block *block);

/** A block whose handles end with it. */
#define accel_scoped() ACCEL_BLOCK(accel_scope_block, accel_scope_block_begin(), accel_scope_block_end)

/** How many handles are alive in the process: for tests, and to find a leak. */
ACCEL_API size_t accel_live_handles(void);

/* The untyped forms behind accel_keep, accel_free, accel_retain and accel_release. */
ACCEL_API void *accel_keep_handle(void *handle);
ACCEL_API void accel_free_handle(void *handle);
ACCEL_API void *accel_retain_handle(void *handle);
ACCEL_API void accel_release_handle(void *handle);

ACCEL_END_DECLS

/* X(type): every kind of handle that accel_keep and accel_free take. */
#define ACCEL_HANDLE_TABLE(X)                                                                                  \
    X(accel_tensor)                                                                                            \
    X(accel_dict)                                                                                              \
    X(accel_generator)                                                                                         \
    X(accel_module)                                                                                            \
    X(accel_optimizer)                                                                                         \
    X(accel_scheduler) X(accel_dataset) X(accel_loader) X(accel_table) X(accel_tokenizer) X(accel_progress)

#ifdef __cplusplus
#define ACCEL_HANDLE_FUNCTIONS(type)                                                                           \
    inline type *accel_keep(type *handle) { return static_cast<type *>(accel_keep_handle(handle)); }           \
    inline void accel_free(type *handle) { accel_free_handle(handle); }                                        \
    inline type *accel_retain(type *handle) { return static_cast<type *>(accel_retain_handle(handle)); }       \
    inline void accel_release(type *handle) { accel_release_handle(handle); }
ACCEL_HANDLE_TABLE(ACCEL_HANDLE_FUNCTIONS)
#undef ACCEL_HANDLE_FUNCTIONS
#else
/* Accepts a pointer to any kind of handle and nothing else: anything else is a compile error. */
#define ACCEL_HANDLE(h)                                                                                        \
    ((void)_Generic((h),                                                                                       \
     accel_tensor *: 0,                                                                                        \
     accel_dict *: 0,                                                                                          \
     accel_generator *: 0,                                                                                     \
     accel_module *: 0,                                                                                        \
     accel_optimizer *: 0,                                                                                     \
     accel_scheduler *: 0,                                                                                     \
     accel_dataset *: 0,                                                                                       \
     accel_loader *: 0,                                                                                        \
     accel_table *: 0,                                                                                         \
     accel_tokenizer *: 0,                                                                                     \
     accel_progress *: 0),                                                                                     \
     (void *)(h))

/** Moves a handle one scope out: from the scope it belongs to (a batch's, a block's) to the scope around that
    one, or to the caller alone when there is none. A borrowed handle gets an owner of its own there. Returns
   the handle, so that it can be written around a call; NULL stays NULL. */
#define accel_keep(h) ((__typeof__(h))accel_keep_handle(ACCEL_HANDLE(h)))

/** Ends a handle now, at any time and in any order; what others still need of it stays alive. NULL does
   nothing. Works while an error is recorded. Freeing a handle twice, or one that is only borrowed, is an error.
 */
#define accel_free(h) accel_free_handle(ACCEL_HANDLE(h))

/** A further reference, for code that needs what it was given for longer than the call: the handle stays alive until
    accel_release, whatever scope it belongs to. NULL stays NULL. */
#define accel_retain(h) ((__typeof__(h))accel_retain_handle(ACCEL_HANDLE(h)))

/** Ends such a reference, on any thread. NULL does nothing. */
#define accel_release(h) accel_release_handle(ACCEL_HANDLE(h))
#endif

#endif
