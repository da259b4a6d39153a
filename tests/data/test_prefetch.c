/* Threads that make batches: their failures reach the loop, and they stop when it does. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/numbers.h"

static const int workers[] = {0, 1, 3};
enum { WORKERS = sizeof workers / sizeof workers[0] };

static int count_threads(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (struct dirent *task = readdir(tasks); task; task = readdir(tasks))
        count += task->d_name[0] != '.';
    closedir(tasks);
    return count;
}

/* A thread that was joined may be in the list for a moment more. */
static void expect_threads(int count)
{
    for (int i = 0; i < 2000 && count_threads() != count; i++)
        usleep(1000);
    assert_int_equal(count_threads(), count);
}

/* ---- failures ---- */

/* Samples from `first` on cannot be had. */
static accel_dict *failing_sample(void *user, int64_t index)
{
    if (index >= *(const int64_t *)user)
        accel_error_raise(ACCEL_EFORMAT, "failing_sample", "sample %lld is bad", (long long)index);
    return number_sample(NULL, index);
}

static void a_failure_reaches_the_loop_in_its_turn(void **state)
{
    (void)state;
    for (int w = 0; w < WORKERS; w++)
        for (int64_t first = 0; first < 20; first += 3)
            accel_scoped() {
                accel_dataset *dataset =
                    accel_dataset_create(.length = 20, .sample = failing_sample, .user = &first);
                accel_loader *loader = accel_loader_create(dataset, .batch_size = 2, .num_workers = workers[w]);
                int64_t rounds = 0;
                accel_for_each (batch, loader)
                    assert_int_equal(number_in(batch, 0), 2 * rounds++);
                assert_int_equal(rounds, first / 2);
                char expected[64];
                snprintf(expected, sizeof expected, "failing_sample: sample %lld is bad", (long long)first);
                expect_failure(ACCEL_EFORMAT, expected);
                int64_t good = first;
                first = 20; /* and once the cause is gone the loader works again */
                rounds = 0;
                accel_for_each (batch, loader)
                    rounds++;
                assert_int_equal(rounds, 10);
                expect_no_failure();
                first = good;
            }
}

/* Batch 2 fails only when batch 4 already has, and is still the one that is reported. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t happened = PTHREAD_COND_INITIALIZER;
static bool later_has_failed;

static accel_dict *late_sample(void *user, int64_t index)
{
    (void)user;
    pthread_mutex_lock(&lock);
    while (index == 2 && !later_has_failed)
        pthread_cond_wait(&happened, &lock);
    if (index == 4) {
        later_has_failed = true;
        pthread_cond_broadcast(&happened);
    }
    pthread_mutex_unlock(&lock);
    if (index != 2 && index != 4)
        return number_sample(NULL, index);
    accel_error_raise(ACCEL_EIO, "late_sample", "sample %lld is bad", (long long)index);
    return NULL;
}

static void the_first_failure_in_order_is_reported(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dataset *dataset = accel_dataset_create(.length = 9, .sample = late_sample);
        accel_loader *loader = accel_loader_create(dataset, .num_workers = 3);
        int rounds = 0;
        accel_for_each (batch, loader)
            assert_int_equal(number_in(batch, 0), rounds++);
        assert_int_equal(rounds, 2);
        expect_failure(ACCEL_EIO, "late_sample: sample 2 is bad");
    }
}

static accel_dict *no_sample(void *user, int64_t index)
{
    (void)user;
    (void)index;
    return NULL;
}

static accel_dict *no_batch(void *user, const int64_t *indices, size_t count)
{
    (void)user;
    (void)indices;
    (void)count;
    return NULL;
}

/* Records a failure and gives a batch all the same. */
static accel_dict *half_hearted_batch(void *user, const int64_t *indices, size_t count)
{
    (void)count;
    accel_dict *batch = number_sample(user, indices[0]);
    accel_error_raise(ACCEL_EIO, "half_hearted_batch", "this is bad");
    return batch;
}

