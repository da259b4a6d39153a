/* The names of the files of a training state: the reference's, and some that only this library knows. */
#ifndef ACCEL_CHECKPOINT_LAYOUT_H
#define ACCEL_CHECKPOINT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LAYOUT_NAME = 64 };

/* The i-th of a kind: "optimizer.bin", "optimizer_1.bin" …. Returns `name`. */
const char *layout_name(char name[LAYOUT_NAME], const char *kind, size_t index, const char *ending);

/* Of a process, or of a registered object: "random_states_0.pkl" …. Returns `name`. */
const char *layout_numbered(char name[LAYOUT_NAME], const char *kind, size_t number, const char *ending);

/* Whether a name is one of these, or of such a file while it is written. */
bool layout_is_own(const char *name);

/* Whether it is one of these itself. */
bool layout_is_named(const char *name);

/* Whether a folder has a file of that name. */
bool layout_has(const char *folder, const char *name);

/* How many of a kind there are in a folder, from the first without a gap. */
size_t layout_count(const char *folder, const char *kind, const char *ending);
size_t layout_count_numbered(const char *folder, const char *kind, const char *ending);

/* The lowest number of such a name in a folder; -1: there is none. */
int64_t layout_first_numbered(const char *folder, const char *kind, const char *ending);

#define LAYOUT_RANDOM "random_states"
#define LAYOUT_PROCESS "accel_process"
#define LAYOUT_PART "accel_part"
#define LAYOUT_OBJECT "custom_checkpoint"

#endif
