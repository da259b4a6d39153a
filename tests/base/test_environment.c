/* What launchers say about ranks, and where processes meet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <accel/error.h>

#include "base/environment.h"

static void counts_slurms_tasks_of_a_node(void **state)
{
    (void)state;
    static const struct {
        const char *list, *node;
        int expected;
    } cases[] = {
        {"4(x2)", "0", 4},
        {"4(x2)", "1", 4},
        {"2,3(x2)", "0", 2},
        {"2,3(x2)", "2", 3},
        {"8", "0", 8},
        /* nothing that fits: all of them */
        {"4(x2)", "2", 8},
        {"1(x8)", "7", 8},
        {"9(x2)", "0", 8},
        {"4(x", "1", 8},
        {"many", "0", 8},
        {"", "0", 8},
        {"4(x2)", "", 8},
    };
    setenv("SLURM_STEP_NUM_TASKS", "8", 1);
    setenv("SLURM_PROCID", "5", 1);
    setenv("SLURM_LOCALID", "1", 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        environment_ranks ranks;
        setenv("SLURM_STEP_TASKS_PER_NODE", cases[i].list, 1);
        setenv("SLURM_NODEID", cases[i].node, 1);
        assert_int_equal(environment_read_ranks(&ranks), ACCEL_OK);
        assert_int_equal(ranks.local_world_size, cases[i].expected);
        assert_true(ranks.rank == 5 && ranks.local_rank == 1 && ranks.world_size == 8);
    }
}

/* ---- where they meet ---- */

/* The environment is these names and values, and nothing else. */
static void set_environment(const char *const *pairs)
{
    assert_int_equal(clearenv(), 0);
    for (; *pairs; pairs += 2)
        setenv(pairs[0], pairs[1], 1);
}

#define SET(...) set_environment((const char *const[]){__VA_ARGS__, NULL})
#define SLURM(...)                                                                                             \
    SET("SLURM_PROCID", "1", "SLURM_STEP_NUM_TASKS", "2", "SLURM_LOCALID", "1", "SLURM_JOB_ID", "7",           \
        "SLURM_STEP_ID", "3", __VA_ARGS__)
#define OPEN_MPI(local_size, ...)                                                                              \
    SET("OMPI_COMM_WORLD_RANK", "1", "OMPI_COMM_WORLD_SIZE", "2", "OMPI_COMM_WORLD_LOCAL_RANK", "0",           \
        "OMPI_COMM_WORLD_LOCAL_SIZE", local_size, __VA_ARGS__)
#define PMI(local_size, ...)                                                                                   \
    SET("PMI_RANK", "1", "PMI_SIZE", "2", "MPI_LOCALRANKID", "0", "MPI_LOCALNRANKS", local_size, __VA_ARGS__)

static accel_status read_endpoint(environment_endpoint *endpoint)
{
    environment_ranks ranks;
    assert_int_equal(environment_read_ranks(&ranks), ACCEL_OK);
    assert_true(ranks.rank == 1 && ranks.world_size == 2);
    return environment_read_endpoint(&ranks, endpoint);
}

static void expect_meeting(const char *host, int port)
{
    environment_endpoint endpoint;
    assert_int_equal(read_endpoint(&endpoint), ACCEL_OK);
    assert_string_equal(endpoint.host, host);
    assert_int_equal(endpoint.port, port);
}

static void expect_refusal(const char *size_variable, const char *name, const char *why)
{
    char expected[256];
    environment_endpoint endpoint;
    assert_int_equal(read_endpoint(&endpoint), ACCEL_EINVAL);
    snprintf(expected, sizeof expected, "%s is 2 and %s is not set: %s", size_variable, name, why);
    assert_string_equal(accel_error_last()->message, expected);
    accel_error_clear();
}

static const char needs_host[] =
    "processes that may be on several machines need it, the name of process 0's machine";
static const char needs_port[] = "nothing else tells the processes on which port they meet";

/* Where a job meets on this machine, which no other job does. */
static int find_port(char prefix[64])
{
    environment_endpoint endpoint;
    assert_int_equal(read_endpoint(&endpoint), ACCEL_OK);
    assert_string_equal(endpoint.host, "127.0.0.1");
    assert_true(endpoint.of_job && endpoint.port >= 20000 && endpoint.port < 32000);
    assert_memory_equal(endpoint.prefix, "/job/", 5);
    strcpy(prefix, endpoint.prefix);
    return endpoint.port;
}

static void meets_at_slurms_first_host(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"one", "one"},
        {"one,two", "one"},
        {"node[03-05,9],other", "node03"},
        {"node[7,9]", "node7"},
        {"node[12]", "node12"},
        {"other,node[03-05]", "other"},
        {"rack[1-2]node[003-004].cluster,other", "rack1node003.cluster"},
        {"10.0.0.[1-2]", "10.0.0.1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SLURM("SLURM_STEP_NODELIST", cases[i][0], "SLURM_STEP_NUM_NODES", "2", "SLURM_JOB_NODELIST", "wrong");
        expect_meeting(cases[i][1], 20220);
        SLURM("SLURM_JOB_NODELIST", cases[i][0], "SLURM_NNODES", "2");
        expect_meeting(cases[i][1], 20220);
    }
    SLURM("SLURM_STEP_NODELIST", "node[03-05", "SLURM_NNODES", "2");
    expect_refusal("SLURM_STEP_NUM_TASKS", "MASTER_ADDR", needs_host);
    char list[300];
    memset(list, 'n', sizeof list - 1);
    list[sizeof list - 1] = '\0';
    SLURM("SLURM_STEP_NODELIST", list, "SLURM_NNODES", "2");
    expect_refusal("SLURM_STEP_NUM_TASKS", "MASTER_ADDR", needs_host);
}

