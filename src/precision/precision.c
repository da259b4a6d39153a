#include <accel/precision.h>

#include <strings.h>

static const char *const names[] = {
    [ACCEL_PRECISION_UNSET] = NULL,
    [ACCEL_PRECISION_NO] = "no",
    [ACCEL_FP16] = "fp16",
    [ACCEL_BF16] = "bf16",
};

enum { PRECISIONS = sizeof names / sizeof names[0] };

const char *accel_mixed_precision_name(accel_mixed_precision precision)
{
    return (unsigned)precision < PRECISIONS ? names[precision] : NULL;
}

bool accel_mixed_precision_find(const char *name, accel_mixed_precision *precision)
{
    for (int i = 0; name && i < PRECISIONS; i++)
        if (names[i] && strcasecmp(names[i], name) == 0) {
            *precision = (accel_mixed_precision)i;
            return true;
        }
    return false;
}
