#include "comm/error_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include <accel/error.h>
#include <accel/log.h>

#include "base/environment.h"
#include "base/file.h"

/* Names of files may hold any bytes, JSON may not. */
static json_t *make_string(const char *text)
{
    json_t *whole = json_string(text);
    if (whole)
        return whole;
    char plain[sizeof(accel_error)];
    snprintf(plain, sizeof plain, "%s", text);
    for (char *c = plain; *c; c++)
        *c = (unsigned char)*c < 128 ? *c : '?';
    return json_string(plain);
}

/* As torchrun's own processes write it, and "rank", which torchrun passes over. It reads whole seconds, and shows what
   stands where they leave their stack. */
static char *describe(const char *text, int rank)
{
    char seconds[24], number[16] = "";
    snprintf(seconds, sizeof seconds, "%lld", (long long)time(NULL));
    if (rank >= 0)
        snprintf(number, sizeof number, "%d", rank);
    json_t *object =
        json_pack("{s:{s:o, s:{s:o, s:s, s:s}}}", "message", "message", make_string(text), "extraInfo",
                  "py_callstack", make_string(text), "timestamp", seconds, "rank", number);
    char *written = json_dumps(object, JSON_ENSURE_ASCII);
    json_decref(object);
    return written;
}

void error_file_write(int rank)
{
    const char *path = getenv(ENVIRONMENT_ERROR_FILE);
    if (!path || !*path || !accel_error_is_set() || (rank < 0 && access(path, F_OK) == 0))
        return;
    char *text = describe(accel_error_text(), rank);
    accel_try(unwritable) { /* the failure itself matters more */
        static bool warned;
        if (text && file_write_atomic(path, text, strlen(text)) != ACCEL_OK && !warned) {
            warned = true;
            accel_log_line(ACCEL_LOG_WARNING, "%s", unwritable->message);
        }
    }
    free(text);
}
