/* Stretches of time that a profile shows by name: free where nothing is profiled. */
#ifndef ACCEL_TENSOR_PHASE_H
#define ACCEL_TENSOR_PHASE_H

typedef struct engine_phase phase;

/* `name` is static. End them in the opposite order, on the same thread; NULL does nothing. */
phase *phase_begin(const char *name);
void phase_end(phase *p);

#endif
