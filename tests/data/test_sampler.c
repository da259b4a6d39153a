/* Orders and their batches, against Accelerate's seedable sampler and by hand. */
#include "data/reference_loaders.h"

#include "data/sampler.h"

/* The batches of an epoch joined are the beginning of the order. */
static void expect_order(const sampler *s, int64_t epoch, const json_t *batches, const char *name)
{
    int64_t *order = sampler_order(s, epoch), at = 0;
    assert_non_null(order);
    assert_int_equal(sampler_batches(s), json_array_size(batches));
    for (size_t b = 0; b < json_array_size(batches); b++) {
        const json_t *batch = json_array_get(batches, b);
        const batch_claim claim = sampler_batch(s, (int64_t)b);
        assert_int_equal(claim.first, at);
        assert_int_equal(claim.count, json_array_size(batch));
        for (size_t i = 0; i < claim.count; i++, at++)
            if (order[at] != json_integer_value(json_array_get(batch, i)))
                fail_msg("%s: epoch %lld, place %lld: %lld, expected %lld", name, (long long)epoch,
                         (long long)at, (long long)order[at],
                         (long long)json_integer_value(json_array_get(batch, i)));
    }
    memory_free(order);
}

static void orders_equal_the_reference(void **state)
{
    (void)state;
    json_t *cases = reference_cases("loaders.json");
    for (size_t c = 0; c < json_array_size(cases); c++) {
        const json_t *object = json_array_get(cases, c), *epochs = json_object_get(object, "epochs");
        char name[128];
        const sampler s = {.length = integer_of(object, "n"),
                           .batch_size = integer_of(object, "batch_size"),
                           .shuffle = boolean_of(object, "shuffle"),
                           .drop_last = boolean_of(object, "drop_last"),
                           .seed = integer_of(object, "data_seed"),
                           .world_size = 1};
        assert_int_equal(sampler_batches(&s), integer_of(object, "length"));
        assert_in_range(json_array_size(epochs), 2, 10);
        for (size_t e = 0; e < json_array_size(epochs); e++)
            expect_order(&s, (int64_t)e, json_object_get(json_array_get(epochs, e), "batches"),
                         case_name(object, name, sizeof name));
    }
    json_decref(cases);
}

static void an_order_names_every_sample_once(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    for (int64_t epoch = 0; epoch < 5; epoch++) {
        const sampler s = {.length = COUNT, .batch_size = 3, .shuffle = true, .seed = 7, .world_size = 1};
        int64_t *order = sampler_order(&s, epoch);
        bool seen[COUNT] = {false};
        for (int i = 0; i < COUNT; i++) {
            assert_in_range(order[i], 0, COUNT - 1);
            assert_false(seen[order[i]]);
            seen[order[i]] = true;
        }
        memory_free(order);
    }
}

static void is_in_order_without_shuffle(void **state)
{
    (void)state;
    const sampler s = {.length = 9, .batch_size = 2, .seed = 42, .world_size = 1};
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        int64_t *order = sampler_order(&s, epoch);
        for (int64_t i = 0; i < 9; i++)
            assert_int_equal(order[i], i);
        memory_free(order);
    }
}

static void leaves_the_default_generator_alone(void **state)
{
    (void)state;
    accel_set_seed(1);
    int64_t before = next_draw();
    memory_free(sampler_order(
        &(sampler){.length = 50, .batch_size = 4, .shuffle = true, .seed = 42, .world_size = 1}, 3));
    assert_int_equal(next_draw(), before);
}

