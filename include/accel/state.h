/**
 * Training that goes on where it stopped: the whole state in a folder, out and in.
 *
 *     accelerator *acc = accelerator_create(.project_dir = "run", .automatic_checkpoint_naming = true, .total_limit = 3);
 *     …
 *     accelerator_prepare(acc, train, model, optimizer, scheduler);
 *     if (resume)
 *         accelerator_load_state(acc, NULL);               // the newest one that is complete
 *     for (int64_t epoch = accel_loader_epoch(train); epoch < 3; epoch++)
 *         accel_for_each (batch, train) {                  // goes on in the middle of an epoch, too
 *             …
 *             if (++step % 100 == 0)
 *                 accelerator_save_state(acc, NULL, .async = true);
 *         }
 *
 * In the folder are the files of the reference, with what it has in them, so that either takes up what the other saved:
 * model.safetensors (or pytorch_model.bin), optimizer.bin, scheduler.bin, scaler.pt, random_states_0.pkl …, custom_checkpoint_0.pkl …,
 * a second model's model_1.safetensors and so on. Beside them are accel_process_0.bin …, with what it does not save: where loaders are,
 * and gradients that are being added up; and accel_manifest.json, with the sizes and hashes of all files.
 *
 * With the same number of processes training goes on as if it had not stopped, to the last bit. With another number loaders go on
 * with the samples that are left, in the same order; a process that has no file of random numbers seeds its generators from process 0's and its own
 * number; and gradients of a step that was not complete are an error.
 *
 * A folder appears under its name when everything in it is complete and on the disk; until then, and on any failure, what was there
 * stays. Files that are no part of a state stay in it.
 *
 * Source: Accelerator.save_state, load_state, register_for_checkpointing.
 */
#ifndef ACCEL_STATE_H
#define ACCEL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/accelerator.h>
#include <accel/dict.h>

ACCEL_BEGIN_DECLS

typedef struct accelerator_save_state_options {
    size_t struct_size;
    bool safe_serialization; /**< model.safetensors; false: pytorch_model.bin */

    /** Training goes on once everything is copied to memory, and a thread writes. What fails then is recorded by the next save or load,
        accelerator_wait_for_save_state or accelerator_finish, all of which wait for it. */
    bool async;
} accelerator_save_state_options;
#define ACCELERATOR_SAVE_STATE_DEFAULTS()                                                                      \
    .struct_size = sizeof(accelerator_save_state_options), .safe_serialization = true, .async = false

/** Saves the state of everything that is prepared or registered, of the random numbers and of the loops under way, into a folder,
    which is made. NULL: PROJECT_DIR/checkpoints/checkpoint_N, of automatic_checkpoint_naming; the oldest ones go when there are more
    than total_limit. Collective, with the same words for the folder in all processes; on the accelerator's own thread.
    On failure what was there stays, and training may go on: ACCEL_EIO; ACCEL_EINVAL; ACCEL_EMISMATCH for another folder or other options
    in another process; ACCEL_ENOTFOUND where machines see different disks, for which there is save_on_each_node. ACCEL_EPEER and
    ACCEL_ETIMEOUT lose the group, as in every call.
    With save_on_each_node and .async an old state goes when all machines are known to have the new one: at the next save.
    Source: Accelerator.save_state, which removes the oldest one first. */
ACCEL_API accel_status accelerator_save_state_with(accelerator *acc, const char *folder,
                                                   const accelerator_save_state_options *options);
ACCEL_API accelerator_save_state_options accelerator_save_state_options_default(void);
/** accelerator_save_state(acc, "out/step_100", .async = true) */
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_status, accelerator_save_state, accelerator *, const char *,
                  accelerator_save_state_options)
#else
#define accelerator_save_state(...)                                                                            \
    ACCEL_CALL_2(accelerator_save_state_with, accelerator_save_state_options, ACCELERATOR_SAVE_STATE_DEFAULTS, \
                 __VA_ARGS__)
#endif

/** Waits until what accelerator_save_state has begun with .async is in place. Collective: a failure is every process's. */
ACCEL_API accel_status accelerator_wait_for_save_state(accelerator *acc);

/**
 * Takes up a state, in the order and the numbers in which things were prepared and registered. NULL: the highest number in
 * PROJECT_DIR/checkpoints that is complete; the log names those that it skipped, and why. Call it between loops, after everything is
 * prepared. Collective.
 *
 * What this library saved is compared with its manifest first. Everything is read before anything changes: ACCEL_ENOTFOUND for
 * what is missing; ACCEL_EFORMAT for what is damaged, with the file and the tensor; ACCEL_EMISMATCH for a state of other things than are
 * prepared. After that only a load_state_dict of the program's own can fail, and then training does not go on. A state of Python's has
 * no place of loaders: they begin an epoch.
 *
 * Source: Accelerator.load_state, which begins the numbers of checkpoints anew, and goes on without random states when it cannot
 * read them.
 */
ACCEL_API accel_status accelerator_load_state(accelerator *acc, const char *folder);

/** The number of the next state that automatic_checkpoint_naming saves; -1 on failure. Source: Accelerator.save_iteration. */
ACCEL_API int64_t accelerator_save_iteration(accelerator *acc);

/** Something of the program's own that is saved with a state. */
typedef struct accel_checkpointable {
    const char *name; /**< which must be the same when it is loaded, at most 480 bytes; copied */
    void *user;
    /** Of the main process, or with save_on_each_node of the first one of each machine: what is to be saved: new, and left alone from then on. An entry without dimensions that is int64, float64 or boolean
        becomes a number to Python. NULL with an error recorded fails the save. */
    accel_dict *(*state_dict)(void *user);
    /** Of every process: takes it up; numbers are tensors without dimensions. Borrowed. */
    accel_status (*load_state_dict)(void *user, accel_dict *state);
} accel_checkpointable;

/** Adds it: copied, what it leads to is borrowed until the accelerator ends. Collective in the sense that all processes register the
    same. Source: Accelerator.register_for_checkpointing. */
ACCEL_API accel_status accelerator_register_for_checkpointing(accelerator *acc,
                                                              const accel_checkpointable *checkpointable);

/** Called in every process before a state is saved, with the folder that is being made, in which it may write files of its own;
    or before one is loaded; links among them are no part of the state. It may not save or load one. A failure that it records is that of the call. */
typedef accel_status accelerator_state_hook(void *user, accelerator *acc, const char *folder);

/** Adds one; they are called in this order. Source: Accelerator.register_save_state_pre_hook, register_load_state_pre_hook. */
ACCEL_API accel_status accelerator_register_save_state_pre_hook(accelerator *acc, accelerator_state_hook *hook,
                                                                void *user);
ACCEL_API accel_status accelerator_register_load_state_pre_hook(accelerator *acc, accelerator_state_hook *hook,
                                                                void *user);

ACCEL_END_DECLS

#endif
