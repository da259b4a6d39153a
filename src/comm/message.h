/* What goes over a lifeline: records of one size, between processes of one program on machines of one kind.
 *
 *     +------+------+--------+--------+----------+------------------+------------------+
 *     | kind | rank | status | number | progress | last, zero-ended | text, zero-ended |
 *     +------+------+--------+--------+----------+------------------+------------------+
 */
#ifndef ACCEL_COMM_MESSAGE_H
#define ACCEL_COMM_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accel/error.h>

#include "engine/group.h"

typedef enum message_kind {
    MESSAGE_HELLO, /* to the hub: process `rank` of `number` is here; text: the group's secret */
    MESSAGE_READY, /* from it: so are all others */
    MESSAGE_FAIL, /* both ways: process `rank` failed with `status` and text; from it, number 1: a failure of all */
    MESSAGE_LEAVE, /* to the hub: the process has finished, after `number` operations */
    MESSAGE_LEFT,  /* from it: process `rank` has */
    MESSAGE_DONE,  /* from it: all have */
    MESSAGE_ASK,   /* to the hub: where is everybody? */
    MESSAGE_QUERY, /* from it: where are you? */
    MESSAGE_STATE, /* to it: in the call text, "" for none, after the call `last` and `number` operations; how far */
    MESSAGE_STUCK,  /* to it: the same of a process that has been waiting there for a while */
    MESSAGE_REPORT, /* from it, to who asked: text */
} message_kind;

enum { MESSAGE_TEXT = ACCEL_ERROR_CALL_MAX + ACCEL_ERROR_MESSAGE_MAX };

typedef struct message {
    int32_t kind, rank, status;
    uint64_t number;
    engine_progress progress;
    char last[ACCEL_ERROR_CALL_MAX];
    char text[MESSAGE_TEXT];
} message;

/* A message on its way in. Start with {0}. */
typedef struct message_reader {
    message message;
    size_t have;
} message_reader;

typedef enum message_progress { MESSAGE_WHOLE, MESSAGE_PART, MESSAGE_END } message_progress;

/* Takes what there is, without waiting. MESSAGE_END: the other side has hung up, or sent nonsense. */
message_progress message_read(int fd, message_reader *reader);

/* Sends all of it, or fails when the other side does not take it within a second. */
bool message_send(int fd, const message *m);

#endif
