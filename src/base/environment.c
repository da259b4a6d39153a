#include "base/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "base/error.h"

static accel_status read_number(const char *name, int unset, int *value)
{
    const char *text = getenv(name);
    *value = unset;
    if (!text || !*text)
        return ACCEL_OK;
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (*end != '\0' || errno != 0 || number < 0 || number > 1000000)
        return RAISE(ACCEL_EINVAL, "%s must be a number from 0 to 1000000, got \"%s\"", name, text);
    *value = (int)number;
    return ACCEL_OK;
}

static accel_status check_rank(const char *name, int rank, const char *size_name, int size)
{
    if (size > 0 && rank < size)
        return ACCEL_OK;
    return RAISE(ACCEL_EINVAL, "%s is %d, which does not fit %s %d", name, rank, size_name, size);
}

accel_status environment_read_ranks(environment_ranks *ranks)
{
    if (read_number("RANK", 0, &ranks->rank) != ACCEL_OK ||
        read_number("WORLD_SIZE", 1, &ranks->world_size) != ACCEL_OK ||
        read_number("LOCAL_RANK", ranks->rank, &ranks->local_rank) != ACCEL_OK ||
        read_number("LOCAL_WORLD_SIZE", ranks->world_size, &ranks->local_world_size) != ACCEL_OK)
        return accel_error_status();
    if (check_rank("RANK", ranks->rank, "WORLD_SIZE", ranks->world_size) != ACCEL_OK)
        return accel_error_status();
    return check_rank("LOCAL_RANK", ranks->local_rank, "LOCAL_WORLD_SIZE", ranks->local_world_size);
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

accel_status environment_read_flag(const char *name, bool unset, bool *value)
{
    static const char *const yes[] = {"y", "yes", "t", "true", "on", "1", NULL};
    static const char *const no[] = {"n", "no", "f", "false", "off", "0", NULL};
    const char *text = getenv(name);
    *value = unset;
    if (!text || !*text)
        return ACCEL_OK;
    *value = is_one_of(text, yes);
    if (*value || is_one_of(text, no))
        return ACCEL_OK;
    return RAISE(ACCEL_EINVAL, "%s must be yes or no, true or false, 1 or 0, got \"%s\"", name, text);
}
