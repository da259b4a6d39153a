#include "base/environment.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sys/socket.h>

#include "base/error.h"
#include "base/socket.h"

/* Who reads them. */
static const char caller[] = "accelerator_create";

enum { NUMBER_MAX = 1000000 };

/* Digits alone, without blanks or a sign around them. */
static bool parse_number(const char *text, int *value)
{
    if (*text < '0' || *text > '9')
        return false;
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (*end != '\0' || errno != 0 || number > NUMBER_MAX)
        return false;
    *value = (int)number;
    return true;
}

static bool is_set(const char *name)
{
    const char *text = getenv(name);
    return text && *text;
}

static accel_status read_number(const char *name, int unset, int *value)
{
    const char *text = getenv(name);
    *value = unset;
    if (!text || !*text || parse_number(text, value))
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, caller, "%s must be a number from 0 to %d, got \"%s\"", name,
                             NUMBER_MAX, text);
}

/* What each launcher calls the four numbers; NULL where it has no such variable. */
typedef struct contract {
    const char *rank, *world_size, *local_rank, *local_world_size;
    batch_kind job;
} contract;

static const contract contracts[] = {
    {ENVIRONMENT_RANK, ENVIRONMENT_WORLD_SIZE, ENVIRONMENT_LOCAL_RANK, ENVIRONMENT_LOCAL_WORLD_SIZE,
     BATCH_NONE},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE",
     BATCH_OPEN_MPI},
    {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS", BATCH_PMI},
    {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", NULL, BATCH_SLURM},
};

enum { CONTRACTS = sizeof contracts / sizeof contracts[0] };

/* srun --mpi=pmix and --mpi=pmi2 look like the launchers of MPI, but know less than srun's own variables say. Those are also
   there where a launcher of MPI has itself started by srun on each machine, and are not about its processes then. */
static bool is_srun_itself(const contract *c)
{
    const char *name = getenv("PMIX_NAMESPACE");
    return is_set("SLURM_STEP_NUM_TASKS") &&
           ((c->job == BATCH_OPEN_MPI && name && strncmp(name, "slurm.", strlen("slurm.")) == 0) ||
            (c->job == BATCH_PMI && !is_set(c->local_rank)));
}

/* The first launcher that left its size; the first of all where none did. */
static const contract *find_contract(void)
{
    for (int i = 0; i < CONTRACTS; i++)
        if (is_set(contracts[i].world_size) && !is_srun_itself(&contracts[i]))
            return &contracts[i];
    return &contracts[0];
}

static accel_status check_rank(const char *name, int rank, const char *size_name, int size)
{
    if (size > 0 && rank < size)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, caller, "%s is %d, which does not fit %s %d", name, rank, size_name,
                             size);
}

/* Slurm's "2(x3),1" is three nodes of two processes, and one of one. 0: nothing is said of that node. */
static int find_tasks(const char *list, int node)
{
    int tasks, nodes, size;
    for (; *list; list += *list == ',') {
        nodes = 1;
        if (sscanf(list, "%6d%n", &tasks, &size) != 1)
            return 0;
        list += size;
        if (sscanf(list, "(x%6d)%n", &nodes, &size) == 1)
            list += size;
        if (node < nodes || (*list && *list != ','))
            return node < nodes ? tasks : 0;
        node -= nodes;
    }
    return 0;
}

/* Of Slurm, which has no variable for it: all processes where nothing that fits is said. */
static int read_tasks_of_node(const environment_ranks *ranks)
{
    const char *list = getenv("SLURM_STEP_TASKS_PER_NODE"), *text = getenv("SLURM_NODEID");
    int node = 0;
    if (!list || !text || !parse_number(text, &node))
        return ranks->world_size;
    int tasks = find_tasks(list, node);
    return tasks > ranks->local_rank && tasks <= ranks->world_size ? tasks : ranks->world_size;
}

