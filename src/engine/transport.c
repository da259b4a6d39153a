#include "engine/transport.h"

#include <ctype.h>
#include <stdio.h>

#include "base/environment.h"
#include "base/error.h"
#include "engine/plugin.h"

const transport_table *transport_load(const char *name, const char *call)
{
    char variable[64], file[64], why[1024];
    snprintf(variable, sizeof variable, "ACCEL_%s_LIBRARY", name);
    snprintf(file, sizeof file, "libaccel_%s.so", name);
    for (char *at = variable; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    const transport_table *table = plugin_load(variable, file, "accel_transport", why, sizeof why);
    if (!table)
        accel_error_raise(ACCEL_EUNSUPPORTED, call, "%s=%s needs %s, which cannot be loaded: %s",
                          ENVIRONMENT_BACKEND, name, file, why);
    if (!table || table->struct_size == sizeof *table)
        return table;
    accel_error_raise(ACCEL_EUNSUPPORTED, call, "%s=%s needs a %s of this version, and found one of another",
                      ENVIRONMENT_BACKEND, name, file);
    return NULL;
}
