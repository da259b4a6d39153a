/* accelerator_spawn as a program uses it, and what it leaves: nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <accel/accel.h>

/* What is written to a stream meanwhile. */
static char said[4096];
static int spawn_and_read(FILE *stream, accel_spawn_function *function, void *user, int num_processes)
{
    char path[] = "/tmp/accel-spawn-XXXXXX";
    int file = mkstemp(path), before = dup(fileno(stream));
    fflush(stream);
    dup2(file, fileno(stream));
    if (stream == stdout)
        printf("once\n"); /* in a buffer when the processes start */
    int status = accelerator_spawn(function, user, num_processes);
    fflush(stream);
    dup2(before, fileno(stream));
    ssize_t size = pread(file, said, sizeof said - 1, 0);
    said[size > 0 ? size : 0] = '\0';
    close(before);
    close(file);
    unlink(path);
    return status;
}

static int spawn(accel_spawn_function *function, void *user, int num_processes)
{
    return spawn_and_read(stderr, function, user, num_processes);
}

/* Memory that all processes see. */
static int *seen;

static int count(void *user)
{
    int rank = atoi(getenv("RANK"));
    bool good = strcmp(getenv("WORLD_SIZE"), "3") == 0 && atoi(getenv("LOCAL_RANK")) == rank &&
                (getenv("ACCEL_MASTER_LISTEN_FD") != NULL) == (rank == 0) &&
                atoi(getenv("ACCEL_LAUNCHER")) == getppid();
    __atomic_add_fetch(&seen[rank], good ? 1 : 100, __ATOMIC_SEQ_CST);
    seen[3] = *(int *)user;
    *(int *)user = 0; /* in its own copy */
    return 0;
}

static void runs_a_function_in_each_process(void **state)
{
    (void)state;
    int value = 42;
    memset(seen, 0, 4 * sizeof *seen);
    assert_int_equal(spawn(count, &value, 3), 0);
    for (int rank = 0; rank < 3; rank++)
        assert_int_equal(seen[rank], 1);
    assert_int_equal(seen[3], 42);
    assert_int_equal(value, 42);
    assert_string_equal(said, "");
    assert_null(getenv("RANK"));
}

/* Nobody has to be waited for. */
static int fail_in_rank_1(void *user)
{
    (void)user;
    return strcmp(getenv("RANK"), "1") == 0 ? 5 : 0;
}

static void says_who_failed(void **state)
{
    (void)state;
    assert_int_equal(spawn(fail_in_rank_1, NULL, 2), 5);
    assert_non_null(strstr(said, "accelerate: process 1 (pid "));
    assert_non_null(strstr(said, ") exited with code 5\n"));
    assert_false(accel_error_is_set());
}

/* Computes something with the others; rank 1 may fail. */
static int train(void *user)
{
    accelerator *acc = accelerator_create();
    if (accelerator_num_processes(acc) != 2)
        return 20;
    if (*(bool *)user && accelerator_process_index(acc) == 1)
        accel_error_raise(ACCEL_EINVAL, "train", "no data");
    accel_tensor *all = accelerator_gather_for_metrics(acc, accel_ones(ACCEL_FLOAT32, ACCEL_SHAPE(3)));
    if (!accel_error_is_set() && accel_tensor_numel(all) != 6)
        return 21;
    return accelerator_finish(acc);
}

static void trains(void **state)
{
    (void)state;
    bool fails = false;
    assert_int_equal(spawn(train, &fails, 2), 0);
    assert_string_equal(said, "");
    fails = true;
    assert_int_equal(spawn(train, &fails, 2), 1);
    const char *last = strstr(said, "accelerate: process 1 (pid ");
    assert_non_null(last);
    assert_non_null(strstr(last, ": train: no data\n"));
}

static size_t count_descriptors(void)
{
    size_t found = 0;
    DIR *stream = opendir("/proc/self/fd");
    for (struct dirent *item = readdir(stream); item; item = readdir(stream))
        found += item->d_name[0] != '.';
    closedir(stream);
    return found;
}

static void handle(int number) { (void)number; }

static void leaves_the_process_as_it_was(void **state)
{
    (void)state;
    signal(SIGCHLD, handle);
    signal(SIGINT, SIG_IGN);
    sigset_t mask, after;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    pid_t other = fork();
    if (other == 0)
        for (;;)
            pause();
    size_t descriptors = count_descriptors();
    for (int i = 0; i < 2; i++)
        spawn(i ? fail_in_rank_1 : count, seen, 2 + !i);
    assert_int_equal(count_descriptors(), descriptors);
    sigprocmask(SIG_BLOCK, NULL, &after);
    for (int number = 1; number < NSIG; number++)
        assert_int_equal(sigismember(&mask, number), sigismember(&after, number));
    struct sigaction now;
    sigaction(SIGCHLD, NULL, &now);
    assert_true(now.sa_handler == handle);
    sigaction(SIGINT, NULL, &now);
    assert_true(now.sa_handler == SIG_IGN);
    int reaper = -1;
    prctl(PR_GET_CHILD_SUBREAPER, &reaper);
    assert_int_equal(reaper, 0);
    assert_int_equal(waitpid(other, NULL, WNOHANG), 0); /* a child of its own lives on */
    kill(other, SIGKILL);
    assert_int_equal(waitpid(other, NULL, 0), other);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigemptyset(&mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
}

static int print(void *user)
{
    (void)user;
    printf("rank %s\n", getenv("RANK"));
    return 0;
}

/* What stood in a buffer is not written by every copy. */
static void writes_buffers_once(void **state)
{
    (void)state;
    assert_int_equal(spawn_and_read(stdout, print, NULL, 1), 0);
    assert_string_equal(said, "once\nrank 0\n");
}

static void expect_refusal(int status, const char *message)
{
    assert_int_equal(status, 1);
    assert_int_equal(accel_error_status(), ACCEL_EINVAL);
    assert_string_equal(accel_error_text(), message);
    char line[512];
    snprintf(line, sizeof line, "accel: error: %s\n", message);
    assert_string_equal(said, line);
    accel_error_clear();
}

static void *wait_for_word(void *word)
{
    pthread_mutex_lock(word);
    return NULL;
}

static void refuses_what_cannot_work(void **state)
{
    (void)state;
    expect_refusal(spawn(NULL, NULL, 2), "accelerator_spawn: function is NULL");
    expect_refusal(spawn(count, NULL, 0), "accelerator_spawn: num_processes must be from 1 to 1024, got 0");
    expect_refusal(spawn(count, NULL, 1025),
                   "accelerator_spawn: num_processes must be from 1 to 1024, got 1025");
    pthread_mutex_t word = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&word);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_word, &word), 0);
    expect_refusal(spawn(count, NULL, 2), "accelerator_spawn: must be called before an accelerator is made and "
                                          "anything is computed: this process runs 2 "
                                          "threads already");
    pthread_mutex_unlock(&word);
    pthread_join(thread, NULL);
    accel_error_raise(ACCEL_EINVAL, "test", "earlier");
    expect_refusal(spawn(count, NULL, 2), "test: earlier");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_a_function_in_each_process),
        cmocka_unit_test(says_who_failed),
        cmocka_unit_test(trains),
        cmocka_unit_test(leaves_the_process_as_it_was),
        cmocka_unit_test(writes_buffers_once),
        cmocka_unit_test(refuses_what_cannot_work),
    };
    seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return seen == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
