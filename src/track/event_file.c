#include "track/event_file.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "track/crc32c.h"
#include "track/event.h"

void event_file_record(buffer *records, buffer *event)
{
    const uint64_t size = event->size;
    uint32_t sum = crc32c_masked(&size, sizeof size);
    buffer_append(records, &size, sizeof size);
    buffer_append(records, &sum, sizeof sum);
    sum = crc32c_masked(event->data, event->size);
    buffer_append(records, event->data, event->size);
    buffer_append(records, &sum, sizeof sum);
    buffer_dispose(event);
}

/* The path of a file that is not there yet; free with memory_free. NULL on failure. */
static char *find_name(const char *folder, double time)
{
    static atomic_uint number;
    char host[HOST_NAME_MAX + 1] = "", name[HOST_NAME_MAX + 96], *path = NULL;
    gethostname(host, sizeof host - 1);
    do {
        memory_free(path);
        snprintf(name, sizeof name, "events.out.tfevents.%010lld.%s.%ld.%u", (long long)time, host,
                 (long)getpid(), atomic_fetch_add(&number, 1));
        path = file_join(folder, name);
    } while (path && file_exists(path));
    return path;
}

accel_status event_file_create(journal *file, const char *folder, double time)
{
    char *path = find_name(folder, time);
    if (!path || journal_create(file, path) != ACCEL_OK) {
        memory_free(path);
        return accel_error_status();
    }
    memory_free(path);
    buffer event = {0}, record = {0};
    event_version(&event, time);
    event_file_record(&record, &event);
    journal_append(file, record.data, record.size);
    buffer_dispose(&record);
    if (accel_error_is_set())
        journal_close(file);
    return accel_error_status();
}
