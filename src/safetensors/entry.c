#include "safetensors/entry.h"

#include <string.h>

enum { SHOWN_MAX = 200 };

int safetensors_shown_length(const char *name)
{
    size_t length = strnlen(name, SHOWN_MAX);
    if (length < SHOWN_MAX)
        return (int)length;
    while (length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80)
        length--;
    return (int)length;
}
