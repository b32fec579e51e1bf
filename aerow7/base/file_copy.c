/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/file_copy.h"

#include "base/progress.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PIECE ((size_t)8 << 20) /* a bar that moves, and few calls */

static enum status read_fault(const char *source, const char *reason)
{
    diag_error(source, "cannot be read: %s", reason);
    return STATUS_BAD_INPUT;
}

static enum status write_fault(const char *target)
{
    diag_error(target, "cannot be written: %s", strerror(errno));
    return STATUS_NOT_WRITTEN;
}

/* For file systems between which the kernel does not copy. */
static enum status copy_by_hand(int from, const char *source, int to, const char *target, off_t begin, off_t end)
{
    enum status status = STATUS_DONE;
    char *buffer = xmalloc(PIECE);

    while (begin < end && status == STATUS_DONE) {
        size_t wanted = end - begin < (off_t)PIECE ? (size_t)(end - begin) : PIECE;
        ssize_t count = pread(from, buffer, wanted, begin);
        ssize_t done = 0;

        if (count <= 0) {
            if (count < 0 && errno == EINTR) {
                continue;
            }
            status = read_fault(source, count < 0 ? strerror(errno) : "it became shorter");
        }
        while (status == STATUS_DONE && done < count) {
            ssize_t written = pwrite(to, buffer + done, (size_t)(count - done), begin + done);

            if (written < 0 && errno != EINTR) {
                status = write_fault(target);
            }
            done += written > 0 ? written : 0;
        }
        begin += count > 0 ? count : 0;
        progress_add(count > 0 ? (uint64_t)count : 0);
    }
    free(buffer);
    return status;
}

static enum status copy_range(int from, const char *source, int to, const char *target, off_t begin, off_t end)
{
    while (begin < end) {
        off_t in = begin;
        off_t out = begin;
        size_t wanted = end - begin < (off_t)PIECE ? (size_t)(end - begin) : PIECE;
        ssize_t count = copy_file_range(from, &in, to, &out, wanted, 0);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0 && (errno == ENOSPC || errno == EFBIG || errno == EDQUOT || errno == EIO)) {
            return write_fault(target);
        }
        if (count <= 0) {
            return copy_by_hand(from, source, to, target, begin, end);
        }
        begin += count;
        progress_add((uint64_t)count);
    }
    return STATUS_DONE;
}

/* Better now than after minutes; a file system that does not tell is tried. */
static enum status check_room(int to, const char *target, const struct stat *info)
{
    uint64_t needed = (uint64_t)info->st_blocks * 512; /* the unit of st_blocks, whatever the file system's is */
    struct statvfs room;

    if (fstatvfs(to, &room) == 0 && room.f_blocks != 0 && (uint64_t)room.f_bavail * room.f_frsize < needed) {
        diag_error(target, "cannot be written: it takes %" PRIu64 " MiB, and there are %" PRIu64 " MiB free",
                   needed >> 20, (uint64_t)room.f_bavail * room.f_frsize >> 20);
        return STATUS_NOT_WRITTEN;
    }
    return STATUS_DONE;
}

enum status file_copy(int from, const char *source, int to, const char *target)
{
    enum status status = STATUS_DONE;
    struct stat info;
    off_t at = 0;

    if (fstat(from, &info) != 0) {
        return read_fault(source, strerror(errno));
    }
    if (ioctl(to, FICLONE, from) == 0) {
        progress_add((uint64_t)info.st_size);
        return STATUS_DONE;
    }
    status = check_room(to, target, &info);
    if (status == STATUS_DONE && ftruncate(to, info.st_size) != 0) {
        status = write_fault(target);
    }
    while (at < info.st_size && status == STATUS_DONE) {
        off_t data = lseek(from, at, SEEK_DATA);
        off_t hole;

        if (data < 0 && errno == ENXIO) {
            break; /* nothing but a hole up to the end */
        }
        data = data < 0 ? at : data; /* a file system that does not tell: all is data */
        hole = lseek(from, data, SEEK_HOLE);
        hole = hole <= data || hole > info.st_size ? info.st_size : hole;
        progress_add((uint64_t)(data - at));
        status = copy_range(from, source, to, target, data, hole);
        at = hole;
    }
    return status;
}
