/* The checksum of event files: CRC-32C (Castagnoli), as RFC 3720 has it. */
#ifndef ACCEL_TRACK_CRC32C_H
#define ACCEL_TRACK_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(const void *bytes, size_t size);

/* The same as TFRecord files keep it: turned and shifted, so that a checksum of data with checksums is none of theirs. */
uint32_t crc32c_masked(const void *bytes, size_t size);

#endif
