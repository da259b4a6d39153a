/* libaccel_mpi.so: MPI carries a group's operations.
 *
 * Operations do not block in MPI: each is begun, and asked whether it is done, so that it can be given up, and so that a wait leaves
 * the core to those who compute.
 */
#include "engine/transport.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <mpi.h>

#include "base/environment.h"
#include "engine/mpi/sum.h"

struct transport {
    MPI_Comm channel;
    transport_options options;
    atomic_bool aborted;
    char error[TRANSPORT_TEXT];
};

/* ---- MPI itself ---- */

static atomic_bool left_open; /* what the last group opened: it has not ended, or it failed */
static pid_t beginner;        /* who began MPI, and has to end it; 0: the program did */

/* Sums of our own, as MPI calls them. */
#define DEFINE_SUM(name)                                                                                       \
    static MPI_Op op_##name;                                                                                   \
    static void call_##name(void *more, void *sum, int *count, MPI_Datatype *type)                             \
    {                                                                                                          \
        (void)type;                                                                                            \
        name(more, sum, (size_t) * count);                                                                     \
    }
DEFINE_SUM(sum_integers8)
DEFINE_SUM(sum_float16)
DEFINE_SUM(sum_bfloat16)

static bool has_ended(void)
{
    int ended = 0;
    MPI_Finalized(&ended);
    return ended;
}

static const char after_end[] = "the program has called MPI_Finalize already";

static bool refuse_end(char why[TRANSPORT_TEXT])
{
    snprintf(why, TRANSPORT_TEXT, "%s", after_end);
    return false;
}

/* Waits for all processes: none of which a group failed is to do that, unless they have met in another one since. */
static void end_mpi(void)
{
    if (!has_ended() && !left_open && beginner == getpid())
        MPI_Finalize();
}

#ifdef OMPI_MAJOR_VERSION
static const char own_mpi[] = "Open MPI";
#else
static const char own_mpi[] = "MPICH"; /* and those that are made of it */
#endif

static bool is_own_library(char why[TRANSPORT_TEXT])
{
    char found[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length;
    MPI_Get_library_version(found, &length);
    if ((strncmp(found, "Open MPI", 8) == 0) == (strcmp(own_mpi, "Open MPI") == 0))
        return true;
    snprintf(why, TRANSPORT_TEXT, "libaccel_mpi.so was compiled for %s, and the program has %.*s", own_mpi,
             (int)strcspn(found, ",\n"), found);
    return false;
}

static bool refuse_size(int size, int expected, char why[TRANSPORT_TEXT])
{
    snprintf(why, TRANSPORT_TEXT,
             "%s sees %d process%s, and the group has %d: a launcher of its own, such as its mpirun, is to "
             "start them",
             own_mpi, size, size == 1 ? "" : "es", expected);
    return false;
}

/* Whether a launcher of MPI has started this process. By itself it would be a job of one, for which Open MPI starts a process of
   its own. What a process of a job starts, as accelerate launch does, has its variables, and Open MPI ends it with words of its own. */
static bool is_in_job(void)
{
    const char *launcher = getenv(ENVIRONMENT_LAUNCHER);
    if (launcher && atol(launcher) == (long)getppid())
        return false;
    static const char *const signs[] = {"OMPI_COMM_WORLD_SIZE=", "PMI", "ALPS_APP_PE=", "MP_CHILD="};
    for (char **variable = environ; *variable; variable++)
        for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
            if (strncmp(*variable, signs[i], strlen(signs[i])) == 0)
                return true;
    return false;
}

static const char *describe(int code, char text[MPI_MAX_ERROR_STRING])
{
    int length = 0;
    if (MPI_Error_string(code, text, &length) != MPI_SUCCESS)
        snprintf(text, MPI_MAX_ERROR_STRING, "error %d", code);
    return text;
}

/* Where the program has not. */
static bool begin_own(int size, char why[TRANSPORT_TEXT])
{
    int level;
    if (!is_in_job())
        return refuse_size(1, size, why);
    const int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &level);
    if (code != MPI_SUCCESS) {
        snprintf(why, TRANSPORT_TEXT, "MPI_Init_thread: %s", describe(code, (char[MPI_MAX_ERROR_STRING]){0}));
        return false;
    }
    beginner = getpid();
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    atexit(end_mpi);
    return true;
}

