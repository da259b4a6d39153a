#include "base/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char loopback[] = "127.0.0.1";

enum { PORT_FIRST = 20000, PORTS = 12000 }; /* below those that Linux gives to who connects */

static bool read_number(const char *name, uint64_t *value)
{
    const char *text = getenv(name);
    if (!text || *text < '0' || *text > '9')
        return false;
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0;
}

/* FNV-1a. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
    return hash;
}

static const uint64_t hash_of_nothing = UINT64_C(0xCBF29CE484222325);

static void set_port_by_hash(batch_place *place, uint64_t hash)
{
    place->port = PORT_FIRST + (int)(hash % PORTS);
    snprintf(place->name, sizeof place->name, "%016" PRIx64, hash);
}

/* ---- Slurm ---- */

/* Slurm writes node03,node04,node05,node9,other as "node[03-05,9],other"; there may be several brackets in a name. */
static bool find_first_host(const char *list, char *host, size_t size)
{
    size_t used = 0;
    while (*list && *list != ',') {
        bool counts = *list == '[';
        list += counts;
        size_t length = strcspn(list, counts ? "-,]" : "[,");
        if (length >= size - used)
            return false;
        memcpy(host + used, list, length);
        used += length;
        list = counts ? strchr(list, ']') : list + length;
        if (!list)
            return false;
        list += counts;
    }
    host[used] = '\0';
    return used > 0;
}

static void find_slurms_host(batch_place *place)
{
    uint64_t nodes = 0;
    if (!read_number("SLURM_STEP_NUM_NODES", &nodes))
        read_number("SLURM_NNODES", &nodes);
    const char *list = getenv("SLURM_STEP_NODELIST");
    if (!list || !*list)
        list = getenv("SLURM_JOB_NODELIST");
    if (nodes == 1)
        snprintf(place->host, sizeof place->host, "%s", loopback);
    else if (!list || !find_first_host(list, place->host, sizeof place->host))
        *place->host = '\0';
}

/* Jobs that follow each other have ports of their own for up to 31 steps each. */
static void find_slurms_port(batch_place *place)
{
    uint64_t job, step;
    if (!read_number("SLURM_JOB_ID", &job) || !read_number("SLURM_STEP_ID", &step))
        return;
    place->port = PORT_FIRST + (int)((job * 31 + step) % PORTS);
    snprintf(place->name, sizeof place->name, "%" PRIu64 ".%" PRIu64, job, step);
}

/* ---- MPI ---- */

/* Open MPI makes its job's number of the host's name and a process id, which containers may have in common; what else it
   draws at random for each job is no contract, and may be missing. */
static void find_open_mpis_port(batch_place *place)
{
    static const char *const names[] = {"PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid",
                                        "OMPI_MCA_orte_precondition_transports"};
    uint64_t hash = hash_of_nothing;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *text = getenv(names[i]);
        if (text)
            hash = hash_text(hash, text);
    }
    if (hash != hash_of_nothing)
        set_port_by_hash(place, hash);
}

/* MPICH's launcher gives a job no number. Each of its processes has a socket to the same process of the launcher, the one on
   their machine, whose id no other running job has; other containers may have one of the same number. */
static void find_pmis_port(batch_place *place)
{
    uint64_t fd;
    struct ucred peer;
    socklen_t size = sizeof peer;
    char text[96], container[64] = "";
    if (!read_number("PMI_FD", &fd) || fd > INT32_MAX ||
        getsockopt((int)fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0)
        return;
    if (readlink("/proc/self/ns/pid", container, sizeof container - 1) < 0)
        *container = '\0';
    snprintf(text, sizeof text, "%ld %s", (long)peer.pid, container);
    set_port_by_hash(place, hash_text(hash_of_nothing, text));
}

void batch_find_place(batch_kind kind, bool one_machine, batch_place *place)
{
    *place = (batch_place){.port = 0};
    if (kind == BATCH_SLURM) {
        find_slurms_host(place);
        find_slurms_port(place);
    } else if (one_machine && kind != BATCH_NONE) {
        snprintf(place->host, sizeof place->host, "%s", loopback);
    }
    if (kind == BATCH_OPEN_MPI)
        find_open_mpis_port(place);
    else if (kind == BATCH_PMI && one_machine)
        find_pmis_port(place);
}
