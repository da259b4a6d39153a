/**
 * Weights in files: safetensors, and what torch.save writes; one file, or several with an index.
 *
 *     accel_load_state_dict(model, accel_load("pytorch_model.bin"));
 *     accel_load_checkpoint_in_model(model, "out");                             // a folder, a file or an index
 *     accelerator_save_model(acc, model, "out", .max_shard_size = "1GB");       // accelerator.h's, for all processes
 *
 * Files are mapped, not copied, and must not shrink while a tensor of one lives; tensors may be changed, which leaves the file as it
 * is. Nothing that a file of torch.save names is run: tensors and plain data are read, and the rest is refused by name.
 */
#ifndef ACCEL_CHECKPOINT_H
#define ACCEL_CHECKPOINT_H

#include <accel/accelerator.h>
#include <accel/dict.h>
#include <accel/module.h>

ACCEL_BEGIN_DECLS

/** Reads weights: a new dict of the tensors of a file of either kind, told by its content; of all files of an index, *.index.json; or
    of a folder: model.safetensors, its index, pytorch_model.bin or its index, the first of them that is there.
    In files of torch.save dicts in dicts and lists are named with dots, "optimizer.state.0.step", and numbers are tensors of no
    dimension; other values are left out and named in the log.
    ACCEL_ENOTFOUND, ACCEL_EIO; ACCEL_EFORMAT for a damaged file, with what is wrong; ACCEL_EUNSUPPORTED for other formats, for
    element types that tensors cannot have, and for pickles that need more than tensors and plain data, by name.
    Source: torch.load(weights_only=True), safetensors.torch.load_file. */
ACCEL_API accel_dict *accel_load(const char *path);

/** Writes a dict to one file: as torch.save does when the name ends in .bin, .pt, .pth or .pkl, otherwise as safetensors, byte for
    byte as Python does. The state dict of an optimizer becomes, in a file of torch.save, what PyTorch's optimizers load. It appears under its name when it is complete; until then, and on failure, what was there stays. */
ACCEL_API accel_status accel_save(accel_dict *dict, const char *path);

typedef struct accel_save_state_dict_options {
    size_t struct_size;
    const char *
        max_shard_size; /**< of a file: a number of KB, MB, GB or TB (decimal), or of bytes; one tensor may be larger */
    bool safe_serialization; /**< model.safetensors; false: pytorch_model.bin */
} accel_save_state_dict_options;
#define ACCEL_SAVE_STATE_DICT_DEFAULTS()                                                                       \
    .struct_size = sizeof(accel_save_state_dict_options), .max_shard_size = "10GB", .safe_serialization = true

/** Writes weights into a folder, which is made: one file, or several, model-00001-of-00003.safetensors …, with
    model.safetensors.index.json. Weights of an earlier save that are no part of this one are removed from it, in either form, so that
    no reader takes those. Entries that are one memory, such as tied weights, are one tensor of safetensors, under the first name, and
    stay tied in pytorch_model.bin. The files appear together when all are complete; on failure what was there stays.
    ACCEL_EINVAL for a size that is none; ACCEL_EIO. Source: Accelerator.save_model. */
ACCEL_API accel_status accel_save_state_dict_with(accel_dict *dict, const char *folder,
                                                  const accel_save_state_dict_options *options);
ACCEL_API accel_save_state_dict_options accel_save_state_dict_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_status, accel_save_state_dict, accel_dict *, const char *,
                  accel_save_state_dict_options)
#else
#define accel_save_state_dict(...)                                                                             \
    ACCEL_CALL_2(accel_save_state_dict_with, accel_save_state_dict_options, ACCEL_SAVE_STATE_DICT_DEFAULTS,    \
                 __VA_ARGS__)
#endif

typedef struct accel_load_checkpoint_options {
    size_t struct_size;
    const accel_device
        *device;       /**< where the model is put then: borrowed for the call; NULL: it stays where it is */
    accel_dtype dtype; /**< what its floating-point tensors become then; unset: they stay what they are */
    bool strict;       /**< a name that is missing or too many is an error; otherwise it is logged */
} accel_load_checkpoint_options;
#define ACCEL_LOAD_CHECKPOINT_DEFAULTS()                                                                       \
    .struct_size = sizeof(accel_load_checkpoint_options), .device = NULL, .dtype = ACCEL_DTYPE_UNSET,          \
    .strict = false

/** Copies the weights of accel_load(path) into a model, straight from the mapped files, converting dtypes. A wrong shape is an
    error. On failure nothing was copied.

        accel_load_checkpoint_in_model(model, "out", .device = &device, .dtype = ACCEL_BFLOAT16);

    Source: accelerate.load_checkpoint_in_model. */
ACCEL_API accel_status accel_load_checkpoint_in_model_with(accel_module *model, const char *path,
                                                           const accel_load_checkpoint_options *options);
ACCEL_API accel_load_checkpoint_options accel_load_checkpoint_options_default(void);
#ifdef __cplusplus
ACCEL_OVERLOADS_2(accel_status, accel_load_checkpoint_in_model, accel_module *, const char *,
                  accel_load_checkpoint_options)
#else
#define accel_load_checkpoint_in_model(...)                                                                    \
    ACCEL_CALL_2(accel_load_checkpoint_in_model_with, accel_load_checkpoint_options,                           \
                 ACCEL_LOAD_CHECKPOINT_DEFAULTS, __VA_ARGS__)
#endif

/** accel_save_state_dict of the model's weights by the main process, for which the others wait; with save_on_each_node by the first one of
    each machine. A failure is every process's, and costs the call alone. Collective.
    Source: Accelerator.save_model. */
ACCEL_API accel_status accelerator_save_model_with(accelerator *acc, accel_module *model, const char *folder,
                                                   const accel_save_state_dict_options *options);
/** accelerator_save_model(acc, model, "out", .max_shard_size = "1GB", .safe_serialization = true) */
#ifdef __cplusplus
ACCEL_OVERLOADS_3(accel_status, accelerator_save_model, accelerator *, accel_module *, const char *,
                  accel_save_state_dict_options)
#else
#define accelerator_save_model(...)                                                                            \
    ACCEL_CALL_3(accelerator_save_model_with, accel_save_state_dict_options, ACCEL_SAVE_STATE_DICT_DEFAULTS,   \
                 __VA_ARGS__)
#endif

/** accel_save by the main process, or with save_on_each_node by the first one of each machine, for which the others wait. Collective. Source: Accelerator.save. */
ACCEL_API accel_status accelerator_save(accelerator *acc, accel_dict *dict, const char *path);

ACCEL_END_DECLS

#endif
