/* Loaders that go on where others were: the same samples in the same order, and the same random numbers afterwards. */
#include "tensors.h"

#include <accel/dataset.h>
#include <accel/dict.h>
#include <accel/loader.h>
#include <accel/random.h>

#include "data/loader.h"

enum { SAMPLES = 23, MOST = 400 };

static accel_dict *sample(void *user, int64_t index)
{
    (void)user;
    accel_dict *made = accel_dict_create();
    accel_dict_set(made, "id", accel_tensor_copy_from(&index, ACCEL_INT64, NULL, 0));
    return made;
}

typedef struct pass {
    int64_t next;
} pass;

static void *begin_pass(void *user, int64_t epoch)
{
    (void)epoch;
    ((pass *)user)->next = 0;
    return user;
}

static accel_dict *next_sample(void *user, void *state)
{
    (void)user;
    pass *p = state;
    return p->next == SAMPLES ? NULL : sample(NULL, p->next++);
}

typedef struct kind {
    bool shuffle, iterable, even, drop_last;
    int workers;
} kind;

static accel_loader *make(const kind *k, pass *p, int rank, int world_size)
{
    accel_dataset *dataset = k->iterable
                                 ? accel_iterable_dataset(.begin = begin_pass, .next = next_sample, .user = p)
                                 : accel_dataset_create(.length = SAMPLES, .sample = sample);
    accel_loader *loader =
        accel_loader_create(dataset, .batch_size = 2, .shuffle = k->shuffle, .drop_last = k->drop_last,
                            .num_workers = k->workers, .data_seed = 5);
    const loader_shard shard = {.rank = rank, .world_size = world_size, .even_batches = k->even};
    assert_int_equal(loader_set_shard(loader, &shard), ACCEL_OK);
    return loader;
}

/* The ids of at most `most` batches of a loop, behind those in `ids`; whether it was left in the middle. */
static bool walk(accel_loader *loader, int most, int64_t *ids, size_t *count)
{
    int taken = 0;
    if (most == 0)
        return false;
    accel_for_each (batch, loader) {
        accel_tensor *id = accel_get(batch, "id");
        assert_true(*count + (size_t)accel_tensor_numel(id) <= MOST);
        accel_tensor_copy_to(id, ids + *count, accel_tensor_bytes(id));
        *count += (size_t)accel_tensor_numel(id);
        if (++taken == most)
            return true;
    }
    return false;
}

/* Two epochs, whole, and two with a break after some batches of the first, where another loader goes on. */
static void compare(const kind *k, int batches, int rank, int world_size)
{
    int64_t whole[MOST], parts[MOST], after[2];
    size_t whole_count = 0, parts_count = 0;
    pass passes[3];
    accel_scoped() {
        accel_set_seed(7);
        accel_loader *loader = make(k, &passes[0], rank, world_size);
        walk(loader, MOST, whole, &whole_count);
        walk(loader, MOST, whole, &whole_count);
        after[0] = accel_generator_draw(NULL);
        accel_set_seed(7);
        accel_loader *first = make(k, &passes[1], rank, world_size),
                     *second = make(k, &passes[2], rank, world_size);
        accel_dict *state = NULL;
        int taken = 0;
        accel_loader_begin(first);
        for (; taken < batches; taken++) {
            accel_dict *batch = accel_loader_next(first);
            if (!batch)
                break;
            accel_tensor *id = accel_get(batch, "id");
            accel_tensor_copy_to(id, parts + parts_count, accel_tensor_bytes(id));
            parts_count += (size_t)accel_tensor_numel(id);
        }
        state = accel_loader_state_dict(first);
        accel_loader_end(first);
        assert_int_equal(accel_loader_load_state_dict(second, state), ACCEL_OK);
        assert_int_equal(accel_loader_epoch(second), 0);
        walk(second, MOST, parts, &parts_count);
        walk(second, MOST, parts, &parts_count);
        after[1] = accel_generator_draw(NULL);
    }
    expect_no_failure();
    assert_int_equal(parts_count, whole_count);
    assert_memory_equal(parts, whole, whole_count * sizeof *whole);
    assert_true(after[0] == after[1]);
}

static void goes_on(void **state)
{
    static const kind kinds[] = {{.shuffle = true},   {.shuffle = true, .workers = 2, .even = true},
                                 {.drop_last = true}, {.shuffle = true, .drop_last = true, .even = true},
                                 {.iterable = true},  {.iterable = true, .workers = 1, .even = true}};
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int world_size = 1; world_size <= 3; world_size++)
            for (int rank = 0; rank < world_size; rank++)
                for (int batches = 0; batches <= 12; batches++)
                    compare(&kinds[k], batches, rank, world_size);
}

