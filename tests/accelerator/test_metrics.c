/* Every sample of a dataset once and in its order, in each way of sharing batches. */
#include "ranks.h"

enum { SAMPLES_MAX = 13, BATCH_MAX = 3 };

typedef struct sharing {
    accelerator *acc;
    bool split, even, drop, dispatch, iterable;
    int64_t samples, batch; /* batch: of each process */
    int64_t skip;           /* batches of each epoch */
} sharing;

static accel_dataset *numbered(const sharing *s)
{
    accel_dict *data = accel_dict_create();
    accel_dict_set(data, "x", accel_arange(s->samples));
    accel_dict_set(data, "y", accel_op("aten::reshape", accel_arange(2 * s->samples), ACCEL_INTS(-1, 2)));
    return accel_tensor_dataset(data);
}

/* The same samples one after another. */
static void *begin_pass(void *user, int64_t epoch)
{
    (void)user;
    (void)epoch;
    return calloc(1, sizeof(int64_t));
}

static accel_dict *next_sample(void *user, void *pass)
{
    int64_t *at = pass;
    if (*at == *(int64_t *)user)
        return NULL;
    const int64_t pair[] = {2 * *at, 2 * *at + 1};
    accel_dict *sample = accel_dict_create();
    accel_dict_set(sample, "x", accel_scalar((double)(*at)++, ACCEL_INT64));
    accel_dict_set(sample, "y", accel_tensor_copy_from(pair, ACCEL_INT64, ACCEL_SHAPE(2)));
    return sample;
}

static void end_pass(void *user, void *pass)
{
    (void)user;
    free(pass);
}

static accel_dataset *streamed(const sharing *s)
{
    int64_t *count = malloc(sizeof *count);
    *count = s->samples;
    return accel_iterable_dataset(.begin = begin_pass, .next = next_sample, .end = end_pass, .user = count,
                                  .release = free);
}

static accel_loader *make_loader(const sharing *s)
{
    int64_t batch = s->batch * (s->split ? accelerator_num_processes(s->acc) : 1);
    accel_loader *loader =
        accel_loader_create(s->iterable ? streamed(s) : numbered(s), .batch_size = batch, .drop_last = s->drop);
    accelerator_prepare(s->acc, loader);
    return loader;
}

/* Samples that come: all, or those of whole rounds of batches. */
static int64_t samples_of(const sharing *s)
{
    int64_t round = s->batch * accelerator_num_processes(s->acc);
    return s->drop ? s->samples / round * round : s->samples;
}

static int gather_epoch(const sharing *s, accel_loader *loader)
{
    int64_t each = s->batch * accelerator_num_processes(s->acc), seen = s->skip * each;
    accelerator_skip_first_batches(s->acc, loader, s->skip);
    accel_for_each (batch, loader) {
        accel_dict *all = accelerator_gather_for_metrics_dict(s->acc, batch);
        accel_tensor *x = accelerator_gather_for_metrics(s->acc, accel_get(batch, "x"));
        const int64_t *numbers = data_of(accel_get(all, "x")), *alone = data_of(x),
                      *pairs = data_of(accel_get(all, "y")), count = accel_tensor_numel(accel_get(all, "x"));
        CHECK(count == accel_tensor_numel(x) && count == accel_tensor_size(accel_get(all, "y"), 0));
        for (int64_t i = 0; i < count; i++, seen++)
            CHECK(numbers[i] == seen && alone[i] == seen && pairs[2 * i + 1] == 2 * seen + 1);
    }
    int64_t expected = s->skip * each > samples_of(s) ? s->skip * each : samples_of(s);
    if (seen != expected)
        fprintf(stderr, "%d samples, batches of %d, split %d, drop %d, dispatch %d, iterable %d\n",
                (int)s->samples, (int)s->batch, s->split, s->drop, s->dispatch, s->iterable);
    CHECK(seen == expected);
    return 0;
}

