/* Whether a file that is open still is what it was: samples of one that changes would be torn, or of other rows. */
#ifndef ACCEL_DATA_FILE_STATE_H
#define ACCEL_DATA_FILE_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <accel/error.h>

typedef struct file_state {
    bool is_regular; /* others, such as pipes, have nothing to compare */
    uint64_t device, inode;
    int64_t size;
    struct timespec written;
} file_state;

/* What an open file is now. */
file_state file_state_of(int fd);

/* ACCEL_EIO for one that changed since, in words that begin with `where`, its path or a row of it; `call` as in
   accel_error_raise. */
accel_status file_state_check(const file_state *then, int fd, const char *call, const char *where);

#endif
