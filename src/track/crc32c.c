#include "track/crc32c.h"

#include <pthread.h>

static uint32_t table[256];

static void make_table(void)
{
    const uint32_t polynomial = 0x82f63b78; /* its bits from the lowest power up */
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; bit++)
            rest = rest & 1 ? rest >> 1 ^ polynomial : rest >> 1;
        table[byte] = rest;
    }
}

uint32_t crc32c(const void *bytes, size_t size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_table);
    const unsigned char *byte = bytes;
    uint32_t rest = 0xffffffff;
    for (size_t i = 0; i < size; i++)
        rest = table[(rest ^ byte[i]) & 0xff] ^ rest >> 8;
    return rest ^ 0xffffffff;
}

uint32_t crc32c_masked(const void *bytes, size_t size)
{
    uint32_t sum = crc32c(bytes, size);
    return (sum >> 15 | sum << 17) + 0xa282ead8;
}