static void cuts_an_epoch_into_batches(void **state)
{
    (void)state;
    const struct {
        int64_t length, batch_size;
        bool drop_last;
        int64_t batches;
    } cases[] = {
        {0, 4, false, 0},
        {0, 4, true, 0},
        {3, 4, false, 1},
        {3, 4, true, 0},
        {4, 4, false, 1},
        {4, 4, true, 1},
        {5, 4, false, 2},
        {5, 4, true, 1},
        {8, 4, false, 2},
        {5, INT64_MAX, false, 1},
        {5, INT64_MAX, true, 0},
        {INT64_MAX, 1, false, INT64_MAX},
        {INT64_MAX, 2, true, INT64_MAX / 2},
        {INT64_MAX, 2, false, INT64_MAX / 2 + 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const sampler s = {.length = cases[i].length,
                           .batch_size = cases[i].batch_size,
                           .drop_last = cases[i].drop_last,
                           .world_size = 1};
        assert_int_equal(sampler_batches(&s), cases[i].batches);
        for (int64_t b = 0; b < cases[i].batches && b < 3; b++) {
            assert_int_equal(sampler_batch(&s, b).first, b * cases[i].batch_size);
            assert_in_range(sampler_batch(&s, b).count, 1, cases[i].batch_size);
        }
        if (cases[i].batches == 0)
            continue;
        const batch_claim last = sampler_batch(&s, cases[i].batches - 1);
        assert_int_equal(last.first + (int64_t)last.count,
                         cases[i].drop_last ? cases[i].batches * cases[i].batch_size : cases[i].length);
    }
}

static void takes_the_largest_seed(void **state)
{
    (void)state;
    const sampler s = {.length = 5, .batch_size = 1, .shuffle = true, .seed = INT64_MAX, .world_size = 1};
    int64_t *first = sampler_order(&s, 0), *second = sampler_order(&s, 1);
    assert_non_null(first);
    assert_non_null(second);
    memory_free(first);
    memory_free(second);
}

static void does_nothing_while_an_error_is_recorded(void **state)
{
    (void)state;
    accel_error_raise(ACCEL_EIO, "before", "first");
    assert_null(sampler_order(&(sampler){.length = 5, .batch_size = 1, .shuffle = true, .world_size = 1}, 0));
    expect_failure(ACCEL_EIO, "before: first");
}

static void survives_failed_allocations(void **state)
{
    (void)state;
    int64_t *order = NULL;
    for (size_t nth = 1; !order; nth++) {
        assert_in_range(nth, 1, 100);
        memory_fail_at(nth);
        order = sampler_order(&(sampler){.length = 5, .batch_size = 1, .shuffle = true, .world_size = 1}, 0);
        assert_int_equal(accel_error_status(), order ? ACCEL_OK : ACCEL_ENOMEM);
        accel_error_clear();
        assert_int_equal(accel_live_handles(), 0);
    }
    memory_free(order);
}

/* ---- shared by several processes ---- */

/* Each process's batches; gives how many of the reference's lengths are wrong. */
static int64_t expect_cut(const json_t *share)
{
    char name[128];
    int64_t miscounted = 0;
    sampler s = {.length = integer_of(share, "n"),
                 .batch_size = integer_of(share, "batch_size"),
                 .drop_last = boolean_of(share, "drop_last"),
                 .world_size = (int)integer_of(share, "world_size"),
                 .split_batches = boolean_of(share, "split_batches"),
                 .even_batches = boolean_of(share, "even_batches")};
    for (; s.rank < s.world_size; s.rank++) {
        size_t rank = (size_t)s.rank;
        int64_t length = json_integer_value(json_array_get(json_object_get(share, "lengths"), rank));
        expect_order(&s, 0, json_array_get(json_object_get(share, "batches"), rank),
                     share_name(share, s.rank, name, sizeof name));
        assert_int_equal(length, sampler_batches(&s) + is_miscounted(share, s.rank));
        miscounted += is_miscounted(share, s.rank);
    }
    return miscounted;
}

static void shares_equal_the_reference(void **state)
{
    (void)state;
    json_t *shares = reference_cases("cuts.json");
    int64_t miscounted = 0;
    assert_int_equal(json_array_size(shares), 31 * (5 * 4 * 4 + 9 * 4));
    for (size_t i = 0; i < json_array_size(shares); i++)
        miscounted += expect_cut(json_array_get(shares, i));
    assert_int_equal(miscounted, 108);
    json_decref(shares);
}

/* "0 1 2, 6 7 8" */
static const char *batches_as_text(const sampler *s, char *text, size_t size)
{
    int64_t *order = sampler_order(s, 0);
    size_t at = 0;
    text[0] = '\0';
    for (int64_t b = 0; b < sampler_batches(s); b++) {
        const batch_claim claim = sampler_batch(s, b);
        for (size_t i = 0; i < claim.count; i++)
            at += (size_t)snprintf(text + at, size - at, "%s%lld",
                                   i > 0   ? " "
                                   : b > 0 ? ", "
                                           : "",
                                   (long long)order[claim.first + (int64_t)i]);
    }
    memory_free(order);
    return text;
}

/* How many samples of a last round that is filled are its own; 0 where nothing is filled. */
static int64_t remainder_of(const sampler *s)
{
    if (sampler_batches(s) == 0)
        return 0;
    const batch_round last = sampler_batch(s, sampler_batches(s) - 1).round;
    return last.is_whole && last.real < last.share * s->world_size ? last.real : 0;
}

static void two_processes_share_by_hand(void **state)
{
    (void)state;
    enum { SPLIT = 1, EVEN = 2, DROP = 4 };
    const struct {
        int64_t length, batch_size;
        int mode;
        const char *ranks[2];
        int64_t remainder;
    } rows[] = {
        {21, 3, EVEN, {"0 1 2, 6 7 8, 12 13 14, 18 19 20", "3 4 5, 9 10 11, 15 16 17, 0 1 2"}, 3},
        {22, 3, EVEN, {"0 1 2, 6 7 8, 12 13 14, 18 19 20", "3 4 5, 9 10 11, 15 16 17, 21 0 1"}, 4},
        {20, 3, EVEN, {"0 1 2, 6 7 8, 12 13 14, 18 19 0", "3 4 5, 9 10 11, 15 16 17, 1 2 3"}, 2},
        {24, 3, EVEN, {"0 1 2, 6 7 8, 12 13 14, 18 19 20", "3 4 5, 9 10 11, 15 16 17, 21 22 23"}, 0},
        {2, 3, EVEN, {"0 1 0", "1 0 1"}, 2},
        {1, 3, EVEN, {"0 0 0", "0 0 0"}, 1},
        {0, 3, EVEN, {"", ""}, 0},
        {21, 3, 0, {"0 1 2, 6 7 8, 12 13 14, 18 19 20", "3 4 5, 9 10 11, 15 16 17"}, 0},
        {20, 3, 0, {"0 1 2, 6 7 8, 12 13 14, 18 19", "3 4 5, 9 10 11, 15 16 17"}, 0},
        {22, 3, 0, {"0 1 2, 6 7 8, 12 13 14, 18 19 20", "3 4 5, 9 10 11, 15 16 17, 21"}, 0},
        {0, 3, 0, {"", ""}, 0},
        {22, 3, DROP, {"0 1 2, 6 7 8, 12 13 14", "3 4 5, 9 10 11, 15 16 17"}, 0},
        {22, 3, DROP | EVEN, {"0 1 2, 6 7 8, 12 13 14", "3 4 5, 9 10 11, 15 16 17"}, 0},
        {2, 3, DROP | EVEN, {"", ""}, 0},
        {22, 4, SPLIT | EVEN, {"0 1, 4 5, 8 9, 12 13, 16 17, 20 21", "2 3, 6 7, 10 11, 14 15, 18 19, 0 1"}, 2},
        {21, 4, SPLIT | EVEN, {"0 1, 4 5, 8 9, 12 13, 16 17, 20 0", "2 3, 6 7, 10 11, 14 15, 18 19, 1 2"}, 1},
        {2, 4, SPLIT | EVEN, {"0 1", "0 1"}, 2},
        {2, 4, SPLIT, {"0 1", ""}, 0},
        {7, 4, SPLIT | DROP, {"0 1", "2 3"}, 0},
        {0, 4, SPLIT | EVEN, {"", ""}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int rank = 0; rank < 2; rank++) {
            char text[256];
            const sampler s = {.length = rows[i].length,
                               .batch_size = rows[i].batch_size,
                               .drop_last = rows[i].mode & DROP,
                               .rank = rank,
                               .world_size = 2,
                               .split_batches = rows[i].mode & SPLIT,
                               .even_batches = rows[i].mode & EVEN};
            assert_string_equal(batches_as_text(&s, text, sizeof text), rows[i].ranks[rank]);
            assert_int_equal(remainder_of(&s), rows[i].remainder);
        }
}

/* Where one process reads for all: every process's share of each round, and the batches of all in a row. */
static void a_dispatched_epoch_by_hand(void **state)
{
    (void)state;
    enum { SPLIT = 1, EVEN = 2, DROP = 4 };
    const struct {
        int64_t length, batch_size;
        int mode;
        const char *ranks[2], *all;
    } rows[] = {
        {11, 4, EVEN, {"0 1 2 3, 8 9", "4 5 6 7, 10 0"}, "0 1 2 3, 4 5 6 7, 8 9, 10 0"},
        {10, 4, EVEN, {"0 1 2 3, 8", "4 5 6 7, 9"}, "0 1 2 3, 4 5 6 7, 8, 9"},
        {8, 4, EVEN, {"0 1 2 3", "4 5 6 7"}, "0 1 2 3, 4 5 6 7"},
        {1, 4, EVEN, {"0", "0"}, "0, 0"},
        {0, 4, EVEN, {"", ""}, ""},
        {11, 4, SPLIT | EVEN, {"0 1, 4 5, 8 9", "2 3, 6 7, 10 0"}, "0 1, 2 3, 4 5, 6 7, 8 9, 10 0"},
        {9, 4, SPLIT | EVEN, {"0 1, 4 5, 8", "2 3, 6 7, 0"}, "0 1, 2 3, 4 5, 6 7, 8, 0"},
        {11, 4, DROP | EVEN, {"0 1 2 3", "4 5 6 7"}, "0 1 2 3, 4 5 6 7"},
        {11, 4, SPLIT | DROP, {"0 1, 4 5", "2 3, 6 7"}, "0 1, 2 3, 4 5, 6 7"},
        {11, 4, 0, {"0 1 2 3, 8 9", "4 5 6 7, 10"}, "0 1 2 3, 4 5 6 7, 8 9, 10"},
        {9, 4, 0, {"0 1 2 3, 8", "4 5 6 7"}, "0 1 2 3, 4 5 6 7, 8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int rank = SAMPLER_ALL; rank < 2; rank++) {
            char text[256];
            const sampler s = {.length = rows[i].length,
                               .batch_size = rows[i].batch_size,
                               .drop_last = rows[i].mode & DROP,
                               .rank = rank,
                               .world_size = 2,
                               .split_batches = rows[i].mode & SPLIT,
                               .even_batches = rows[i].mode & EVEN,
                               .dispatched = true};
            assert_string_equal(batches_as_text(&s, text, sizeof text),
                                rank == SAMPLER_ALL ? rows[i].all : rows[i].ranks[rank]);
        }
}

static void a_process_alone_fills_nothing(void **state)
{
    (void)state;
    char text[256];
    const sampler s = {.length = 5, .batch_size = 3, .world_size = 1, .even_batches = true};
    assert_string_equal(batches_as_text(&s, text, sizeof text), "0 1 2, 3 4");
    assert_int_equal(remainder_of(&s), 0);
}

/* Puts a process's batches where a gather would: group by group, rank by rank. */
static void gather_into(int64_t *gathered, const sampler *s, int64_t epoch)
{
    int64_t *order = sampler_order(s, epoch);
    for (int64_t b = 0; b < sampler_batches(s); b++) {
        const batch_claim claim = sampler_batch(s, b);
        memcpy(gathered + (b * s->world_size + s->rank) * (int64_t)claim.count, order + claim.first,
               claim.count * sizeof *order);
    }
    memory_free(order);
}

/* What gather_for_metrics rests on: together, all processes' even batches are the order of one process alone and then its
   beginning again, and the remainder says where. */
static void gathered_batches_are_the_epoch(void **state)
{
    (void)state;
    enum { SHARE = 3, WORLD = 5, LARGEST = 40, GATHERED = LARGEST + SHARE * WORLD };
    for (int64_t length = 1; length <= LARGEST; length++)
        for (int world_size = 2; world_size <= WORLD; world_size++) {
            int64_t gathered[GATHERED], group = SHARE * world_size, groups = (length + group - 1) / group;
            sampler s = {.length = length, .batch_size = SHARE, .shuffle = true, .world_size = 1, .seed = 42};
            int64_t *whole = sampler_order(&s, 1);
            s.world_size = world_size;
            s.even_batches = true;
            for (; s.rank < world_size; s.rank++) {
                assert_int_equal(sampler_batches(&s), groups);
                gather_into(gathered, &s, 1);
            }
            int64_t remainder = remainder_of(&s);
            assert_int_equal((groups - (remainder > 0)) * group + remainder, length);
            assert_memory_equal(gathered, whole, (size_t)length * sizeof *whole);
            for (int64_t i = length; i < groups * group; i++)
                assert_int_equal(gathered[i], whole[(i - length) % length]);
            memory_free(whole);
        }
}

static void counts_the_batches_of_long_orders(void **state)
{
    (void)state;
    sampler s = {.length = INT64_MAX, .batch_size = 1, .world_size = 2};
    assert_int_equal(sampler_batches(&s), INT64_MAX / 2 + 1);
    s.rank = 1;
    assert_int_equal(sampler_batches(&s), INT64_MAX / 2);
    s.even_batches = true;
    assert_int_equal(sampler_batches(&s), INT64_MAX / 2 + 1);
    assert_int_equal(remainder_of(&s), 1);
    s.drop_last = true;
    assert_int_equal(sampler_batches(&s), INT64_MAX / 2);
    s = (sampler){.length = 5, .batch_size = INT64_MAX / 2, .world_size = 2};
    assert_int_equal(sampler_batches(&s), 1);
    s.rank = 1;
    assert_int_equal(sampler_batches(&s), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(orders_equal_the_reference),
        TEST(an_order_names_every_sample_once),
        TEST(is_in_order_without_shuffle),
        TEST(leaves_the_default_generator_alone),
        TEST(cuts_an_epoch_into_batches),
        TEST(takes_the_largest_seed),
        TEST(does_nothing_while_an_error_is_recorded),
        TEST(survives_failed_allocations),
        TEST(shares_equal_the_reference),
        TEST(two_processes_share_by_hand),
        TEST(a_dispatched_epoch_by_hand),
        TEST(a_process_alone_fills_nothing),
        TEST(gathered_batches_are_the_epoch),
        TEST(counts_the_batches_of_long_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
