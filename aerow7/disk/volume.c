/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk/volume.h"

#include "base/text.h"
#include "disk/ntfs_device.h"
#include "disk/volume_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BOOT_SECTOR 512U

enum status disk_volume_is_ntfs(struct disk_image *image, const struct partition *partition, bool *ntfs)
{
    uint8_t sector[BOOT_SECTOR];
    enum status status;

    *ntfs = false;
    if (partition->size < sizeof(sector)) {
        return STATUS_DONE;
    }
    status = disk_image_read(image, partition->offset, sector, sizeof(sector));
    if (status == STATUS_DONE && memcmp(sector + 3, "-FVE-FS-", 8) == 0) {
        diag_error(disk_image_name(image), "partition %u is encrypted by BitLocker: turn that off in Windows first",
                   partition->number);
        return STATUS_CHECK_FAILED;
    }
    *ntfs = status == STATUS_DONE && memcmp(sector + 3, "NTFS    ", 8) == 0;
    return status;
}

/* What libntfs-3g's ntfs_device_mount says with errno. */
static enum status mount_fault(const struct disk_volume *volume, int error)
{
    if (volume->partition.status != STATUS_DONE) {
        return volume->partition.status;
    }
    switch (error) {
    case EPERM:
        diag_error(volume->name, "holds a hibernated Windows, or one that was shut down halfway: start it and shut it "
                                 "down whole");
        return STATUS_CHECK_FAILED;
    case EOPNOTSUPP:
        diag_error(volume->name,
                   "was not closed by Windows, its journal has work in it: start Windows and shut it down");
        return STATUS_CHECK_FAILED;
    default:
        diag_error(volume->name, "is no NTFS volume that can be read: %s", strerror(error));
        return STATUS_BAD_INPUT;
    }
}

static enum status mount_volume(struct disk_volume *volume)
{
    struct ntfs_device *device = ntfs_device_make(&volume->partition, volume->name);

    volume->ntfs = device == NULL ? NULL : ntfs_device_mount(device, NTFS_MNT_EXCLUSIVE);
    if (volume->ntfs == NULL) {
        int error = errno;

        if (device != NULL) {
            (void)ntfs_device_free(device);
        }
        return mount_fault(volume, error);
    }
    if (volume->ntfs->flags & VOLUME_IS_DIRTY) {
        diag_error(volume->name, "is marked dirty: Windows checks it when it starts; let it, and shut it down");
        return STATUS_CHECK_FAILED;
    }
    if (ntfs_set_shown_files(volume->ntfs, FALSE, TRUE, FALSE) != 0 || ntfs_set_ignore_case(volume->ntfs) != 0) {
        return mount_fault(volume, errno);
    }
    /* For the descriptors' table, which NTFS 1.2 did not have yet. */
    if (ntfs_open_secure(volume->ntfs) != 0) {
        diag_error(volume->name, "has no table of security descriptors that can be read: %s", strerror(errno));
        return STATUS_BAD_INPUT;
    }
    volume->secure = true;
    volume->context.vol = volume->ntfs;
    volume->context.pseccache = &volume->permissions;
    return STATUS_DONE;
}

enum status disk_volume_open(struct disk_image *image, const struct partition *partition, const char *name,
                             struct disk_volume **volume)
{
    struct disk_volume *opened = xcalloc(1, sizeof(*opened));
    enum status status;

    opened->name = name;
    opened->partition = (struct ntfs_partition){.image = image, .offset = partition->offset, .size = partition->size};
    /* Names come and go as UTF-8, whatever the user's locale is. */
    (void)ntfs_set_char_encoding("utf8");
    status = mount_volume(opened);
    if (status != STATUS_DONE) {
        (void)disk_volume_close(opened);
        opened = NULL;
    }
    *volume = opened;
    return status;
}

enum status disk_volume_close(struct disk_volume *volume)
{
    enum status status = STATUS_DONE;

    if (volume == NULL) {
        return STATUS_DONE;
    }
    if (volume->secure) {
        ntfs_destroy_security_context(&volume->context);
        (void)ntfs_close_secure(volume->ntfs);
    }
    if (volume->ntfs != NULL && ntfs_umount(volume->ntfs, FALSE) != 0) {
        diag_error(volume->name, "cannot be closed: %s", strerror(errno));
        status = STATUS_NOT_WRITTEN;
    }
    if (status == STATUS_DONE) {
        status = volume->partition.status;
    }
    free(volume->found);
    free(volume);
    return status;
}