static bool begin_mpi(int size, char why[TRANSPORT_TEXT])
{
    int begun = 0, level = MPI_THREAD_SINGLE;
    if (!is_own_library(why))
        return false;
    if (has_ended())
        return refuse_end(why);
    MPI_Initialized(&begun);
    if (!begun && !begin_own(size, why))
        return false;
    MPI_Query_thread(&level);
    if (level == MPI_THREAD_MULTIPLE)
        return true;
    snprintf(why, TRANSPORT_TEXT,
             "MPI was begun without MPI_THREAD_MULTIPLE, which its calls on a thread of their own need: %s",
             beginner == getpid() ? "this MPI does not have it"
                                  : "the program is to ask MPI_Init_thread for it");
    return false;
}

static bool begin_once(int size, char why[TRANSPORT_TEXT])
{
    static bool done;
    if (done)
        return has_ended() ? refuse_end(why) : true;
    if (!begin_mpi(size, why))
        return false;
    MPI_Op_create(call_sum_integers8, 1, &op_sum_integers8);
    MPI_Op_create(call_sum_float16, 1, &op_sum_float16);
    MPI_Op_create(call_sum_bfloat16, 1, &op_sum_bfloat16);
    return done = true;
}

/* ---- life ---- */

/* Of all processes, in the order of their ranks here, which may be another one than MPI's. */
static bool connect_all(transport *t, char why[TRANSPORT_TEXT])
{
    char text[MPI_MAX_ERROR_STRING];
    int size = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (size != t->options.size)
        return refuse_size(size, t->options.size, why);
    int code = MPI_Comm_split(MPI_COMM_WORLD, 0, t->options.rank, &t->channel);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_set_errhandler(t->channel, MPI_ERRORS_RETURN);
    if (code == MPI_SUCCESS)
        return true;
    snprintf(why, TRANSPORT_TEXT, "MPI cannot connect the processes: %s", describe(code, text));
    return false;
}

static transport *open_channel(const transport_options *options, char why[TRANSPORT_TEXT])
{
    transport *t = calloc(1, sizeof *t);
    if (!t) {
        snprintf(why, TRANSPORT_TEXT, "no memory");
        return NULL;
    }
    t->options = *options;
    bool before = atomic_exchange(&left_open, true);
    if (begin_once(options->size, why) && connect_all(t, why))
        return t;
    left_open = before;
    free(t);
    return NULL;
}

static void close_channel(transport *t)
{
    if (!has_ended()) /* the program may have been first */
        MPI_Comm_free(&t->channel);
    left_open = false;
    free(t);
}

static void abort_channel(transport *t) { t->aborted = true; }

static const char *get_error(const transport *t) { return t->error; }

/* ---- waiting ---- */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Little is answered at once. What takes longer waits for somebody who computes, perhaps on this very core. */
static void pause_after(int tries)
{
    enum { AT_ONCE = 100, SHORT_NS = 20000, LONG_NS = 200000 };
    if (tries < AT_ONCE)
        sched_yield();
    else
        nanosleep(&(struct timespec){.tv_nsec = tries < 100 * AT_ONCE ? SHORT_NS : LONG_NS}, NULL);
}

static bool refuse(transport *t, const char *why)
{
    snprintf(t->error, sizeof t->error, "MPI: %s", why);
    return false;
}

/* MPI itself would end the program. */
static bool can_begin(transport *t) { return !has_ended() || refuse(t, after_end); }