/* How many of the processes are on this machine: no more than there are in all, where something says how many. */
static accel_status read_local_size(const contract *c, environment_ranks *ranks)
{
    ranks->local_world_size = c->local_world_size ? ranks->world_size : read_tasks_of_node(ranks);
    if (!c->local_world_size ||
        read_number(c->local_world_size, ranks->world_size, &ranks->local_world_size) != ACCEL_OK)
        return accel_error_status();
    ranks->one_machine =
        c->local_world_size && is_set(c->local_world_size) && ranks->local_world_size == ranks->world_size;
    if (!is_set(c->world_size) || ranks->local_world_size <= ranks->world_size)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, caller, "%s is %d, which does not fit %s %d", c->local_world_size,
                             ranks->local_world_size, c->world_size, ranks->world_size);
}

accel_status environment_read_ranks(environment_ranks *ranks)
{
    const contract *c = find_contract();
    *ranks = (environment_ranks){.size_variable = c->world_size, .job = c->job};
    if (read_number(c->rank, 0, &ranks->rank) != ACCEL_OK ||
        read_number(c->world_size, 1, &ranks->world_size) != ACCEL_OK ||
        read_number(c->local_rank, ranks->rank, &ranks->local_rank) != ACCEL_OK)
        return accel_error_status();
    if (ranks->world_size > 1 && !is_set(c->rank))
        return accel_error_raise(ACCEL_EINVAL, caller, "%s is %d and %s is not set", c->world_size,
                                 ranks->world_size, c->rank);
    if (check_rank(c->rank, ranks->rank, c->world_size, ranks->world_size) != ACCEL_OK ||
        read_local_size(c, ranks) != ACCEL_OK || !c->local_world_size)
        return accel_error_status();
    return check_rank(c->local_rank, ranks->local_rank, c->local_world_size, ranks->local_world_size);
}

bool environment_is_local_main(void)
{
    int rank = 0;
    const char *text = getenv(find_contract()->local_rank);
    return !text || !parse_number(text, &rank) || rank == 0;
}

/* ---- where they meet ---- */

static accel_status refuse_unset(const environment_ranks *ranks, const char *name)
{
    const char *why = "nothing else tells the processes on which port they meet";
    if (ranks->job == BATCH_NONE)
        why = "the processes cannot find each other; accelerate launch sets it";
    else if (strcmp(name, ENVIRONMENT_MASTER_ADDR) == 0)
        why = "processes that may be on several machines need it, the name of process 0's machine";
    return accel_error_raise(ACCEL_EINVAL, caller, "%s is %d and %s is not set: %s", ranks->size_variable,
                             ranks->world_size, name, why);
}

static accel_status read_host(const environment_ranks *ranks, const batch_place *place,
                              environment_endpoint *endpoint)
{
    const char *host = is_set(ENVIRONMENT_MASTER_ADDR) ? getenv(ENVIRONMENT_MASTER_ADDR) : place->host;
    if (!*host)
        return refuse_unset(ranks, ENVIRONMENT_MASTER_ADDR);
    if ((size_t)snprintf(endpoint->host, sizeof endpoint->host, "%s", host) >= sizeof endpoint->host)
        return accel_error_raise(ACCEL_EINVAL, caller, "%s has more than %zu characters",
                                 ENVIRONMENT_MASTER_ADDR, sizeof endpoint->host - 1);
    return ACCEL_OK;
}

/* Whoever comes to another job's store by chance finds nothing under its own job's name. */
static accel_status read_port(const environment_ranks *ranks, const batch_place *place,
                              environment_endpoint *endpoint)
{
    const char *port = getenv(ENVIRONMENT_MASTER_PORT);
    endpoint->of_job = !is_set(ENVIRONMENT_MASTER_PORT) && place->port > 0;
    if (endpoint->of_job) {
        endpoint->port = place->port;
        snprintf(endpoint->prefix, sizeof endpoint->prefix, "/job/%s", place->name);
        return ACCEL_OK;
    }
    if (!is_set(ENVIRONMENT_MASTER_PORT))
        return refuse_unset(ranks, ENVIRONMENT_MASTER_PORT);
    if (!parse_number(port, &endpoint->port) || endpoint->port < 1 || endpoint->port > 65535)
        return accel_error_raise(ACCEL_EINVAL, caller, "%s must be a port number from 1 to 65535, got \"%s\"",
                                 ENVIRONMENT_MASTER_PORT, port);
    return ACCEL_OK;
}

