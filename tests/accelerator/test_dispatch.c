/* One process reads for all: the same batches as Accelerate's dispatcher gives, and what happens when a process leaves. */
#include "ranks.h"

#include <jansson.h>
#include <unistd.h>

static int64_t integer_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static bool boolean_of(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

/* ---- numbers, one after another or by index ---- */

typedef struct numbers {
    int64_t count, next, bad; /* bad: which one cannot be had; -1: none */
} numbers;

static void *begin_pass(void *user, int64_t epoch)
{
    (void)epoch;
    ((numbers *)user)->next = 0;
    return NULL;
}

static accel_dict *sample(void *user, int64_t index)
{
    (void)user;
    accel_dict *made = accel_dict_create();
    accel_dict_set(made, "x", accel_scalar((double)index, ACCEL_INT64));
    return made;
}

static accel_dict *next_number(void *user, void *pass)
{
    numbers *n = user;
    (void)pass;
    if (n->next == n->bad)
        accel_error_raise(ACCEL_EFORMAT, "next_number", "line %lld is bad", (long long)n->bad);
    return n->next == n->count || accel_error_is_set() ? NULL : sample(NULL, n->next++);
}

static accel_dataset *stream(numbers *n)
{
    return accel_iterable_dataset(.begin = begin_pass, .next = next_number, .user = n);
}

/* ---- against the reference ---- */

static int expect_batch(accel_dict *batch, const json_t *expected)
{
    accel_tensor *x = accel_get(batch, "x");
    const int64_t *values = data_of(x);
    CHECK(accel_tensor_numel(x) == (int64_t)json_array_size(expected));
    for (size_t i = 0; i < json_array_size(expected); i++)
        CHECK(values[i] == json_integer_value(json_array_get(expected, i)));
    return 0;
}

static int expect_case(const json_t *c, int workers)
{
    accelerator *acc =
        accelerator_create(.split_batches = boolean_of(c, "split"), .dispatch_batches = true, .timeout = 60);
    numbers n = {.count = integer_of(c, "n"), .bad = -1};
    const json_t *ranks = json_object_get(c, "ranks");
    const json_t *batches = json_array_get(ranks, (size_t)accelerator_process_index(acc));
    accel_dataset *dataset =
        boolean_of(c, "iterable") ? stream(&n) : accel_dataset_create(.length = n.count, .sample = sample);
    accel_loader *loader = accel_loader_create(dataset, .batch_size = integer_of(c, "batch_size"),
                                               .drop_last = boolean_of(c, "drop_last"), .num_workers = workers);
    accelerator_prepare(acc, loader);
    CHECK(boolean_of(c, "iterable") || accel_loader_length(loader) == (int64_t)json_array_size(batches));
    for (int epoch = 0; epoch < 2; epoch++) {
        size_t count = 0;
        accelerator_skip_first_batches(acc, loader, integer_of(c, "skip"));
        accel_for_each (batch, loader)
            CHECK(expect_batch(batch, json_array_get(batches, count++)) == 0);
        CHECK(count == json_array_size(batches));
    }
    return accelerator_finish(acc);
}

static int equal_the_reference(void *user)
{
    (void)user;
    char path[4096];
    snprintf(path, sizeof path, "%s/dispatch/dispatch_%s.json", getenv("ACCEL_TEST_ORACLE"),
             getenv("WORLD_SIZE"));
    json_t *cases = json_load_file(path, 0, NULL);
    CHECK(json_array_size(cases) > 200);
    for (size_t i = 0; i < json_array_size(cases); i++)
        if (expect_case(json_array_get(cases, i), i % 4 == 0 ? 2 : 0) != 0) {
            json_dumpf(json_array_get(cases, i), stderr, 0);
            return 1;
        }
    json_decref(cases);
    return 0;
}

static void equals_the_reference(void **state)
{
    (void)state;
    if (!getenv("ACCEL_TEST_ORACLE"))
        skip();
    run_in(2, equal_the_reference);
    run_in(3, equal_the_reference);
}

/* ---- what a batch may be ---- */

/* Samples of every dtype and of other sizes in each batch of each process; one of a megabyte. */
static accel_dict *wild_sample(void *user, int64_t index)
{
    static const accel_dtype dtypes[] = {ACCEL_FLOAT32, ACCEL_BFLOAT16, ACCEL_BOOLEAN, ACCEL_UINT8,
                                         ACCEL_INT16};
    (void)user;
    accel_dict *made = accel_dict_create();
    accel_dict_set(made, "a name with \"quotes\"\n",
                   accel_full((double)(index % 2), dtypes[index / 2 % 5], ACCEL_SHAPE(1 + index / 2, 3)));
    accel_dict_set(made, "empty", accel_zeros(ACCEL_FLOAT64, ACCEL_SHAPE(0, 4)));
    accel_dict_set(made, "x", accel_scalar((double)index, ACCEL_INT64));
    if (index >= 8)
        accel_dict_set(made, "large", accel_full((double)index, ACCEL_FLOAT32, ACCEL_SHAPE(1 << 18)));
    return made;
}

static int send_wild(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.dispatch_batches = true, .timeout = 60);
    int rank = accelerator_process_index(acc);
    accel_loader *loader = accel_loader_create(accel_dataset_create(.length = 20, .sample = wild_sample),
                                               .batch_size = 2, .num_workers = 3);
    accelerator_prepare(acc, loader);
    int64_t round = 0;
    accel_for_each (batch, loader) {
        int64_t first = 4 * round++ + 2 * rank;
        accel_tensor *values = accel_get(batch, "a name with \"quotes\"\n");
        CHECK(accel_tensor_size(values, 0) == 2 && accel_tensor_size(values, 1) == 1 + first / 2);
        CHECK(accel_item(accel_sum(accel_to_dtype(values, ACCEL_FLOAT32))) == 3 * (double)(1 + first / 2));
        CHECK(accel_tensor_size(accel_get(batch, "empty"), 2) == 4);
        CHECK(((const int64_t *)data_of(accel_get(batch, "x")))[1] == first + 1);
        if (first >= 8)
            CHECK(accel_item(accel_max(accel_get(batch, "large"))) == (double)(first + 1));
    }
    CHECK(round == 5);
    return accelerator_finish(acc);
}