/* For what was begun with `code`. */
static bool finish(transport *t, int code, MPI_Request *request)
{
    char text[MPI_MAX_ERROR_STRING];
    const int64_t deadline = now_ms() + t->options.timeout_ms;
    for (int tries = 0; code == MPI_SUCCESS; tries += tries < INT_MAX) {
        int done = 0;
        code = MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (code == MPI_SUCCESS && done)
            return true;
        if (t->aborted)
            return refuse(t, "the group has failed");
        if (now_ms() >= deadline)
            return refuse(t, "the other processes did not answer in time");
        pause_after(tries);
    }
    return refuse(t, describe(code, text));
}

/* ---- operations ---- */

enum { PIECE = 1 << 30 }; /* MPI counts in int */

/* How a dtype is added. False: it is not. */
static bool choose_sum(accel_dtype dtype, MPI_Datatype *type, MPI_Op *op)
{
    const struct {
        accel_dtype dtype;
        MPI_Datatype type;
        MPI_Op op;
    } sums[] = {
        {ACCEL_UINT8, MPI_UINT8_T, op_sum_integers8},
        {ACCEL_INT8, MPI_UINT8_T, op_sum_integers8},
        {ACCEL_INT32, MPI_INT32_T, MPI_SUM},
        {ACCEL_INT64, MPI_INT64_T, MPI_SUM},
        {ACCEL_FLOAT16, MPI_UINT16_T, op_sum_float16},
        {ACCEL_FLOAT32, MPI_FLOAT, MPI_SUM},
        {ACCEL_FLOAT64, MPI_DOUBLE, MPI_SUM},
        {ACCEL_BOOLEAN, MPI_UINT8_T, MPI_LOR},
        {ACCEL_BFLOAT16, MPI_UINT16_T, op_sum_bfloat16},
    };
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        if (sums[i].dtype != dtype)
            continue;
        *type = sums[i].type;
        *op = sums[i].op;
        return true;
    }
    return false;
}

static size_t size_of(MPI_Datatype type)
{
    int size = 0;
    MPI_Type_size(type, &size);
    return (size_t)size;
}

static bool all_reduce(transport *t, void *data, size_t count, accel_dtype dtype)
{
    MPI_Datatype type;
    MPI_Op op;
    MPI_Request request;
    if (!can_begin(t))
        return false;
    if (!choose_sum(dtype, &type, &op))
        return refuse(t, "a dtype that it does not add");
    const size_t size = size_of(type);
    for (size_t at = 0; at < count; at += PIECE) {
        const int piece = (int)(count - at < PIECE ? count - at : PIECE);
        char *place = (char *)data + at * size;
        if (!finish(t, MPI_Iallreduce(MPI_IN_PLACE, place, piece, type, op, t->channel, &request), &request))
            return false;
    }
    return true;
}

static bool broadcast(transport *t, void *data, size_t bytes, int root)
{
    MPI_Request request;
    if (!can_begin(t))
        return false;
    for (size_t at = 0; at < bytes; at += PIECE) {
        const int piece = (int)(bytes - at < PIECE ? bytes - at : PIECE);
        if (!finish(t, MPI_Ibcast((char *)data + at, piece, MPI_BYTE, root, t->channel, &request), &request))
            return false;
    }
    return true;
}

static bool all_gather(transport *t, void *out, const void *in, size_t bytes)
{
    MPI_Request request;
    char *own = (char *)out + (size_t)t->options.rank * bytes;
    if (!can_begin(t))
        return false;
    if (in != own)
        memcpy(own, in, bytes);
    if (bytes <= PIECE)
        return finish(
            t,
            MPI_Iallgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, out, (int)bytes, MPI_BYTE, t->channel, &request),
            &request);
    for (int rank = 0; rank < t->options.size; rank++)
        if (!broadcast(t, (char *)out + (size_t)rank * bytes, bytes, rank))
            return false;
    return true;
}

__attribute__((visibility("default"))) extern const transport_table accel_transport;
const transport_table accel_transport = {
    .struct_size = sizeof(transport_table),
    .name = "mpi",
    .open = open_channel,
    .close = close_channel,
    .abort = abort_channel,
    .error = get_error,
    .all_reduce = all_reduce,
    .broadcast = broadcast,
    .all_gather = all_gather,
};
