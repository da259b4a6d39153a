/* How the tensors of a model are shared out over files. */
#ifndef ACCEL_SAFETENSORS_SHARDS_H
#define ACCEL_SAFETENSORS_SHARDS_H

#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>

/* A tensor to be placed: bytes; `tied_to`: the first entry that is the same memory, itself for most; its file comes out. */
typedef struct shard_entry {
    uint64_t size;
    size_t tied_to;
    size_t shard;
} shard_entry;

/* Places the entries in their order: each into the file at hand unless that would be larger than `max_size` bytes, which begins
   the next; what is larger by itself has a file of its own; tied entries are together and count once. Returns how many files
   there are, 1 at least, and the bytes of all. Source: huggingface_hub.split_torch_state_dict_into_shards. */
size_t shards_place(shard_entry *entries, size_t count, uint64_t max_size, uint64_t *total_size);

/* Bytes of "10GB", "1.5 mb", "200KB", "1TB" (decimal, as the reference has it) or "5000": in `size`. Fails under the name `call`. */
accel_status shards_parse_size(const char *call, const char *text, uint64_t *size);

#endif