static void sends_every_kind_of_batch(void **state)
{
    (void)state;
    run_in(2, send_wild);
}

/* ---- shuffled, in loops of loops, and left early ---- */

static int shuffle_as_a_shard(void *user)
{
    (void)user;
    int64_t order[2][64];
    for (int dispatch = 0; dispatch < 2; dispatch++) {
        accelerator *acc = accelerator_create(.dispatch_batches = dispatch, .data_seed = 7, .timeout = 60);
        accel_loader *loader = accel_loader_create(accel_dataset_create(.length = 64, .sample = sample),
                                                   .batch_size = 4, .shuffle = true);
        accelerator_prepare(acc, loader);
        for (int epoch = 0; epoch < 2; epoch++) {
            size_t at = 0;
            accel_for_each (batch, loader)
                for (int64_t i = 0; i < 4; i++)
                    order[dispatch][at++] = ((const int64_t *)data_of(accel_get(batch, "x")))[i];
            CHECK(at == 32);
        }
        CHECK(accelerator_finish(acc) == 0);
    }
    CHECK(memcmp(order[0], order[1], 32 * sizeof(int64_t)) == 0);
    return 0;
}

static void shuffles_as_without(void **state)
{
    (void)state;
    run_in(2, shuffle_as_a_shard);
}

