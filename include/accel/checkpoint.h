/**
 * Weights in files.
 *
 * Source: safetensors.torch.load_file, save_file.
 */
#ifndef ACCEL_CHECKPOINT_H
#define ACCEL_CHECKPOINT_H

#include <accel/dict.h>

ACCEL_BEGIN_DECLS

/** Reads a safetensors file: a new dict of its tensors in the order of the file. The file is mapped, not copied, and must
    not shrink while a tensor of it lives; tensors may be changed, which leaves the file as it is. ACCEL_ENOTFOUND,
    ACCEL_EIO; ACCEL_EFORMAT for a damaged file, with what is wrong; ACCEL_EUNSUPPORTED for another format and for
    element types that tensors cannot have. */
ACCEL_API accel_dict *accel_load(const char *path);

/** Writes a dict as a safetensors file, byte for byte as Python does. It appears under its name when it is complete;
    until then, and on failure, what was there stays. */
ACCEL_API accel_status accel_save(accel_dict *dict, const char *path);

ACCEL_END_DECLS

#endif
