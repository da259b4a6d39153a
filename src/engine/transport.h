/* What carries a group's operations between CPUs in place of Gloo: a table of functions, plain C, in a shared object of its own
 * that is loaded when it is asked for.
 *
 * Buffers are in the memory of the CPU, and contiguous. Functions return when what they do is done; those that fail give false, or
 * NULL, and say why in a sentence.
 */
#ifndef ACCEL_ENGINE_TRANSPORT_H
#define ACCEL_ENGINE_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A channel between all processes, whose operations do not wait for those of others. */
typedef struct transport transport;

enum { TRANSPORT_TEXT = 512 };

typedef struct transport_options {
    int rank, size;
    int64_t timeout_ms; /* how long an operation waits for the others */
} transport_options;

typedef struct transport_table {
    size_t struct_size; /* sizeof(transport_table): one of another size is of another version */
    const char *name;   /* static */

    /* Collective; on any thread, but not on two at once. It may be on a thread that nobody waits for any more. */
    transport *(*open)(const transport_options *options, char why[TRANSPORT_TEXT]);
    /* No operation is under way, and none has failed; who failed, or was aborted, is never closed. */
    void (*close)(transport *t);
    /* From any thread: the operation under way and all later ones fail, soon. */
    void (*abort)(transport *t);
    /* Why the last operation failed; borrowed until the next one. */
    const char *(*error)(const transport *t);

    /* Of every process in the same order, one at a time on a channel. One that failed may write into its buffers, or read them,
       for ever. */

    /* The sum over the processes, in place; of booleans whether any is true. int16 comes as int32. */
    bool (*all_reduce)(transport *t, void *data, size_t count, accel_dtype dtype);
    bool (*broadcast)(transport *t, void *data, size_t bytes, int root);
    /* `out` is `bytes` of each process in their order; `in` may be this one's place in it. */
    bool (*all_gather)(transport *t, void *out, const void *in, size_t bytes);
} transport_table;

/* The table of that name, from $ACCEL_<NAME>_LIBRARY, else from libaccel_<name>.so beside this library, whose one symbol is
   accel_transport, a table. NULL on failure, recorded under `call`. */
const transport_table *transport_load(const char *name, const char *call);

#ifdef __cplusplus
}
#endif

#endif