static int nest_and_leave(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    numbers n[2] = {{.count = 1000, .bad = -1}, {.count = 9, .bad = -1}};
    accel_loader *outer = accel_loader_create(stream(&n[0]), .batch_size = 5),
                 *inner = accel_loader_create(stream(&n[1]), .batch_size = 2);
    accelerator_prepare(acc, outer, inner);
    for (int epoch = 0; epoch < 3; epoch++) {
        int rounds = 0;
        accel_for_each (batch, outer) {
            int64_t seen = 0;
            accel_for_each (other, inner)
                seen += accel_tensor_numel(accelerator_gather_for_metrics(acc, accel_get(other, "x")));
            CHECK(seen == 9);
            if (++rounds == 3) /* far ahead is read, and nobody wants it */
                break;
        }
        CHECK(rounds == 3);
        accel_loader_begin(inner); /* in step */
        accel_for_each (batch, outer) {
            accel_dict *other = accel_loader_next(inner);
            if (!other)
                break;
            CHECK(accel_item_integer(accel_min(accel_get(other, "x"))) <= 9);
        }
        accel_loader_end(inner);
    }
    return accelerator_finish(acc);
}

static void loops_nest_and_are_left(void **state)
{
    (void)state;
    run_in(2, nest_and_leave);
    run_in(3, nest_and_leave);
}

/* ---- a process that is behind ---- */

/* The last process waits with its first batch in hand until process 0 has begun another loop. */
typedef struct slow_loop {
    int64_t rounds;  /* that there are */
    int64_t taken;   /* of them; above rounds: the loop ends by itself */
    int empty_loops; /* without a batch, before the other one */
    int next[2];     /* a pipe that says that it has begun */
} slow_loop;

/* Of more bytes than a connection holds on its way. */
static accel_dict *large_sample(void *user, int64_t index)
{
    enum { ELEMENTS = 10 << 20 };
    (void)user;
    accel_dict *made = sample(NULL, index);
    accel_dict_set(made, "large", accel_full((double)index, ACCEL_FLOAT32, ACCEL_SHAPE(ELEMENTS)));
    return made;
}

static bool tell_next_loop(const slow_loop *s) { return write(s->next[1], "", 1) == 1; }

static bool await_next_loop(const slow_loop *s)
{
    char said;
    return read(s->next[0], &said, 1) == 1;
}

static int take_rounds(const slow_loop *s, accelerator *acc, accel_loader *loader, bool waits)
{
    int64_t taken = 0, each = accelerator_num_processes(acc), rank = accelerator_process_index(acc);
    accel_dict *batch;
    while (taken < s->taken && (batch = accel_loader_next(loader))) {
        CHECK(((int64_t *)accel_tensor_data(accel_get(batch, "x")))[0] == taken * each + rank);
        CHECK(taken++ > 0 || !waits || await_next_loop(s));
    }
    CHECK(taken == (s->taken < s->rounds ? s->taken : s->rounds));
    return 0;
}

static accel_loader *large_loader(const slow_loop *s, accelerator *acc)
{
    int64_t length = s->rounds * accelerator_num_processes(acc);
    accel_loader *loader = accel_loader_create(accel_dataset_create(.length = length, .sample = large_sample),
                                               .num_workers = 1, .prefetch = 1);
    accelerator_prepare(acc, loader);
    return loader;
}

static int fall_behind(void *user)
{
    const slow_loop *s = user;
    accelerator *acc = accelerator_create(.dispatch_batches = true, .timeout = 60);
    accel_loader *loader = large_loader(s, acc);
    accel_loader_begin(loader);
    CHECK(take_rounds(s, acc, loader, accelerator_is_last_process(acc)) == 0);
    accel_loader_end(loader);
    for (int i = 0; i < s->empty_loops; i++) {
        accel_loader_begin(loader);
        accel_loader_end(loader);
    }
    accel_loader_begin(loader);
    CHECK(!accelerator_is_main_process(acc) || tell_next_loop(s));
    CHECK(take_rounds(s, acc, loader, false) == 0);
    accel_loader_end(loader);
    return accelerator_finish(acc);
}

static void run_slow_loop(accel_spawn_function *body, slow_loop s, int processes)
{
    assert_int_equal(pipe(s.next), 0);
    int status = accelerator_spawn(body, &s, processes);
    close(s.next[0]);
    close(s.next[1]);
    assert_int_equal(status, 0);
}

