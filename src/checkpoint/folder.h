/* A model's weights in a folder: one file, or several with an index. */
#ifndef ACCEL_CHECKPOINT_FOLDER_H
#define ACCEL_CHECKPOINT_FOLDER_H

#include <accel/checkpoint.h>

/* Adds the weights of a folder, or of all files of an index, to a dict. */
accel_status folder_read(accel_dict *dict, const char *folder, const char *call);
accel_status folder_read_index(accel_dict *dict, const char *path, const char *call);

#endif
