/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The Windows on a disk image, raw or qcow2, that no virtual machine runs: its partitions (MBR and GPT), the NTFS
 * volume that has \Windows, and the volume that it is booted from, both as sources. Reading changes nothing, not even a
 * journal, and takes no root rights: libntfs-3g and, for qcow2, qemu-nbd do it in this user's processes.
 *
 * Refused: a volume that Windows did not close (a dirty flag, a journal that is not empty of work, a hibernated
 * system), more than one Windows when the caller did not choose, images that lean on other files.
 */
#ifndef AEROW7_DISK_SOURCE_H
#define AEROW7_DISK_SOURCE_H

#include "disk/disk_image.h"
#include "disk/fat.h"
#include "disk/partition.h"
#include "offline/source.h"

/* Where the boot configuration is. */
enum disk_boot {
    DISK_BOOT_NONE,    /* not found: no \Boot\BCD and no \EFI\Microsoft\Boot\BCD on any volume that can be read */
    DISK_BOOT_WINDOWS, /* \Boot\BCD beside \Windows */
    DISK_BOOT_OTHER,   /* an NTFS volume of its own, as Setup makes it ("System Reserved") */
    DISK_BOOT_EFI,     /* \EFI\Microsoft\Boot\BCD on the EFI system partition */
};

struct disk_volume;

struct disk {
    const char *path;
    struct disk_image *image;
    struct partitions partitions;
    unsigned windows_number; /* the partition with \Windows, counted from 1 as in `partitions` */
    struct disk_volume *windows_volume;
    struct source windows;
    enum disk_boot boot_kind;
    unsigned boot_number;
    struct disk_volume *boot_volume; /* NULL unless DISK_BOOT_OTHER */
    struct fat_volume efi;           /* with DISK_BOOT_EFI */
    struct source boot;
    const char *bcd_path; /* on `boot`, or on `windows`; NULL with DISK_BOOT_NONE */
    char *windows_name;
    char *boot_name;
};

/*
 * `partition` 0: the one that has \Windows\System32\config\SYSTEM. The caller closes, also after a failure. `path` must
 * stay. What is wrong with the volume of Windows is STATUS_CHECK_FAILED, reported: a state that Windows can mend.
 */
enum status disk_open(const char *path, unsigned partition, struct disk *disk);
void disk_close(struct disk *disk);

/*
 * For disk_write.c: ends the volumes, so that all they have to write is in the overlay; and begins them anew from it.
 */
enum status disk_flush(struct disk *disk);
enum status disk_reopen(struct disk *disk);

/* Whether this file begins as a disk image does: a qcow2 header, or an MBR with a partition. Reports nothing. */
bool disk_is_image(const char *path);

#endif
