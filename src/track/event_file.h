/* An event file: events in records with checksums, as TensorFlow writes them.
 *
 *     +---------------+----------------------+-------+---------------------+
 *     | size, 8 bytes | its checksum, 4 bytes| event | its checksum, 4 bytes|
 *     +---------------+----------------------+-------+---------------------+
 *
 * Source: tensorboard/summary/writer/event_file_writer.py, record_writer.py.
 */
#ifndef ACCEL_TRACK_EVENT_FILE_H
#define ACCEL_TRACK_EVENT_FILE_H

#include "base/buffer.h"
#include "track/journal.h"

/* Makes folder/events.out.tfevents.<time>.<host>.<process>.<number>, a name that nobody had, which begins with its version.
   `time`: seconds since 1970. */
accel_status event_file_create(journal *file, const char *folder, double time);

/* Appends an event to others that are to be written together, as a record. The event is disposed of. */
void event_file_record(buffer *records, buffer *event);

#endif
