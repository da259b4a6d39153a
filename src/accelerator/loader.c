/* A loader among several processes: its share, and who reads. */
#include "data/loader.h"

#include <accel/device.h>
#include <accel/loader.h>

#include "accelerator/facade.h"
#include "base/error.h"

static const char preparing[] = "accelerator_prepare";

/* What is read in order is read once, unless the program says otherwise. */
bool loader_is_dispatched(const facade *f, accel_loader *loader)
{
    int wanted = f->options.dispatch_batches;
    return f->group && (wanted < 0 ? loader_is_iterable(loader) : wanted > 0);
}

static loader_shard shard_of(const facade *f, accel_loader *loader)
{
    return (loader_shard){.rank = f->ranks.rank,
                          .world_size = f->ranks.world_size,
                          .split_batches = f->options.split_batches,
                          .even_batches = f->options.even_batches,
                          .dispatched = loader_is_dispatched(f, loader)};
}

accel_status loader_check(const facade *f, accel_loader *loader)
{
    const loader_shard shard = shard_of(f, loader);
    return loader_check_shard(loader, &shard);
}

static group_progress tell_progress(void)
{
    int64_t loops, taken;
    if (!loader_dispatched_progress(&loops, &taken))
        return (group_progress){0};
    return (group_progress){.loop = (int32_t)loops, .batch = (int32_t)taken};
}

accel_status loader_share(facade *f, prepared *item)
{
    if (loader_is_dispatched(f, item->handle)) {
        group_set_progress(f->group, tell_progress);
        item->feed = feed_open(f->group, preparing);
    }
    return accel_error_status();
}

/* ---- the feed, as a loader has it ---- */

static void begin_pass(void *user) { feed_begin_pass(user); }
static accel_status send(void *user, int rank, buffer *message, bool last)
{
    return feed_send(user, rank, message, last);
}
static accel_status receive(void *user, buffer *message) { return feed_receive(user, message); }
static void took(void *user) { feed_note_taken(user); }
static void interrupt(void *user) { feed_end_pass(user); }

void loader_begin(facade *f, prepared *item, int64_t seed)
{
    const loader_shard shard = shard_of(f, item->handle);
    const dispatch_feed carrier = {.user = item->feed,
                                   .world_size = f->ranks.world_size,
                                   .begin = begin_pass,
                                   .send = send,
                                   .receive = receive,
                                   .took = took,
                                   .interrupt = interrupt};
    loader_set_data_seed(item->handle, seed);
    loader_set_shard(item->handle, &shard);
    if (f->options.device_placement)
        loader_set_device(item->handle, f->device);
    if (item->feed)
        loader_set_feed(item->handle, &carrier);
}

void loaders_settle(facade *f)
{
    for (size_t i = 0; i < f->prepared_count && !accel_error_is_set(); i++) {
        if (!f->prepared[i].feed)
            continue;
        accel_loader_end(f->prepared[i].handle);
        feed_settle(f->prepared[i].feed, f->group);
    }
}

void loader_end(prepared *item)
{
    if (item->kind != ACCEL_PREPARABLE_LOADER)
        return;
    if (item->feed)
        loader_set_feed(item->handle, NULL);
    feed_free(item->feed);
    item->feed = NULL;
    loader_forget_shard(item->handle);
    loader_set_device(item->handle, accel_device_cpu());
}

accel_status accelerator_skip_first_batches(accelerator *acc, accel_loader *loader, int64_t num_batches)
{
    RETURN_STATUS_IF_FAILED();
    return facade_of(acc, __func__) ? accel_loader_skip_first_batches(loader, num_batches)
                                    : accel_error_status();
}
