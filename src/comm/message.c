#include "comm/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static bool is_sound(const message *m)
{
    return m->kind >= MESSAGE_HELLO && m->kind <= MESSAGE_REPORT && memchr(m->last, '\0', sizeof m->last) &&
           memchr(m->text, '\0', sizeof m->text);
}

message_progress message_read(int fd, message_reader *reader)
{
    if (reader->have == sizeof reader->message)
        reader->have = 0;
    ssize_t got =
        recv(fd, (char *)&reader->message + reader->have, sizeof reader->message - reader->have, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return MESSAGE_PART;
    if (got <= 0)
        return MESSAGE_END;
    reader->have += (size_t)got;
    if (reader->have < sizeof reader->message)
        return MESSAGE_PART;
    return is_sound(&reader->message) ? MESSAGE_WHOLE : MESSAGE_END;
}

bool message_send(int fd, const message *m)
{
    enum { PATIENCE_MS = 1000 };
    size_t sent = 0;
    while (sent < sizeof *m) {
        ssize_t count = send(fd, (const char *)m + sent, sizeof *m - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count >= 0)
            sent += (size_t)count;
        else if (errno == EAGAIN) {
            if (poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, PATIENCE_MS) <= 0)
                return false;
        } else if (errno != EINTR)
            return false;
    }
    return true;
}
