#include "base/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "base/error.h"

/* Who reads them. */
static const char caller[] = "accelerator_create";

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
        return accel_error_raise(ACCEL_EINVAL, caller, "%s must be a number from 0 to 1000000, got \"%s\"",
                                 name, text);
    *value = (int)number;
    return ACCEL_OK;
}

/* What each launcher calls the four numbers; NULL where it has no such variable. */
typedef struct contract {
    const char *rank, *world_size, *local_rank, *local_world_size;
} contract;

static const contract contracts[] = {
    {ENVIRONMENT_RANK, ENVIRONMENT_WORLD_SIZE, ENVIRONMENT_LOCAL_RANK, ENVIRONMENT_LOCAL_WORLD_SIZE},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
    {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", NULL},
};

enum { CONTRACTS = sizeof contracts / sizeof contracts[0] };

/* The first launcher that left its size; the first of all where none did. */
static const contract *find_contract(void)
{
    for (int i = 0; i < CONTRACTS; i++) {
        const char *size = getenv(contracts[i].world_size);
        if (size && *size)
            return &contracts[i];
    }
    return &contracts[0];
}

static accel_status check_rank(const char *name, int rank, const char *size_name, int size)
{
    if (size > 0 && rank < size)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, caller, "%s is %d, which does not fit %s %d", name, rank, size_name,
                             size);
}

accel_status environment_read_ranks(environment_ranks *ranks)
{
    const contract *c = find_contract();
    ranks->size_variable = c->world_size;
    if (read_number(c->rank, 0, &ranks->rank) != ACCEL_OK ||
        read_number(c->world_size, 1, &ranks->world_size) != ACCEL_OK ||
        read_number(c->local_rank, ranks->rank, &ranks->local_rank) != ACCEL_OK)
        return accel_error_status();
    ranks->local_world_size = ranks->world_size;
    if (c->local_world_size &&
        read_number(c->local_world_size, ranks->world_size, &ranks->local_world_size) != ACCEL_OK)
        return accel_error_status();
    if (check_rank(c->rank, ranks->rank, c->world_size, ranks->world_size) != ACCEL_OK || !c->local_world_size)
        return accel_error_status();
    return check_rank(c->local_rank, ranks->local_rank, c->local_world_size, ranks->local_world_size);
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
    return accel_error_raise(ACCEL_EINVAL, caller, "%s must be yes or no, true or false, 1 or 0, got \"%s\"",
                             name, text);
}
