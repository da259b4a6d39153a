#include "base/waiting.h"

#include <stdatomic.h>
#include <stddef.h>

static _Atomic(const char *) current;

void waiting_begin(const char *what) { current = what; }
void waiting_end(void) { current = NULL; }
const char *waiting_for(void) { return current; }
