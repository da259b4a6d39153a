/* A loop over batches that another process sends, of which a feed here says what it likes: what is known of it meanwhile. */
#include "data/numbers.h"

#include <stdatomic.h>
#include <unistd.h>

#include <accel/ops.h>

#include "base/waiting.h"
#include "data/loader.h"
#include "data/parcel.h"

/* Sends one batch, and then the end of the loop, each once somebody waits for it: in a thread of the loop. */
typedef struct slow_feed {
    atomic_bool asked;
    int sent;
    char waits[2][64];
} slow_feed;

/* For ten seconds at most: then nobody waits. */
static const char *await_waiting(const slow_feed *f)
{
    const char *what = NULL;
    for (int i = 0; i < 10000 && !(what = f->asked ? waiting_for() : NULL); i++)
        usleep(1000);
    return what;
}

static void begin_pass(void *user) { (void)user; }
static void interrupt(void *user) { (void)user; }
static void took(void *user) { (void)user; }

static accel_status receive(void *user, buffer *message)
{
    slow_feed *f = user;
    const bool ends = f->sent > 0;
    const parcel p = {.kind = ends ? PARCEL_END : PARCEL_BATCH,
                      .round = {.share = 1, .real = 2, .is_whole = true}};
    const char *what = await_waiting(f);
    snprintf(f->waits[f->sent++], sizeof f->waits[0], "%s", what ? what : "nobody");
    f->asked = false;
    accel_scoped()
        parcel_pack(&p, ends ? NULL : number_sample(NULL, 7), 2, message);
    return accel_error_status();
}

static void is_known_to_wait(void **state)
{
    (void)state;
    slow_feed f = {0};
    const dispatch_feed carrier = {.user = &f,
                                   .world_size = 2,
                                   .begin = begin_pass,
                                   .receive = receive,
                                   .took = took,
                                   .interrupt = interrupt};
    accel_scoped() {
        accel_loader *loader = accel_loader_create(numbers(2));
        const loader_shard shard = {.rank = 1, .world_size = 2, .dispatched = true};
        loader_set_shard(loader, &shard);
        loader_set_feed(loader, &carrier);
        accel_loader_begin(loader);
        f.asked = true;
        accel_dict *batch = accel_loader_next(loader);
        expect_no_failure();
        assert_int_equal(number_in(batch, 0), 7);
        assert_null(waiting_for());
        f.asked = true;
        assert_true(loader_at_end(loader));
        assert_null(waiting_for());
        accel_loader_end(loader);
    }
    assert_string_equal(f.waits[0], "the wait for a batch");
    assert_string_equal(f.waits[1], "the wait for a batch");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_known_to_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
