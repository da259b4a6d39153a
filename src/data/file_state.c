#include "data/file_state.h"

#include <sys/stat.h>

#include "base/error.h"

file_state file_state_of(int fd)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return (file_state){0};
    return (file_state){.is_regular = S_ISREG(info.st_mode),
                        .device = (uint64_t)info.st_dev,
                        .inode = (uint64_t)info.st_ino,
                        .size = (int64_t)info.st_size,
                        .written = info.st_mtim};
}

accel_status file_state_check(const file_state *then, int fd, const char *call, const char *where)
{
    if (!then->is_regular)
        return ACCEL_OK;
    const file_state now = file_state_of(fd);
    if (now.device != then->device || now.inode != then->inode)
        return accel_error_raise(ACCEL_EIO, call, "%s: was replaced by another file while it was read", where);
    if (now.size != then->size)
        return accel_error_raise(ACCEL_EIO, call,
                                 "%s: the file had %lld bytes when it was opened, and has %lld", where,
                                 (long long)then->size, (long long)now.size);
    if (now.written.tv_sec != then->written.tv_sec || now.written.tv_nsec != then->written.tv_nsec)
        return accel_error_raise(ACCEL_EIO, call, "%s: the file was written to after it was opened", where);
    return ACCEL_OK;
}
