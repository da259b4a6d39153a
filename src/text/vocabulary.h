/* Tokens and their ids, both ways. */
#ifndef ACCEL_TEXT_VOCABULARY_H
#define ACCEL_TEXT_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

typedef struct vocabulary_entry {
    uint64_t hash;
    size_t text; /* where its bytes start in `texts`, where a zero byte follows them */
    uint32_t size, id;
} vocabulary_entry;

/* What is looked up; an open-addressed table of at most half its slots taken. */
typedef struct vocabulary_slot {
    uint32_t tag, entry; /* bits of the hash, index of the entry + 1; 0 for a free slot */
} vocabulary_slot;

/* Start with {0}. */
typedef struct vocabulary {
    vocabulary_entry *entries;
    size_t count, capacity;
    buffer texts;
    vocabulary_slot *slots;
    size_t slot_mask;
    uint32_t *by_id; /* entries in the order of their ids, once sealed */
    size_t longest;  /* bytes of the longest token */
} vocabulary;

/* Room for `capacity` tokens. */
accel_status vocabulary_reserve(vocabulary *v, size_t capacity);

/* Adds a token that is not there yet; at most as many as there is room for. */
accel_status vocabulary_add(vocabulary *v, const char *token, size_t size, uint32_t id);

/* Makes ids findable. `path` names the file for the message when two tokens share one. */
accel_status vocabulary_seal(vocabulary *v, const char *path);

void vocabulary_dispose(vocabulary *v);

enum { VOCABULARY_NONE = -1 };

/* The index of an entry, or VOCABULARY_NONE. */
int64_t vocabulary_find(const vocabulary *v, const char *token, size_t size);
int64_t vocabulary_find_id(const vocabulary *v, int64_t id);

/* The token of an entry. */
const char *vocabulary_text(const vocabulary *v, int64_t entry);

/* A token is hashed byte by byte, so that one walk over a word hashes all its beginnings. */
#define VOCABULARY_HASH_START UINT64_C(0xCBF29CE484222325)
static inline uint64_t vocabulary_hash_byte(uint64_t hash, char byte)
{
    return (hash ^ (unsigned char)byte) * UINT64_C(0x100000001B3); /* FNV-1a */
}
uint64_t vocabulary_hash(uint64_t hash, const char *bytes, size_t size);

/* The entry of the token head + tail, whose hash is known. */
int64_t vocabulary_find_hashed(const vocabulary *v, uint64_t hash, const char *head, size_t head_size,
                               const char *tail, size_t tail_size);

#endif
