/* Any bytes at all: a report of them has no rank that cannot be, and a message of one line. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <accel/error.h>

#include "launch/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    report r;
    report_parse(&r, (const char *)data, size);
    require(!accel_error_is_set());
    require(r.rank >= -1 && r.rank <= 1000000);
    require(strnlen(r.message, sizeof r.message) < sizeof r.message);
    for (const char *c = r.message; *c; c++)
        require((unsigned char)*c >= ' ');
    require(r.there || (r.rank == -1 && r.message[0] == '\0'));
    return 0;
}