/* One batch in hand, one made ahead, one half sent: what comes after them has not begun to be sent. */
static void who_is_behind_misses_no_end(void **state)
{
    (void)state;
    run_slow_loop(fall_behind, (slow_loop){.rounds = 3, .taken = 4}, 2);
}

static void who_is_behind_misses_no_batch(void **state)
{
    (void)state;
    run_slow_loop(fall_behind, (slow_loop){.rounds = 8, .taken = 4}, 2);
    run_slow_loop(fall_behind, (slow_loop){.rounds = 4, .taken = 4}, 3);
}

static void loops_are_left_before_their_first_batch(void **state)
{
    (void)state;
    run_slow_loop(fall_behind, (slow_loop){.rounds = 8, .taken = 4, .empty_loops = 20}, 2);
    run_slow_loop(fall_behind, (slow_loop){.rounds = 3, .taken = 4, .empty_loops = 20}, 2);
}

static int free_ahead(void *user)
{
    const slow_loop *s = user;
    accelerator *acc = accelerator_create(.dispatch_batches = true, .timeout = 60);
    accel_loader *loader = large_loader(s, acc);
    accel_loader_begin(loader);
    CHECK(take_rounds(s, acc, loader, !accelerator_is_main_process(acc)) == 0);
    CHECK(!accelerator_is_main_process(acc) || tell_next_loop(s));
    accelerator_free_memory(acc);
    return accelerator_finish(acc);
}

static void who_is_behind_may_be_when_it_is_freed(void **state)
{
    (void)state;
    run_slow_loop(free_ahead, (slow_loop){.rounds = 3, .taken = 4}, 2);
}

/* ---- what goes wrong is everybody's ---- */

static int fail_at_a_line(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    bool reads = accelerator_is_main_process(acc);
    int each = 4 * accelerator_num_processes(acc);
    numbers n = {.count = 100, .bad = 21};
    accel_loader *loader = accel_loader_create(stream(&n), .batch_size = 4);
    accelerator_prepare(acc, loader);
    int rounds = 0;
    accel_for_each (batch, loader)
        rounds++;
    CHECK(rounds == 21 / each);
    CHECK_ERROR(ACCEL_EFORMAT, reads ? "next_number: line 21 is bad"
                                     : "accel_loader_next: process 0: next_number: line 21 is bad");
    accel_error_clear();
    n.bad = -1; /* and once the cause is gone it is read again, in all processes */
    rounds = 0;
    accel_for_each (batch, loader)
        rounds++;
    CHECK(rounds == (100 + each - 1) / each);
    return accelerator_finish(acc);
}

static int leave_alone(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    bool reads = accelerator_is_main_process(acc);
    numbers n = {.count = 1000, .bad = -1};
    accel_loader *loader = accel_loader_create(stream(&n), .batch_size = 4);
    accelerator_prepare(acc, loader);
    accel_for_each (batch, loader)
        if (reads)
            break;
    if (!reads)
        CHECK_ERROR(ACCEL_EPEER, "accel_loader_next: process 0 has left the loop over this loader");
    accel_error_clear();
    accelerator_wait_for_everyone(acc); /* nothing else is lost */
    int rounds = 0;
    accel_for_each (batch, loader)
        rounds++;
    CHECK(rounds == 125);
    return accelerator_finish(acc);
}

static int64_t skipped_by_reader; /* of 5 batches of each process, or more than there are */

static int skip_alone(void *user)
{
    (void)user;
    char text[128];
    accelerator *acc = accelerator_create(.timeout = 60);
    bool reads = accelerator_is_main_process(acc);
    numbers n = {.count = 40, .bad = -1};
    accel_loader *loader = accel_loader_create(stream(&n), .batch_size = 4);
    accelerator_prepare(acc, loader);
    accelerator_skip_first_batches(acc, loader, reads ? skipped_by_reader : 2);
    accel_for_each (batch, loader)
        CHECK(reads);
    accelerator_wait_for_everyone(acc);
    snprintf(text, sizeof text,
             "accel_loader_next: process 0 skips the first %lld batches of this loop, this process 2",
             (long long)skipped_by_reader);
    CHECK(strstr(accel_error_text(), text) != NULL);
    accelerator_finish(acc);
    return 0;
}

