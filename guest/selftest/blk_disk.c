/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "blk_disk.h"

#include "io_codes.h"
#include "little_endian.h"

#include <stdio.h>
#include <string.h>

/* STORAGE_DEVICE_DESCRIPTOR and what else is read here, by offset. */
enum {
    DESCRIPTOR_VENDOR = 12,
    DESCRIPTOR_PRODUCT = 16,
    DESCRIPTOR_SERIAL = 24,
    DESCRIPTOR_BYTES = 36,
    ADDRESS_PORT = 4,
    ADDRESS_BYTES = 8,
    EXTENTS_FIRST = 8,
    EXTENT_BYTES = 24,
    MOST_EXTENTS = 32,
};
#define INQUIRY_VENDOR "AERO"
#define INQUIRY_PRODUCT "VIRTIO-BLK"

/* A text of the descriptor, without the blanks that fill an INQUIRY field. Offset 0 means that there is none. */
static void descriptor_text(const uint8_t *descriptor, uint32_t bytes, uint32_t field, char *text, size_t size)
{
    uint32_t at = get32(descriptor, field);
    size_t length = 0;

    while (at != 0 && at < bytes && descriptor[at] != 0 && length + 1 < size) {
        text[length++] = (char)descriptor[at++];
    }
    while (length > 0 && text[length - 1] == ' ') {
        length--;
    }
    text[length] = 0;
}

static bool is_ours(const struct platform *platform, void *handle, struct blk_disk *disk)
{
    uint8_t query[12] = {0}; /* STORAGE_PROPERTY_QUERY: StorageDeviceProperty, PropertyStandardQuery */
    uint8_t descriptor[1024] = {0};
    char vendor[16];
    char product[32];
    uint32_t returned = 0;

    if (platform->io_control(platform->context, handle, CODE_STORAGE_QUERY_PROPERTY, query, sizeof(query), descriptor,
                             sizeof(descriptor), &returned) != 0 ||
        returned < DESCRIPTOR_BYTES || returned > sizeof(descriptor)) {
        return false;
    }
    descriptor_text(descriptor, returned, DESCRIPTOR_VENDOR, vendor, sizeof(vendor));
    descriptor_text(descriptor, returned, DESCRIPTOR_PRODUCT, product, sizeof(product));
    descriptor_text(descriptor, returned, DESCRIPTOR_SERIAL, disk->serial, sizeof(disk->serial));
    return strcmp(vendor, INQUIRY_VENDOR) == 0 && strcmp(product, INQUIRY_PRODUCT) == 0;
}

static void disk_path(char *path, size_t size, unsigned number)
{
    snprintf(path, size, "\\\\.\\PhysicalDrive%u", number);
}

size_t blk_disks_find(const struct platform *platform, struct blk_disk *disks, size_t capacity, uint32_t *error)
{
    size_t count = 0;

    *error = 0;
    for (unsigned number = 0; number < MOST_DISKS && count < capacity; number++) {
        struct blk_disk *disk = &disks[count];
        uint8_t address[ADDRESS_BYTES] = {0};
        char path[64];
        uint32_t returned = 0;
        uint32_t failed;
        void *handle;

        disk_path(path, sizeof(path), number);
        failed = platform->open(platform->context, path, OPEN_CONTROL, &handle);
        if (failed != 0) {
            *error = failed == ERROR_IS_FILE_NOT_FOUND ? *error : failed;
            continue;
        }
        memset(disk, 0, sizeof(*disk));
        disk->number = number;
        if (is_ours(platform, handle, disk)) {
            if (platform->io_control(platform->context, handle, CODE_SCSI_GET_ADDRESS, NULL, 0, address,
                                     sizeof(address), &returned) == 0 &&
                returned == sizeof(address)) {
                disk->port = address[ADDRESS_PORT];
            }
            count++;
        }
        platform->close(platform->context, handle);
    }
    return count;
}

uint32_t blk_disk_open(const struct platform *platform, const struct blk_disk *disk, enum open_how how, void **handle)
{
    char path[64];

    disk_path(path, sizeof(path), disk->number);
    return platform->open(platform->context, path, how, handle);
}

uint32_t blk_disk_bytes(const struct platform *platform, void *handle, uint64_t *bytes)
{
    uint8_t length[8] = {0};
    uint8_t geometry[24] = {0};
    uint32_t returned = 0;
    uint32_t error;

    /* "Updates device extension with drive size information": refused without write access, where the size is
     * what Windows last knew. Partitions are looked at again, too. */
    (void)platform->io_control(platform->context, handle, CODE_DISK_UPDATE_DRIVE_SIZE, NULL, 0, geometry,
                               sizeof(geometry), &returned);
    (void)platform->io_control(platform->context, handle, CODE_DISK_UPDATE_PROPERTIES, NULL, 0, NULL, 0, &returned);
    error = platform->io_control(platform->context, handle, CODE_DISK_GET_LENGTH_INFO, NULL, 0, length, sizeof(length),
                                 &returned);
    if (error == 0) {
        *bytes = get64(length, 0);
    }
    return error;
}

bool blk_volume_on(const struct platform *platform, char letter, const struct blk_disk *disks, size_t count)
{
    uint8_t extents[EXTENTS_FIRST + MOST_EXTENTS * EXTENT_BYTES] = {0};
    char path[] = "\\\\.\\?:";
    uint32_t returned = 0;
    uint32_t number;
    uint32_t error;
    void *handle;

    path[4] = letter;
    if (platform->open(platform->context, path, OPEN_CONTROL, &handle) != 0) {
        return false;
    }
    error = platform->io_control(platform->context, handle, CODE_VOLUME_GET_VOLUME_DISK_EXTENTS, NULL, 0, extents,
                                 sizeof(extents), &returned);
    platform->close(platform->context, handle);
    number = get32(extents, 0);
    if (error != 0 || number == 0 || number > MOST_EXTENTS || returned < EXTENTS_FIRST + number * EXTENT_BYTES) {
        return false;
    }
    for (uint32_t i = 0; i < number; i++) {
        uint32_t on = get32(extents, EXTENTS_FIRST + i * EXTENT_BYTES);
        bool found = false;

        for (size_t j = 0; j < count; j++) {
            found = found || disks[j].number == on;
        }
        if (!found) {
            return false;
        }
    }
    return true;
}
