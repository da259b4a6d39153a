/**
 * NumPy's array files.
 *
 *     accel_dict *arrays = accel_dict_create();
 *     accel_dict_set(arrays, "x", accel_npy_load("images.npy"));
 *     accel_dict_set(arrays, "labels", accel_npy_load("labels.npy"));
 *     accel_dataset *train = accel_tensor_dataset(arrays);
 */
#ifndef ACCEL_NPY_H
#define ACCEL_NPY_H

#include <accel/tensor.h>

ACCEL_BEGIN_DECLS

/** The array of a file that numpy.save wrote: new. The file is mapped, not copied, and must not shrink while the tensor lives;
    the tensor may be changed, which leaves the file as it is. Arrays in Fortran order have the strides of one. For a dataset,
    put it into the dict of accel_tensor_dataset. ACCEL_EFORMAT for a damaged file, ACCEL_EUNSUPPORTED for element types that tensors cannot have, for
    big-endian numbers, items with fields and Python objects, and for more than 64 dimensions. Source: numpy.load(mmap_mode="c"). */
ACCEL_API accel_tensor *accel_npy_load(const char *path);

ACCEL_END_DECLS

#endif
