/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk/disk_source.h"

#include "base/text.h"
#include "disk/volume.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_HIVE "Windows/System32/config/SYSTEM"
#define BCD "Boot/BCD"
#define EFI_BCD "EFI/Microsoft/Boot/BCD"

bool disk_is_image(const char *path)
{
    uint8_t header[512] = {0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    bool image = false;

    if (descriptor >= 0 && fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode) &&
        pread(descriptor, header, sizeof(header), 0) == (ssize_t)sizeof(header)) {
        image = memcmp(header, "QFI\xfb", 4) == 0 || (header[510] == 0x55 && header[511] == 0xAA);
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    return image;
}

static enum status has(const struct source *source, const char *path, bool *found)
{
    struct source_entry entry;

    *found = false;
    return source_find(source, path, found, &entry);
}

/* Opens the volume of one partition; `name` is what messages call it. */
static enum status open_volume(struct disk *disk, const struct partition *partition, char *name,
                               struct disk_volume **volume, struct source *source)
{
    enum status status = disk_volume_open(disk->image, partition, name, volume);

    if (status == STATUS_DONE) {
        disk_volume_source(*volume, source);
    }
    return status;
}

/*
 * A volume that cannot be opened may be the very one with Windows, so nothing is passed over in silence: the fault is
 * reported and remembered, and counts unless Windows is found elsewhere.
 */
static enum status look_for_windows(struct disk *disk, unsigned wanted)
{
    enum status fault = STATUS_DONE;

    for (size_t i = 0; i < disk->partitions.count; ++i) {
        const struct partition *partition = &disk->partitions.list[i];
        struct disk_volume *volume = NULL;
        struct source source;
        bool found = false;
        bool ntfs = false;
        char *name;
        enum status status = disk_volume_is_ntfs(disk->image, partition, &ntfs);

        if (status != STATUS_DONE) {
            return status;
        }
        if (!ntfs || (wanted != 0 && partition->number != wanted)) {
            continue;
        }
        name = xformat("%s, partition %u", disk->path, partition->number);
        status = open_volume(disk, partition, name, &volume, &source);
        if (status == STATUS_DONE) {
            status = has(&source, SYSTEM_HIVE, &found);
        }
        if (status != STATUS_DONE) {
            fault = status;
            (void)disk_volume_close(volume);
        } else if (!found) {
            status = disk_volume_close(volume);
            if (status != STATUS_DONE) {
                free(name);
                return status;
            }
        } else if (disk->windows_volume != NULL) {
            diag_error(disk->path, "has a Windows on partition %u and on partition %u: say which with --partition",
                       disk->windows_number, partition->number);
            (void)disk_volume_close(volume);
            free(name);
            return STATUS_USAGE;
        } else {
            disk->windows_volume = volume;
            disk->windows = source;
            disk->windows_number = partition->number;
            disk->windows_name = name;
            continue;
        }
        free(name);
    }
    if (disk->windows_volume != NULL) {
        return STATUS_DONE;
    }
    if (fault == STATUS_DONE) {
        diag_error(disk->path, wanted == 0 ? "has no NTFS volume with \\Windows\\System32\\config\\SYSTEM"
                                           : "has no NTFS volume with \\Windows\\System32\\config\\SYSTEM at the "
                                             "partition that was named");
        fault = STATUS_BAD_INPUT;
    }
    return fault;
}

static enum status look_for_efi(struct disk *disk)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < disk->partitions.count && status == STATUS_DONE; ++i) {
        const struct partition *partition = &disk->partitions.list[i];
        bool found = false;
        bool fat = false;

