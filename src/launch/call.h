/* The public function under whose name this room's failures are recorded. The command shows their messages alone. */
#ifndef ACCEL_LAUNCH_CALL_H
#define ACCEL_LAUNCH_CALL_H

#define LAUNCH_CALL "accelerator_spawn"

#endif
