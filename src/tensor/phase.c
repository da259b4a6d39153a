#include "tensor/phase.h"

#include "engine/profiler.h"

phase *phase_begin(const char *name) { return engine_phase_begin(name); }
void phase_end(phase *p) { engine_phase_end(p); }