/* Process 1 leaves a loop in its second batch, and begins the next one, while process 0 waits for it in a call. */
static int leave_for_the_next(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    bool reads = accelerator_is_main_process(acc);
    numbers n = {.count = 1000, .bad = -1};
    accel_loader *loader = accel_loader_create(stream(&n), .batch_size = 4);
    accelerator_prepare(acc, loader);
    for (int epoch = 0; epoch < 2; epoch++) {
        int rounds = 0;
        accel_for_each (batch, loader) {
            if (++rounds == 2 && !reads)
                break;
            accelerator_gather(acc, accel_get(batch, "x"));
        }
    }
    CHECK_ERROR(ACCEL_EPEER,
                "accel_loader_next: this process has left a loop over this loader in which process 0 goes on");
    accelerator_finish(acc);
    return 0;
}

/* The same, for a call that has the same shapes as process 0's in its loop, and without any there. */
static int leave_for_a_call(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    bool reads = accelerator_is_main_process(acc);
    numbers n = {.count = 1000, .bad = -1};
    accel_loader *loader = accel_loader_create(stream(&n), .batch_size = 4);
    accelerator_prepare(acc, loader);
    int rounds = 0;
    accel_for_each (batch, loader) {
        if (++rounds == 2 && !reads)
            break;
        accelerator_gather(acc, accel_get(batch, "x"));
    }
    if (!reads)
        accelerator_gather(acc, accel_arange(4));
    CHECK_ERROR(
        ACCEL_EMISMATCH,
        "process 0 calls accelerator_gather in batch 2 of loop 1 over a loader that process 0 reads, process 1 "
        "calls accelerator_gather outside of a loop over a loader that process 0 reads");
    accel_error_clear();
    return accelerator_finish(acc);
}

static int leave_a_reader_alone(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.dispatch_batches = true, .timeout = 60);
    bool reads = accelerator_is_main_process(acc);
    accel_loader *loader =
        accel_loader_create(accel_dataset_create(.length = 64, .sample = large_sample), .prefetch = 1);
    accelerator_prepare(acc, loader);
    accel_for_each (batch, loader)
        if (!reads)
            break;
    accelerator_wait_for_everyone(acc);
    CHECK_ERROR(ACCEL_EPEER, "accel_loader_next: process 1 has left the loop over this loader");
    accelerator_finish(acc);
    return 0;
}

static void who_leaves_a_loop_alone_is_noticed(void **state)
{
    (void)state;
    run_in(2, leave_for_the_next);
    run_in(2, leave_for_a_call);
    run_in(2, leave_a_reader_alone);
}

static void a_failure_reaches_all(void **state)
{
    (void)state;
    run_in(2, fail_at_a_line);
    run_in(3, fail_at_a_line);
    run_in(2, leave_alone);
    for (skipped_by_reader = 1; skipped_by_reader < 12; skipped_by_reader += 5)
        run_in(2, skip_alone);
}

/* ---- options ---- */

static void refuses_a_strange_option(void **state)
{
    (void)state;
    assert_null(accelerator_create(.dispatch_batches = 2));
    assert_string_equal(accel_error_text(),
                        "accelerator_create: dispatch_batches must be true, false or -1, got 2");
    accel_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_reference),
        cmocka_unit_test(sends_every_kind_of_batch),
        cmocka_unit_test(shuffles_as_without),
        cmocka_unit_test(loops_nest_and_are_left),
        cmocka_unit_test(who_is_behind_misses_no_end),
        cmocka_unit_test(who_is_behind_misses_no_batch),
        cmocka_unit_test(loops_are_left_before_their_first_batch),
        cmocka_unit_test(who_is_behind_may_be_when_it_is_freed),
        cmocka_unit_test(a_failure_reaches_all),
        cmocka_unit_test(who_leaves_a_loop_alone_is_noticed),
        cmocka_unit_test(refuses_a_strange_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
