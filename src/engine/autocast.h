/* Autocast: operations of this thread that choose their dtype, plain C. */
#ifndef ACCEL_ENGINE_AUTOCAST_H
#define ACCEL_ENGINE_AUTOCAST_H

#include "engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What holds for operations on devices of one type. */
typedef struct engine_autocast {
    bool enabled;
    accel_dtype dtype; /* ACCEL_FLOAT16 or ACCEL_BFLOAT16 */
    bool cache;        /* keep the parameters that were cast until the outermost block ends: on all devices */
    accel_device_type device;
} engine_autocast;

/* Enters a block in which `to` holds; `before` is what held until now. */
accel_status engine_autocast_enter(const engine_autocast *to, engine_autocast *before);
/* Leaves it. */
void engine_autocast_leave(const engine_autocast *before);
bool engine_autocast_is_enabled(void);
/* Parameters that were cast and kept are cast anew. */
void engine_autocast_forget(void);

#ifdef __cplusplus
}
#endif

#endif
