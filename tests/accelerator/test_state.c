/* Training that goes on from a state: every loss after it has the bits that it had without. */
#include "training_run.h"

#include <stdio.h>

/* What the processes of a test share. */
typedef struct shared {
    double whole[RUN_RANKS][RUN_STEPS_MAX], resumed[RUN_RANKS][RUN_STEPS_MAX];
    int64_t count;
    int64_t from; /* that is gone on from */
    accel_mixed_precision precision;
    bool async, safe, dispatches;
    int64_t accumulation, local;
    char folder[256];
} shared;

static shared *all;

static void name_state(char path[320], int64_t seen)
{
    snprintf(path, 320, "%s/step_%lld", all->folder, (long long)seen);
}

static accelerator *create(void)
{
    return accelerator_create(.timeout = 60, .data_seed = 7, .mixed_precision = all->precision,
                              .gradient_accumulation_steps = all->accumulation,
                              .dispatch_batches = all->dispatches);
}

static void save(training_run *r, void *user)
{
    char path[320];
    (void)user;
    name_state(path, r->seen);
    accelerator_save_state(r->acc, path, .async = all->async, .safe_serialization = all->safe);
}

/* Saves after every micro-batch. */
static int train_whole(void *user)
{
    (void)user;
    training_run r = {.acc = create(), .local = all->local, .tied = true};
    run_set_up(&r);
    run_train(&r, all->whole[accelerator_process_index(r.acc)], RUN_STEPS_MAX, save, NULL);
    all->count = r.seen;
    return accelerator_finish(r.acc);
}

static int train_resumed(void *user)
{
    char path[320];
    (void)user;
    training_run r = {.acc = create(), .local = all->local, .tied = true};
    run_set_up(&r);
    name_state(path, all->from);
    CHECK(accelerator_load_state(r.acc, path) == ACCEL_OK);
    CHECK(r.seen == all->from);
    run_train(&r, all->resumed[accelerator_process_index(r.acc)], RUN_STEPS_MAX, NULL, NULL);
    CHECK(!accel_error_is_set());
    CHECK(r.seen == all->count);
    return accelerator_finish(r.acc);
}

/* From every micro-batch of the run, those in the middle of a step and the last ones of an epoch among them. */
static void check_resumes(int ranks, accel_mixed_precision precision, bool async, bool safe,
                          int64_t accumulation)
{
    snprintf(all->folder, sizeof all->folder, "state_%d_%d_%d_%lld", ranks, (int)precision, async,
             (long long)accumulation);
    all->precision = precision;
    all->async = async;
    all->safe = safe;
    all->accumulation = accumulation;
    run_in(ranks, train_whole);
    assert_true(all->count > 8);
    for (all->from = 1; all->from <= all->count; all->from++) {
        memset(all->resumed, 0, sizeof all->resumed);
        run_in(ranks, train_resumed);
        for (int rank = 0; rank < ranks; rank++)
            assert_memory_equal(all->whole[rank] + all->from, all->resumed[rank] + all->from,
                                (size_t)(all->count - all->from) * sizeof(double));
    }
}

static void test_alone(void **state)
{
    (void)state;
    check_resumes(1, ACCEL_PRECISION_NO, false, true, 3);
}

static void test_alone_asynchronously(void **state)
{
    (void)state;
    check_resumes(1, ACCEL_PRECISION_NO, true, false, 1);
}

static void test_two(void **state)
{
    (void)state;
    check_resumes(2, ACCEL_PRECISION_NO, false, true, 3);
}

/* Process 0 reads ahead for both. */
static void test_two_of_whom_one_reads(void **state)
{
    (void)state;
    all->dispatches = true;
    check_resumes(2, ACCEL_BF16, true, true, 2);
    all->dispatches = false;
}

/* Between means the processes have parameters of their own. */
static void test_two_by_themselves(void **state)
{
    (void)state;
    all->local = 4;
    check_resumes(2, ACCEL_PRECISION_NO, false, true, 1);
    all->local = 0;
}

static void test_two_in_half_precision(void **state)
{
    (void)state;
    check_resumes(2, ACCEL_FP16, true, true, 2);
}

int main(void)
{
    all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_alone_asynchronously),
        cmocka_unit_test(test_two),
        cmocka_unit_test(test_two_in_half_precision),
        cmocka_unit_test(test_two_of_whom_one_reads),
        cmocka_unit_test(test_two_by_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
