/* Files of what single processes write: DIR/none_XXXXXX/attempt_0/1/stdout.log, as PyTorch's launcher has them. */
#ifndef ACCEL_LAUNCH_LOGS_H
#define ACCEL_LAUNCH_LOGS_H

#include <stddef.h>

#include <accel/error.h>

typedef struct logs {
    char *folder; /* of one attempt; NULL: there are none */
} logs;

/* The folder of a launch in `parent`, which is made, too: new, memory_free. NULL for NULL, which is no files, and on failure. */
char *logs_create_run(const char *parent);

/* That of one attempt in it; NULL: no files. */
accel_status logs_create(logs *l, const char *run, int attempt);
void logs_dispose(logs *l);

/* Where a process of this machine writes its standard output (0) or error (1): closed on exec; -1 where there are none. */
accel_status logs_open(const logs *l, int local, int sink, int *fd);

/* The last lines of its standard error, or "": of `size` bytes with the end. */
void logs_read_end(const logs *l, int local, char *text, size_t size);

#endif
