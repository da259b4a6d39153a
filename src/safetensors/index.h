/* The index of a model in several files: which tensor is in which. Its files may be of safetensors or of torch.save. */
#ifndef ACCEL_SAFETENSORS_INDEX_H
#define ACCEL_SAFETENSORS_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>

/* A tensor's name, and the name of its file, which is in the index's own folder. */
typedef struct safetensors_place {
    const char *name, *file;
} safetensors_place;

typedef struct safetensors_index safetensors_index;

/* Reads an index. NULL on failure: ACCEL_ENOTFOUND, ACCEL_EIO; ACCEL_EFORMAT for what is no such index, or for a file's name that
   leads out of the folder. New; end it with safetensors_index_close. */
safetensors_index *safetensors_index_open(const char *path);

/* The same for bytes at hand, which are not needed afterwards; `name` stands for the path in messages. */
safetensors_index *safetensors_index_from_memory(const char *name, const void *bytes, size_t size);

void safetensors_index_close(safetensors_index *index); /* NULL does nothing */

/* All places in the order of their names; all files, each once, in the order of theirs. Borrowed. */
const safetensors_place *safetensors_index_places(const safetensors_index *index, size_t *count);
const char *const *safetensors_index_files(const safetensors_index *index, size_t *count);

/* The text of an index, byte for byte as json.dumps(…, indent=2, sort_keys=True) writes it, and a line's end: new memory, to be freed
   with memory_free. `total_size`: bytes of all tensors, tied ones once. Sorts `places`. NULL on failure. */
char *safetensors_index_text(safetensors_place *places, size_t count, uint64_t total_size);

#endif
