/* What a program waits for outside of the calls of its group, for whoever asks where the process is. */
#ifndef ACCEL_BASE_WAITING_H
#define ACCEL_BASE_WAITING_H

/* From the thread that trains, one after another; `what` is static. */
void waiting_begin(const char *what);
void waiting_end(void);

/* From any thread: what it waits for now, NULL for nothing. */
const char *waiting_for(void);

#endif
