/* Parts of the engine that only some machines have: shared objects that are loaded when they are needed, and stay. */
#ifndef ACCEL_ENGINE_PLUGIN_H
#define ACCEL_ENGINE_PLUGIN_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The symbol of the file that the environment variable names, else of `file` beside this library. NULL with `why` when it cannot
   be had. */
const void *plugin_load(const char *variable, const char *file, const char *symbol, char *why, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