static accel_dict *failing_collate(void *user, accel_dict *const *samples, size_t count)
{
    (void)user;
    (void)samples;
    accel_error_raise(ACCEL_EUNSUPPORTED, "failing_collate", "cannot join %zu samples", count);
    return NULL;
}

static void a_callback_that_gives_nothing_is_a_failure(void **state)
{
    (void)state;
    for (int w = 0; w < WORKERS; w++)
        accel_scoped() {
            const struct {
                accel_dataset *dataset;
                accel_status status;
                const char *text;
            } cases[] = {
                {accel_dataset_create(.length = 4, .sample = no_sample), ACCEL_EINVAL,
                 "accel_loader_next: the dataset gave no sample 0"},
                {accel_dataset_create(.length = 4, .batch = no_batch), ACCEL_EINVAL,
                 "accel_loader_next: the dataset gave no batch"},
                {accel_dataset_create(.length = 4, .batch = half_hearted_batch), ACCEL_EIO,
                 "half_hearted_batch: this is bad"},
                {accel_dataset_create(.length = 4, .sample = number_sample, .collate = failing_collate),
                 ACCEL_EUNSUPPORTED, "failing_collate: cannot join 2 samples"},
            };
            for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                accel_loader *loader =
                    accel_loader_create(cases[i].dataset, .batch_size = 2, .num_workers = workers[w]);
                accel_for_each (batch, loader)
                    fail();
                expect_failure(cases[i].status, cases[i].text);
            }
        }
}

/* ---- threads ---- */

static accel_loader *many(int count)
{
    return accel_loader_create(numbers(1000), .batch_size = 1, .num_workers = count);
}

static int leave_by_return(accel_loader *loader, int after)
{
    accel_for_each (batch, loader)
        if (after-- == 0)
            return (int)number_in(batch, 0);
    return -1;
}

static int leave_by_goto(accel_loader *loader, int after)
{
    accel_for_each (batch, loader)
        accel_for_each (inner, many(2))
            if (after-- == 0)
                goto out;
    return -1;
out:
    return 0;
}

static void threads_stop_however_a_loop_is_left(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *loader = many(3);
        int before = count_threads();
        for (int after = 0; after < 30; after += 7) {
            int left = after;
            accel_for_each (batch, loader) {
                expect_threads(before + 3);
                if (left-- == 0)
                    break;
            }
            expect_threads(before);
            assert_int_equal(leave_by_return(loader, after), after);
            expect_threads(before);
            assert_int_equal(leave_by_goto(loader, after), 0);
            expect_threads(before);
        }
        accel_for_each (batch, loader)
            accel_error_raise(ACCEL_EIO, "program", "enough");
        expect_threads(before);
        expect_failure(ACCEL_EIO, "program: enough");
    }
}

/* A program may exit where it stands, threads at work or waiting. */
static void threads_stop_when_the_process_exits(void **state)
{
    (void)state;
    for (int count = 1; count < 4; count += 2) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(60);
            accel_for_each (batch, many(count))
                exit(7);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 7);
    }
}

/* Leaving takes with it what was made ahead and never asked for. */
static void nothing_is_left_of_batches_made_ahead(void **state)
{
    (void)state;
    accel_scoped() {
        accel_loader *loader = accel_loader_create(numbers(100), .num_workers = 3, .prefetch = 4);
        size_t before = accel_live_handles();
        for (int i = 0; i < 20; i++) {
            accel_loader_begin(loader);
            accel_loader_next(loader);
            accel_loader_end(loader);
            assert_int_equal(accel_live_handles(), before + 2); /* the last batch and its tensor */
        }
    }
}