static accel_status read_address(const environment_ranks *ranks, environment_endpoint *endpoint)
{
    batch_place place;
    batch_find_place(ranks->job, ranks->one_machine, &place);
    return read_host(ranks, &place, endpoint) == ACCEL_OK ? read_port(ranks, &place, endpoint)
                                                          : accel_error_status();
}

static bool listens_on(int fd, int port)
{
    int listens = 0;
    socklen_t size = sizeof listens;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens &&
           socket_port(fd) == port;
}

/* A program between the launcher and this one may have closed it, and the number may mean something else by now. */
static accel_status read_listen_fd(environment_endpoint *endpoint)
{
    if (read_number(ENVIRONMENT_LISTEN_FD, -1, &endpoint->listen_fd) == ACCEL_OK && endpoint->listen_fd >= 0 &&
        !listens_on(endpoint->listen_fd, endpoint->port))
        endpoint->listen_fd = -1;
    return accel_error_status();
}

accel_status environment_read_endpoint(const environment_ranks *ranks, environment_endpoint *endpoint)
{
    int restarts = 0;
    *endpoint = (environment_endpoint){.listen_fd = -1};
    if (read_address(ranks, endpoint) != ACCEL_OK || read_listen_fd(endpoint) != ACCEL_OK ||
        environment_read_flag(ENVIRONMENT_AGENT_STORE, false, &endpoint->agent) != ACCEL_OK ||
        read_number(ENVIRONMENT_RESTARTS, 0, &restarts) != ACCEL_OK)
        return accel_error_status();
    if (endpoint->agent) /* torchrun's agent keeps names of its own there */
        snprintf(endpoint->prefix, sizeof endpoint->prefix, "/worker/attempt_%d", restarts);
    return ACCEL_OK;
}

/* ---- single settings ---- */

accel_status environment_read_count(const char *name, int64_t unset, int64_t *value)
{
    const char *text = getenv(name);
    int number = 0;
    *value = unset;
    if (!text || !*text)
        return ACCEL_OK;
    if (!parse_number(text, &number) || number < 1)
        return accel_error_raise(ACCEL_EINVAL, caller, "%s must be a number from 1 to %d, got \"%s\"", name,
                                 NUMBER_MAX, text);
    *value = number;
    return ACCEL_OK;
}

accel_status environment_read_seconds(const char *name, double unset, double *value)
{
    const char *text = getenv(name);
    *value = unset;
    if (!text || !*text)
        return ACCEL_OK;
    char *end;
    *value = strtod(text, &end);
    if (!isspace((unsigned char)*text) && *end == '\0' && *value >= ENVIRONMENT_SECONDS_MIN &&
        *value <= ENVIRONMENT_SECONDS_MAX)
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, caller, "%s must be seconds in [%g, %g], got \"%s\"", name,
                             ENVIRONMENT_SECONDS_MIN, ENVIRONMENT_SECONDS_MAX, text);
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

bool environment_parse_flag(const char *text, bool *value)
{
    static const char *const yes[] = {"y", "yes", "t", "true", "on", "1", NULL};
    static const char *const no[] = {"n", "no", "f", "false", "off", "0", NULL};
    *value = is_one_of(text, yes);
    return *value || is_one_of(text, no);
}

accel_status environment_read_flag(const char *name, bool unset, bool *value)
{
    const char *text = getenv(name);
    *value = unset;
    if (!text || !*text || environment_parse_flag(text, value))
        return ACCEL_OK;
    return accel_error_raise(ACCEL_EINVAL, caller, "%s must be yes or no, true or false, 1 or 0, got \"%s\"",
                             name, text);
}
