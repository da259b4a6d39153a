/* How files of weights are called: "model.safetensors", or "model-00001-of-00003.safetensors" … and "model.safetensors.index.json"; and
 * those of torch.save, "pytorch_model.bin" …. */
#ifndef ACCEL_SAFETENSORS_WEIGHT_NAME_H
#define ACCEL_SAFETENSORS_WEIGHT_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* In the order in which a folder is searched for them. */
typedef enum weight_form { WEIGHT_SAFETENSORS, WEIGHT_PICKLE, WEIGHT_FORMS } weight_form;

enum { WEIGHT_NAME = 64 };

/* The file of a whole model, the index of several, and one of them, from 1 on. Each returns `name`. */
const char *weight_name_whole(char name[WEIGHT_NAME], weight_form form);
const char *weight_name_index(char name[WEIGHT_NAME], weight_form form);
const char *weight_name_shard(char name[WEIGHT_NAME], weight_form form, size_t number, size_t count);

/* How many files there are as one of them is called; 0 for any other name. */
size_t weight_name_shards(weight_form form, const char *name);

/* Whether a name is one of these, of either form. */
bool weight_name_is_own(const char *name);

/* Whether a file of any name is an index, or one of torch.save, as its last letters say. */
bool weight_name_is_index(const char *path);
bool weight_name_is_pickle(const char *path);

#endif
