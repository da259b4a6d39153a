#include "safetensors/shards.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

/* Entries of the file at hand have no number yet: it is numbered when it ends, after larger ones that came meanwhile. */
#define AT_HAND SIZE_MAX

static void number_at_hand(shard_entry *entries, size_t count, size_t number)
{
    for (size_t i = 0; i < count; i++)
        if (entries[i].shard == AT_HAND)
            entries[i].shard = number;
}

size_t shards_place(shard_entry *entries, size_t count, uint64_t max_size, uint64_t *total_size)
{
    size_t shards = 0;
    uint64_t at_hand = 0;
    bool any = false;
    *total_size = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t size = entries[i].size;
        if (entries[i].tied_to != i)
            continue;
        *total_size += size;
        if (size > max_size) {
            entries[i].shard = shards++;
            continue;
        }
        if (any && at_hand + size > max_size) {
            number_at_hand(entries, i, shards++);
            at_hand = 0;
        }
        entries[i].shard = AT_HAND;
        at_hand += size;
        any = true;
    }
    if (any)
        number_at_hand(entries, count, shards++);
    for (size_t i = 0; i < count; i++)
        entries[i].shard = entries[entries[i].tied_to].shard;
    return shards ? shards : 1;
}

accel_status shards_parse_size(const char *call, const char *text, uint64_t *size)
{
    static const struct {
        const char *name;
        double bytes;
    } units[] = {{"", 1}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}};
    char *end = NULL;
    bool plain = text && strspn(text, "0123456789.") > 0 && !strpbrk(text, "xX");
    double number = plain ? strtod(text, &end) : (double)NAN;
    while (end && isspace((unsigned char)*end))
        end++;
    for (size_t i = 0; end != text && i < sizeof units / sizeof units[0]; i++)
        if (end && strcasecmp(end, units[i].name) == 0 && number >= 0 && number * units[i].bytes < 0x1p63)
            return *size = (uint64_t)(number * units[i].bytes), ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, call,
                             "max_shard_size must be a number of KB, MB, GB or TB, as \"10GB\", got \"%s\"",
                             text ? text : "NULL");
}
