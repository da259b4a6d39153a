/* A folder that appears under its name only when everything in it is complete.
 *
 * Until then it is a hidden folder beside it, ".NAME.saving-ID", or, since the original counts what is in a folder called
 * "checkpoints", beside that one: ".checkpoints+NAME.saving-ID". What was there before stays until the new one is complete. Then
 * the two change places in one step of the file system, files that are no part of a training state are in both by then, and the old
 * one goes. On a file system that knows no such step the old one is first moved away, as ".NAME.replaced-ID".
 *
 * Who finds such a folder that nobody holds any more, by its lock, ends what its owner began: staging_sweep.
 */
#ifndef ACCEL_CHECKPOINT_STAGING_H
#define ACCEL_CHECKPOINT_STAGING_H

#include <stdbool.h>
#include <stdint.h>

#include <accel/error.h>

typedef struct staging staging;

/* One that no other save has. */
uint64_t staging_number(void);

/* For a save into `target`; all processes of it have one number. `makes`: makes the folder, and what it is in; the others wait for it.
   The path of the target is what links lead to. NULL on failure. */
staging *staging_open(const char *target, uint64_t number, bool makes, const char *call);

/* Has the commit refuse to take the place of what is there by then; NULL does nothing. */
void staging_keep_others(staging *s);

/* Where to write. Borrowed. */
const char *staging_folder(const staging *s);

/* By the one who made it, after everything else is written and synced: puts it in place. Takes it, also on failure, which leaves what
   was there. */
accel_status staging_commit(staging *s, const char *call);

/* Takes it, and removes the folder if it made it; NULL does nothing. */
void staging_abandon(staging *s);

/* Ends what saves left that nobody holds any more, in the folder that those into `target` are made in: complete ones are put in place
   where there is nothing, others removed. What cannot be, stays and is logged. */
void staging_sweep(const char *target, const char *call);

/* Removes a folder, in one step as far as others can see. */
accel_status staging_remove(const char *target);

#endif