/* The samples of all processes in the order of their rounds. */
static size_t collect(const kind *k, accel_dict *state, int batches, int world_size, int64_t *ids,
                      accel_dict **left)
{
    size_t count = 0;
    pass passes[4];
    accel_loader *loaders[4];
    for (int rank = 0; rank < world_size; rank++) {
        loaders[rank] = make(k, &passes[rank], rank, world_size);
        if (state)
            assert_int_equal(accel_loader_load_state_dict(loaders[rank], state), ACCEL_OK);
    }
    for (int rank = 0; rank < world_size; rank++)
        assert_int_equal(accel_loader_begin(loaders[rank]), ACCEL_OK);
    bool any = true;
    for (int b = 0; b < batches && any; b++) {
        any = false;
        for (int rank = 0; rank < world_size; rank++) {
            accel_dict *batch = accel_loader_next(loaders[rank]);
            if (!batch)
                continue;
            accel_tensor *id = accel_get(batch, "id");
            accel_tensor_copy_to(id, ids + count, accel_tensor_bytes(id));
            count += (size_t)accel_tensor_numel(id);
            any = true;
        }
    }
    if (left) /* which is to outlive the loops */
        *left = accel_retain(accel_loader_state_dict(loaders[world_size - 1]));
    for (int rank = world_size; rank-- > 0;)
        accel_loader_end(loaders[rank]);
    return count;
}

/* Any number of processes goes on where any other stopped. */
static void goes_on_with_others(void **state)
{
    const kind k = {.shuffle = true};
    (void)state;
    for (int before = 1; before <= 3; before++)
        for (int after = 1; after <= 4; after++)
            for (int batches = 0; batches * before * 2 <= SAMPLES; batches++)
                accel_scoped() {
                    int64_t whole[MOST], parts[MOST];
                    accel_dict *left = NULL;
                    assert_int_equal(collect(&k, NULL, MOST, 1, whole, NULL), SAMPLES);
                    size_t count = collect(&k, NULL, batches, before, parts, &left);
                    assert_int_equal(count, batches * before * 2);
                    count += collect(&k, left, MOST, after, parts + count, NULL);
                    accel_release(left);
                    assert_int_equal(count, SAMPLES);
                    assert_memory_equal(parts, whole, sizeof(int64_t) * SAMPLES);
                }
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    accel_scoped() {
        pass p;
        const kind plain = {0}, iterable = {.iterable = true};
        accel_loader *loader = make(&plain, &p, 0, 1), *stream = make(&iterable, &p, 0, 2);
        accel_dict *saved = accel_loader_state_dict(loader);
        accel_dict_set(saved, "length", accel_full(24, ACCEL_INT64, NULL, 0));
        accel_loader_load_state_dict(loader, saved);
        expect_failure(
            ACCEL_EMISMATCH,
            "accel_loader_load_state_dict: state is of a dataset of 24 samples, the loader's has 23");
        accel_dict_remove(saved, "epoch");
        accel_loader_load_state_dict(loader, saved);
        expect_failure(ACCEL_ENOTFOUND, "accel_loader_load_state_dict: \"epoch\" is missing");
        saved = accel_loader_state_dict(stream);
        accel_dict_set(saved, "samples_seen", accel_full(6, ACCEL_INT64, NULL, 0));
        assert_int_equal(accel_loader_load_state_dict(stream, saved), ACCEL_OK);
        assert_int_equal(accel_loader_begin(stream), ACCEL_EUNSUPPORTED);
        expect_failure_with(ACCEL_EUNSUPPORTED, "go on after whole rounds alone");
        accel_loader_begin(loader);
        accel_loader_load_state_dict(loader, saved);
        expect_failure(ACCEL_EINVAL, "accel_loader_load_state_dict: a loop over this loader is running");
        accel_loader_end(loader);
    }
}

/* Skipping and choosing an epoch say where to begin themselves. */
static void others_have_the_last_word(void **state)
{
    (void)state;
    accel_scoped() {
        pass p;
        int64_t ids[MOST];
        size_t count = 0;
        const kind plain = {0};
        accel_loader *loader = make(&plain, &p, 0, 1);
        accel_dict *saved = accel_loader_state_dict(loader);
        accel_dict_set(saved, "samples_seen", accel_full(6, ACCEL_INT64, NULL, 0));
        assert_int_equal(accel_loader_load_state_dict(loader, saved), ACCEL_OK);
        accel_loader_skip_first_batches(loader, 10);
        walk(loader, MOST, ids, &count);
        assert_int_equal(count, 3);
        assert_int_equal(ids[0], 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(goes_on), TEST(goes_on_with_others),
                                       TEST(refuses_what_does_not_fit), TEST(others_have_the_last_word)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