static void meets_by_slurms_numbers(void **state)
{
    (void)state;
    char prefix[64];
    SLURM("SLURM_STEP_NUM_NODES", "1", "SLURM_NNODES", "2", "SLURM_STEP_NODELIST", "node3");
    assert_int_equal(find_port(prefix), 20000 + 7 * 31 + 3);
    assert_string_equal(prefix, "/job/7.3");
    setenv("SLURM_JOB_ID", "4000000000", 1);           /* of a federation */
    assert_int_equal(find_port(prefix), 20000 + 4003); /* (31 * 4000000000 + 3) mod 12000 */
    assert_string_equal(prefix, "/job/4000000000.3");
    unsetenv("SLURM_STEP_ID");
    expect_refusal("SLURM_STEP_NUM_TASKS", "MASTER_PORT", needs_port);
}

static void meets_where_it_is_told(void **state)
{
    (void)state;
    SLURM("SLURM_STEP_NODELIST", "node[3-4]", "SLURM_NNODES", "2", "MASTER_ADDR", "here", "MASTER_PORT", "");
    expect_meeting("here", 20220);
    SLURM("SLURM_STEP_NODELIST", "node[3-4]", "SLURM_NNODES", "2", "MASTER_ADDR", "", "MASTER_PORT", "29500");
    expect_meeting("node3", 29500);
    OPEN_MPI("1", "PMIX_NAMESPACE", "6", "MASTER_ADDR", "here", "MASTER_PORT", "29500");
    expect_meeting("here", 29500);
    environment_endpoint endpoint;
    assert_int_equal(read_endpoint(&endpoint), ACCEL_OK);
    assert_true(!endpoint.of_job && !*endpoint.prefix);
    SET("RANK", "1", "WORLD_SIZE", "2", "SLURM_STEP_NUM_TASKS", "2", "SLURM_NNODES", "1", "SLURM_JOB_ID", "7");
    expect_refusal("WORLD_SIZE", "MASTER_ADDR",
                   "the processes cannot find each other; accelerate launch sets it");
}

static void meets_by_open_mpis_job(void **state)
{
    (void)state;
    static const char *const names[] = {"PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid",
                                        "OMPI_MCA_orte_precondition_transports"};
    char one[64], other[64];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        OPEN_MPI("2", names[i], "1022754817");
        int port = find_port(one);
        setenv("OMPI_COMM_WORLD_LOCAL_RANK", "1", 1);
        assert_int_equal(find_port(other), port);
        assert_string_equal(one, other);
        setenv(names[i], "1022033921", 1);
        assert_int_not_equal(find_port(other), port);
        assert_string_not_equal(one, other);
    }
    OPEN_MPI("1", "PMIX_NAMESPACE", "6");
    expect_refusal("OMPI_COMM_WORLD_SIZE", "MASTER_ADDR", needs_host);
    setenv("MASTER_ADDR", "here", 1);
    environment_endpoint endpoint;
    assert_int_equal(read_endpoint(&endpoint), ACCEL_OK);
    assert_true(endpoint.of_job);
}

/* Each process's socket is its own; who made them is the same. */
static void meets_by_pmis_launcher(void **state)
{
    (void)state;
    char one[64], other[64], number[16];
    int pairs[2][2];
    PMI("2", "PMI_FD", "none");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
        snprintf(number, sizeof number, "%d", pairs[i][0]);
        setenv("PMI_FD", number, 1);
        find_port(i == 0 ? one : other);
    }
    assert_string_equal(one, other);
    setenv("MPI_LOCALNRANKS", "1", 1);
    expect_refusal("PMI_SIZE", "MASTER_ADDR", needs_host);
    setenv("MASTER_ADDR", "here", 1); /* other machines have launchers of other numbers */
    expect_refusal("PMI_SIZE", "MASTER_PORT", needs_port);
    for (int i = 0; i < 4; i++)
        close(pairs[i / 2][i % 2]);
    PMI("2", "PMI_FD", number);
    expect_refusal("PMI_SIZE", "MASTER_PORT", needs_port);
}

/* Under Slurm: srun in the manner of MPI's launchers, and a launcher of MPI that srun started on its machine. */
static void tells_srun_from_launchers_of_mpi(void **state)
{
    (void)state;
    SLURM("SLURM_STEP_NODELIST", "node[3-4]", "SLURM_NNODES", "2", "PMI_RANK", "1", "PMI_SIZE", "2", "PMI_FD",
          "9");
    expect_meeting("node3", 20220);
    SLURM("SLURM_STEP_NODELIST", "node[3-4]", "SLURM_NNODES", "2", "OMPI_COMM_WORLD_RANK", "1",
          "OMPI_COMM_WORLD_SIZE", "2", "OMPI_COMM_WORLD_LOCAL_RANK", "0", "OMPI_COMM_WORLD_LOCAL_SIZE", "1",
          "PMIX_NAMESPACE", "slurm.pmix.7.3");
    expect_meeting("node3", 20220);
    OPEN_MPI("2", "PMIX_NAMESPACE", "6", "SLURM_PROCID", "0", "SLURM_STEP_NUM_TASKS", "1", "SLURM_LOCALID", "0",
             "SLURM_JOB_ID", "7", "SLURM_STEP_ID", "3", "SLURM_NNODES", "1");
    char prefix[64];
    find_port(prefix);
    assert_string_not_equal(prefix, "/job/7.3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_slurms_tasks_of_a_node),    cmocka_unit_test(meets_at_slurms_first_host),
        cmocka_unit_test(meets_by_slurms_numbers),          cmocka_unit_test(meets_where_it_is_told),
        cmocka_unit_test(meets_by_open_mpis_job),           cmocka_unit_test(meets_by_pmis_launcher),
        cmocka_unit_test(tells_srun_from_launchers_of_mpi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