        disk->boot_name = xformat("%s, partition %u", disk->path, partition->number);
        status = fat_open(disk->image, partition, disk->boot_name, &disk->efi, &fat);
        if (status == STATUS_DONE && fat) {
            fat_source(&disk->efi, &disk->boot);
            status = has(&disk->boot, EFI_BCD, &found);
            if (status == STATUS_DONE && found) {
                disk->boot_kind = DISK_BOOT_EFI;
                disk->boot_number = partition->number;
                disk->bcd_path = EFI_BCD;
                return STATUS_DONE;
            }
        }
        fat_close(&disk->efi);
        free(disk->boot_name);
        disk->boot_name = NULL;
    }
    return status;
}

/* Setup makes a volume of 100 MiB for the boot files when the disk is empty; upgrades have them beside \Windows. */
static enum status look_for_boot(struct disk *disk)
{
    bool beside = false;
    enum status status;

    for (size_t i = 0; i < disk->partitions.count; ++i) {
        const struct partition *partition = &disk->partitions.list[i];
        struct disk_volume *volume = NULL;
        bool found = false;
        bool ntfs = false;

        status = disk_volume_is_ntfs(disk->image, partition, &ntfs);
        if (status != STATUS_DONE) {
            return status;
        }
        if (!ntfs || partition->number == disk->windows_number) {
            continue;
        }
        disk->boot_name = xformat("%s, partition %u", disk->path, partition->number);
        status = open_volume(disk, partition, disk->boot_name, &volume, &disk->boot);
        disk->boot_volume = volume;
        if (status == STATUS_DONE) {
            status = has(&disk->boot, BCD, &found);
        }
        if (status != STATUS_DONE) {
            return status;
        }
        if (found) {
            disk->boot_kind = DISK_BOOT_OTHER;
            disk->boot_number = partition->number;
            disk->bcd_path = BCD;
            return STATUS_DONE;
        }
        status = disk_volume_close(volume);
        disk->boot_volume = NULL;
        free(disk->boot_name);
        disk->boot_name = NULL;
        if (status != STATUS_DONE) {
            return status;
        }
    }
    status = has(&disk->windows, BCD, &beside);
    if (status == STATUS_DONE && beside) {
        disk->boot_kind = DISK_BOOT_WINDOWS;
        disk->boot_number = disk->windows_number;
        disk->bcd_path = BCD;
    }
    return status == STATUS_DONE && !beside ? look_for_efi(disk) : status;
}

enum status disk_open(const char *path, unsigned partition, struct disk *disk)
{
    enum status status;

    *disk = (struct disk){.path = path};
    status = disk_image_open(path, path, DISK_KEEP, &disk->image);
    if (status == STATUS_DONE) {
        status = partitions_read(disk->image, &disk->partitions);
    }
    if (status == STATUS_DONE) {
        status = look_for_windows(disk, partition);
    }
    return status == STATUS_DONE ? look_for_boot(disk) : status;
}

enum status disk_flush(struct disk *disk)
{
    enum status boot = disk_volume_close(disk->boot_volume);
    enum status windows = disk_volume_close(disk->windows_volume);

    disk->boot_volume = NULL;
    disk->windows_volume = NULL;
    return boot == STATUS_DONE ? windows : boot;
}

static const struct partition *partition_of(const struct disk *disk, unsigned number)
{
    const struct partition *partition = disk->partitions.list;

    while (partition->number != number) {
        ++partition;
    }
    return partition;
}

enum status disk_reopen(struct disk *disk)
{
    enum status status = disk_flush(disk);

    if (status == STATUS_DONE) {
        status = open_volume(disk, partition_of(disk, disk->windows_number), disk->windows_name, &disk->windows_volume,
                             &disk->windows);
    }
    if (status == STATUS_DONE && disk->boot_kind == DISK_BOOT_OTHER) {
        status =
            open_volume(disk, partition_of(disk, disk->boot_number), disk->boot_name, &disk->boot_volume, &disk->boot);
    }
    return status;
}

void disk_close(struct disk *disk)
{
    (void)disk_flush(disk);
    fat_close(&disk->efi);
    (void)disk_image_close(disk->image);
    free(disk->windows_name);
    free(disk->boot_name);
    *disk = (struct disk){0};
}
