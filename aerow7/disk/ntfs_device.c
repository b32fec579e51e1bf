/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk/ntfs_device.h"

#include "disk/ntfs_headers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct ntfs_partition *partition_of(struct ntfs_device *device)
{
    return device->d_private;
}

static int open_device(struct ntfs_device *device, int flags)
{
    if ((flags & O_ACCMODE) == O_RDONLY) {
        NDevSetReadOnly(device);
    }
    NDevSetOpen(device);
    return 0;
}

static int close_device(struct ntfs_device *device)
{
    device->d_state &= ~(1UL << ND_Open);
    return 0;
}

static s64 seek_device(struct ntfs_device *device, s64 offset, int whence)
{
    struct ntfs_partition *partition = partition_of(device);
    s64 base = whence == SEEK_CUR ? (s64)partition->position : whence == SEEK_END ? (s64)partition->size : 0;

    if (offset > INT64_MAX - base || base + offset < 0) {
        errno = EINVAL;
        return -1;
    }
    partition->position = (uint64_t)(base + offset);
    return base + offset;
}

/* How much of a request is within the partition; -1 when it begins outside. */
static s64 clip(const struct ntfs_partition *partition, s64 count, s64 offset)
{
    if (count < 0 || offset < 0 || (uint64_t)offset > partition->size) {
        errno = EINVAL;
        return -1;
    }
    return (uint64_t)count > partition->size - (uint64_t)offset ? (s64)(partition->size - (uint64_t)offset) : count;
}

static s64 pread_device(struct ntfs_device *device, void *buffer, s64 count, s64 offset)
{
    struct ntfs_partition *partition = partition_of(device);
    s64 within = clip(partition, count, offset);
    enum status status;

    if (within <= 0) {
        return within;
    }
    status = disk_image_read(partition->image, partition->offset + (uint64_t)offset, buffer, (size_t)within);
    if (status != STATUS_DONE) {
        partition->status = partition->status == STATUS_DONE ? status : partition->status;
        errno = EIO;
        return -1;
    }
    return within;
}

static s64 pwrite_device(struct ntfs_device *device, const void *buffer, s64 count, s64 offset)
{
    struct ntfs_partition *partition = partition_of(device);
    s64 within = clip(partition, count, offset);
    enum status status;

    if (NDevReadOnly(device)) {
        errno = EROFS;
        return -1;
    }
    if (within <= 0) {
        return within;
    }
    NDevSetDirty(device);
    status = disk_image_write(partition->image, partition->offset + (uint64_t)offset, buffer, (size_t)within);
    if (status != STATUS_DONE) {
        partition->status = partition->status == STATUS_DONE ? status : partition->status;
        errno = EIO;
        return -1;
    }
    return within;
}

static s64 read_device(struct ntfs_device *device, void *buffer, s64 count)
{
    struct ntfs_partition *partition = partition_of(device);
    s64 done = pread_device(device, buffer, count, (s64)partition->position);

    partition->position += done > 0 ? (uint64_t)done : 0;
    return done;
}

static s64 write_device(struct ntfs_device *device, const void *buffer, s64 count)
{
    struct ntfs_partition *partition = partition_of(device);
    s64 done = pwrite_device(device, buffer, count, (s64)partition->position);

    partition->position += done > 0 ? (uint64_t)done : 0;
    return done;
}

static int sync_device(struct ntfs_device *device)
{
    device->d_state &= ~(1UL << ND_Dirty);
    return 0;
}

static int stat_device(struct ntfs_device *device, struct stat *info)
{
    memset(info, 0, sizeof(*info));
    info->st_mode = S_IFREG | 0600;
    info->st_size = (off_t)partition_of(device)->size;
    return 0;
}

static int ioctl_device(struct ntfs_device *device, unsigned long request, void *argument)
{
    (void)device;
    (void)request;
    (void)argument;
    errno = EOPNOTSUPP;
    return -1;
}

static struct ntfs_device_operations operations = {
    .open = open_device,
    .close = close_device,
    .seek = seek_device,
    .read = read_device,
    .write = write_device,
    .pread = pread_device,
    .pwrite = pwrite_device,
    .sync = sync_device,
    .stat = stat_device,
    .ioctl = ioctl_device,
};

struct ntfs_device *ntfs_device_make(struct ntfs_partition *partition, const char *name)
{
    return ntfs_device_alloc(name, 0, &operations, partition);
}
