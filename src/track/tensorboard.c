/* The tracker that writes what TensorBoard shows. */
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "track/builtin.h"
#include "track/event.h"
#include "track/event_file.h"
#include "track/number.h"
#include "track/yaml.h"

typedef struct board {
    const char *logging_dir;
    journal events;
} board;

/* Seconds since 1970. */
static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* What the table of hyper-parameters shows. */
static void write_hparams_events(const char *folder, const accel_log_value *values, size_t count)
{
    journal file = {0};
    buffer records = {0}, experiment = {0}, session = {0}, end = {0};
    event_hparams_experiment(&experiment, now(), values, count);
    event_hparams_session(&session, now(), values, count);
    event_hparams_end(&end, now());
    event_file_record(&records, &experiment);
    event_file_record(&records, &session);
    event_file_record(&records, &end);
    if (event_file_create(&file, folder, now()) == ACCEL_OK)
        journal_append(&file, records.data, records.size);
    journal_close(&file);
    buffer_dispose(&records);
}

static void write_hparams_file(const char *folder, const accel_log_value *values, size_t count)
{
    buffer text = {0};
    char *path = file_join(folder, "hparams.yml");
    if (path && yaml_print(&text, values, count) == ACCEL_OK)
        file_write_atomic(path, text.data, text.size);
    memory_free(path);
    buffer_dispose(&text);
}

/* Each time in a folder named after the time, which TensorBoard takes for a run below this one. */
static void write_hparams(const char *folder, const accel_log_value *values, size_t count)
{
    char name[NUMBER_MAX];
    number_print(name, now());
    char *below = file_join(folder, name);
    if (below && file_make_directories(below) == ACCEL_OK) {
        write_hparams_events(below, values, count);
        write_hparams_file(below, values, count);
    }
    memory_free(below);
}

static accel_status start(void *user, const char *run_name, const accel_log_value *values, size_t count)
{
    board *b = user;
    char *folder = run_folder(b->logging_dir, run_name);
    if (folder && event_file_create(&b->events, folder, now()) == ACCEL_OK && count > 0)
        write_hparams(folder, values, count);
    memory_free(folder);
    if (accel_error_is_set())
        journal_close(&b->events);
    return accel_error_status();
}

static accel_status log_values(void *user, const accel_log_value *values, size_t count, int64_t step)
{
    board *b = user;
    buffer records = {0};
    for (size_t i = 0; i < count; i++) {
        buffer event = {0};
        event_value(&event, now(), step, &values[i]);
        event_file_record(&records, &event);
    }
    journal_append(&b->events, records.data, records.size);
    buffer_dispose(&records);
    return accel_error_status();
}

static accel_status finish(void *user)
{
    board *b = user;
    return journal_close(&b->events);
}

accel_tracker_callbacks tensorboard_tracker(const char *logging_dir)
{
    board *b = memory_alloc(1, sizeof *b);
    if (b)
        b->logging_dir = logging_dir;
    return (accel_tracker_callbacks){
        .name = "tensorboard", .start = start, .log = log_values, .finish = finish, .user = b};
}