/* Where batches are not even there is nothing to gather in the loop: what each process saw, after it. */
static int gather_after_epoch(const sharing *s, accel_loader *loader)
{
    int64_t own[SAMPLES_MAX], found[SAMPLES_MAX] = {0};
    size_t count = 0;
    accel_for_each (batch, loader) {
        const int64_t *numbers = data_of(accel_get(batch, "x"));
        for (int64_t i = 0; i < accel_tensor_numel(accel_get(batch, "x")); i++)
            own[count++] = numbers[i];
    }
    accel_tensor *all = accelerator_gather_bytes(s->acc, own, count * sizeof *own, NULL);
    size_t total = (size_t)accel_tensor_numel(all) / sizeof *own;
    for (size_t i = 0; i < total; i++) {
        int64_t number;
        memcpy(&number, (const char *)data_of(all) + i * sizeof number, sizeof number);
        CHECK(number >= 0 && number < s->samples && found[number]++ == 0);
    }
    CHECK(s->drop ? (int64_t)total <= s->samples && (int64_t)total >= samples_of(s)
                  : (int64_t)total == s->samples);
    return 0;
}

static int gather_way(sharing *s, int64_t samples, int epochs)
{
    s->samples = samples;
    for (s->batch = 1; s->batch <= BATCH_MAX; s->batch++)
        accel_scoped() {
            accel_loader *loader = make_loader(s);
            for (int epoch = 0; epoch < epochs; epoch++) {
                s->skip = s->even ? epoch % 2 : 0;
                CHECK((s->even ? gather_epoch : gather_after_epoch)(s, loader) == 0);
            }
            if (s->dispatch) /* each has its connections */
                accelerator_free_memory(s->acc);
        }
    return 0;
}

static int gather_all(bool even)
{
    for (int way = 0; way < 16; way++) {
        sharing s = {.split = way & 1, .drop = way & 2, .dispatch = way & 4, .iterable = way & 8, .even = even};
        s.acc = accelerator_create(.timeout = 60, .split_batches = s.split, .even_batches = even,
                                   .dispatch_batches = s.dispatch);
        for (int64_t samples = 0; samples <= SAMPLES_MAX; samples += way < 4 ? 1 : 1 + samples % 3)
            CHECK(gather_way(&s, samples, 2) == 0);
        CHECK(accelerator_finish(s.acc) == 0);
    }
    return 0;
}

/* The lengths around a round number, of which the reference's own test takes its cases. */
static int gather_hundred(void *user)
{
    (void)user;
    for (int way = 0; way < 8; way++) {
        sharing s = {.split = way & 1, .dispatch = way & 2, .iterable = way & 4, .even = true, .batch = 16};
        s.acc = accelerator_create(.timeout = 60, .split_batches = s.split, .dispatch_batches = s.dispatch);
        for (s.samples = 99; s.samples <= 101; s.samples++)
            for (int drop = 0; drop < 2; drop++)
                accel_scoped() {
                    s.drop = drop;
                    CHECK(gather_epoch(&s, make_loader(&s)) == 0);
                    accelerator_free_memory(s.acc);
                }
        CHECK(accelerator_finish(s.acc) == 0);
    }
    return 0;
}

static int gather_even(void *user)
{
    (void)user;
    return gather_all(true);
}

static int gather_uneven(void *user)
{
    (void)user;
    return gather_all(false);
}

static void has_every_sample_once(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++) {
        run_in(processes, gather_even);
        run_in(processes, gather_uneven);
        run_in(processes, gather_hundred);
    }
}

/* ---- loops in loops ---- */

/* What is cut is what the innermost loop has added, in the middle of another one too. */
static int gather_inside(void *user)
{
    (void)user;
    accelerator *acc = accelerator_create(.timeout = 60);
    sharing outer = {.acc = acc, .samples = 12, .batch = 2}, inner = {.acc = acc, .samples = 5, .batch = 2};
    accel_loader *train = make_loader(&outer), *test = make_loader(&inner);
    accel_for_each (batch, train) {
        CHECK(gather_epoch(&inner, test) == 0);
        CHECK(accel_tensor_numel(accelerator_gather_for_metrics(acc, accel_get(batch, "x"))) ==
              2 * accelerator_num_processes(acc));
    }
    return accelerator_finish(acc);
}

static void knows_the_innermost_loop(void **state)
{
    (void)state;
    for (int processes = 1; processes <= 3; processes++)
        run_in(processes, gather_inside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_every_sample_once),
        cmocka_unit_test(knows_the_innermost_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