/* Left to choose, a loader starts no thread for what takes less time than handing it over. */
static void small_copies_need_no_thread(void **state)
{
    (void)state;
    accel_scoped() {
        accel_dict *small = accel_dict_create(), *large = accel_dict_create();
        accel_dict_set(small, "x", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(99, 4)));
        accel_dict_set(large, "x", accel_zeros(ACCEL_FLOAT32, ACCEL_SHAPE(99, 1 << 14)));
        const struct {
            accel_dataset *dataset;
            int threads;
        } cases[] = {{accel_tensor_dataset(small), 0}, {accel_tensor_dataset(large), 1}, {numbers(99), 1}};
        int before = count_threads();
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
            accel_for_each (batch, accel_loader_create(cases[i].dataset, .batch_size = 2)) {
                assert_int_equal(count_threads(), before + cases[i].threads);
                break;
            }
        expect_no_failure();
    }
}

static atomic_int made;

static accel_dict *counting_sample(void *user, int64_t index)
{
    atomic_fetch_add(&made, 1);
    return number_sample(user, index);
}

/* Threads keep to what may be ready ahead, and wait. */
static void threads_do_not_run_away(void **state)
{
    (void)state;
    enum { AHEAD = 2 * 3 };
    accel_scoped() {
        accel_dataset *dataset = accel_dataset_create(.length = 1000, .sample = counting_sample);
        accel_loader *loader = accel_loader_create(dataset, .num_workers = 2, .prefetch = 3);
        atomic_store(&made, 0);
        accel_loader_begin(loader);
        for (int taken = 1; taken < 50; taken++) {
            accel_loader_next(loader);
            if (taken % 10 == 0)
                usleep(1000);
            assert_in_range(atomic_load(&made), taken, taken + AHEAD);
        }
        accel_loader_end(loader);
        assert_in_range(atomic_load(&made), 49, 49 + AHEAD);
    }
}

/* What a thread of one loop makes does not end with another thread's scope. */
static void batches_of_many_threads_are_whole(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++)
        accel_scoped() {
            accel_loader *loader = accel_loader_create(numbers(1003), .batch_size = 4, .num_workers = 8,
                                                       .shuffle = true, .data_seed = 1);
            bool seen[1003] = {false};
            int64_t samples = 0;
            accel_for_each (batch, loader)
                for (int64_t i = 0; i < batch_size_of(batch); i++, samples++) {
                    int64_t number = number_in(batch, i);
                    assert_false(seen[number]);
                    seen[number] = true;
                }
            assert_int_equal(samples, 1003);
            expect_no_failure();
        }
}

/* Whichever allocation fails, on whichever thread, the loop ends, says so, and leaves nothing. */
static void survives_failed_allocations(void **state)
{
    (void)state;
    for (int w = 0; w < WORKERS; w++) {
        int rounds = 0;
        for (size_t nth = 1; rounds < 4; nth++) {
            assert_in_range(nth, 1, 500);
            memory_fail_at(nth);
            rounds = 0;
            accel_loader *loader = NULL;
            accel_dataset *dataset = numbers(8);
            loader = accel_loader_create(dataset, .batch_size = 2, .shuffle = true, .data_seed = 1,
                                         .num_workers = workers[w]);
            accel_for_each (batch, loader)
                rounds++;
            memory_fail_at(0);
            assert_int_equal(accel_error_status(), rounds == 4 ? ACCEL_OK : ACCEL_ENOMEM);
            accel_error_clear();
            accel_free(loader);
            accel_free(dataset);
            assert_int_equal(accel_live_handles(), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_failure_reaches_the_loop_in_its_turn),
        TEST(the_first_failure_in_order_is_reported),
        TEST(a_callback_that_gives_nothing_is_a_failure),
        TEST(threads_stop_however_a_loop_is_left),
        TEST(threads_stop_when_the_process_exits),
        TEST(nothing_is_left_of_batches_made_ahead),
        TEST(small_copies_need_no_thread),
        TEST(threads_do_not_run_away),
        TEST(batches_of_many_threads_are_whole),
        TEST(survives_failed_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
