/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk/partition.h"

#include <inttypes.h>
#include <string.h>

#define SECTOR 512U /* Windows 7 boots from no disk with larger logical sectors */
#define MBR_TABLE 446U
#define MBR_ENTRY 16U
#define GPT_ENTRY_LIMIT 4096U
#define LOGICAL_LIMIT 60U

static uint64_t little(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = bytes; i-- > 0;) {
        value = value << 8 | at[i];
    }
    return value;
}

static enum status malformed(const struct disk_image *image, const char *reason)
{
    diag_error(disk_image_name(image), "has a malformed partition table: %s", reason);
    return STATUS_BAD_INPUT;
}

static enum status add(struct disk_image *image, struct partitions *partitions, unsigned number, uint64_t first,
                       uint64_t sectors)
{
    uint64_t disk = disk_image_size(image) / SECTOR;

    if (first == 0 || sectors == 0 || first >= disk || sectors > disk - first) {
        diag_error(disk_image_name(image),
                   "has a malformed partition table: partition %u, %" PRIu64 " sectors from %" PRIu64
                   ", is not within the disk of %" PRIu64,
                   number, sectors, first, disk);
        return STATUS_BAD_INPUT;
    }
    if (partitions->count == PARTITION_LIMIT) {
        return malformed(image, "it has more than 128 partitions");
    }
    for (size_t i = 0; i < partitions->count; ++i) {
        const struct partition *other = &partitions->list[i];

        if (first * SECTOR < other->offset + other->size && other->offset < (first + sectors) * SECTOR) {
            diag_error(disk_image_name(image), "has a malformed partition table: partitions %u and %u overlap",
                       other->number, number);
            return STATUS_BAD_INPUT;
        }
    }
    partitions->list[partitions->count++] =
        (struct partition){.number = number, .offset = first * SECTOR, .size = sectors * SECTOR};
    return STATUS_DONE;
}

static bool is_extended(uint8_t type)
{
    return type == 0x05 || type == 0x0F || type == 0x85;
}

/* Each logical partition has a table of its own: itself, relative to that table, and the next table, relative to the
 * first. */
static enum status read_logical(struct disk_image *image, struct partitions *partitions, uint64_t extended)
{
    uint64_t table = extended;

    for (unsigned number = 5; number < 5 + LOGICAL_LIMIT; ++number) {
        uint8_t sector[SECTOR];
        const uint8_t *entry = sector + MBR_TABLE;
        enum status status = disk_image_read(image, table * SECTOR, sector, sizeof(sector));

        if (status != STATUS_DONE) {
            return status;
        }
        if (little(sector + 510, 2) != 0xAA55) {
            return malformed(image, "a logical partition has no signature");
        }
        if (entry[4] != 0) {
            status = add(image, partitions, number, table + little(entry + 8, 4), little(entry + 12, 4));
        }
        entry += MBR_ENTRY;
        if (status != STATUS_DONE || !is_extended(entry[4])) {
            return status;
        }
        table = extended + little(entry + 8, 4);
    }
    return malformed(image, "its logical partitions have no end");
}

static enum status read_mbr(struct disk_image *image, struct partitions *partitions, const uint8_t *mbr)
{
    enum status status = STATUS_DONE;
    uint64_t extended = 0;

    partitions->scheme = "mbr";
    for (unsigned i = 0; i < 4 && status == STATUS_DONE; ++i) {
        const uint8_t *entry = mbr + MBR_TABLE + i * MBR_ENTRY;

        if (is_extended(entry[4])) {
            extended = little(entry + 8, 4);
        } else if (entry[4] != 0) {
            status = add(image, partitions, i + 1, little(entry + 8, 4), little(entry + 12, 4));
        }
    }
    return status == STATUS_DONE && extended != 0 ? read_logical(image, partitions, extended) : status;
}

static uint32_t crc32(const uint8_t *bytes, size_t size, uint32_t crc)
{
    for (size_t i = 0; i < size; ++i) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; ++bit) {
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0U);
        }
    }
    return crc;
}

/* UEFI specification, 5.3.2: the header's checksum is taken with its own field zero. */
static bool header_is_sound(const uint8_t *header)
{
    uint64_t size = little(header + 12, 4);
    uint8_t copy[SECTOR];

    if (memcmp(header, "EFI PART", 8) != 0 || size < 92 || size > SECTOR) {
        return false;
    }
    memcpy(copy, header, SECTOR);
    memset(copy + 16, 0, 4);
    return (crc32(copy, (size_t)size, 0xFFFFFFFFU) ^ 0xFFFFFFFFU) == little(header + 16, 4);
}

static enum status read_gpt(struct disk_image *image, struct partitions *partitions)
{
    static const uint8_t unused[16];
    uint8_t header[SECTOR];
    uint8_t entry[GPT_ENTRY_LIMIT];
    uint32_t crc = 0xFFFFFFFFU;
    uint64_t table;
    uint64_t count;
    uint64_t size;
    enum status status = disk_image_read(image, SECTOR, header, sizeof(header));

    partitions->scheme = "gpt";
    if (status == STATUS_DONE && !header_is_sound(header)) {
        return malformed(image, "its GPT header has a wrong checksum");
    }
    table = little(header + 72, 8);
    count = little(header + 80, 4);
    size = little(header + 84, 4);
    if (status == STATUS_DONE && (size < 128 || size > GPT_ENTRY_LIMIT || count > 1024 ||
                                  table > disk_image_size(image) / SECTOR || little(header + 24, 8) != 1)) {
        return malformed(image, "its GPT header says what cannot be");
    }
    for (uint64_t i = 0; i < count && status == STATUS_DONE; ++i) {
        status = disk_image_read(image, table * SECTOR + i * size, entry, (size_t)size);
        if (status != STATUS_DONE) {
            break;
        }
        crc = crc32(entry, (size_t)size, crc);
        if (memcmp(entry, unused, sizeof(unused)) != 0) {
            uint64_t first = little(entry + 32, 8);

            status = add(image, partitions, (unsigned)i + 1, first, little(entry + 40, 8) - first + 1);
        }
    }
    if (status == STATUS_DONE && (crc ^ 0xFFFFFFFFU) != little(header + 88, 4)) {
        status = malformed(image, "its GPT has a wrong checksum");
    }
    return status;
}

enum status partitions_read(struct disk_image *image, struct partitions *partitions)
{
    uint8_t mbr[SECTOR];
    bool protective = false;
    enum status status;

    *partitions = (struct partitions){.scheme = "none"};
    if (disk_image_size(image) < 2 * SECTOR) {
        diag_error(disk_image_name(image), "is too short for a disk");
        return STATUS_BAD_INPUT;
    }
    status = disk_image_read(image, 0, mbr, sizeof(mbr));
    if (status != STATUS_DONE) {
        return status;
    }
    if (little(mbr + 510, 2) != 0xAA55) {
        return malformed(image, "its first sector has no signature");
    }
    /* A file system that begins with the disk has code where the table would be. */
    if (memcmp(mbr + 3, "NTFS    ", 8) == 0) {
        partitions->list[partitions->count++] = (struct partition){.number = 1, .size = disk_image_size(image)};
        return STATUS_DONE;
    }
    for (unsigned i = 0; i < 4; ++i) {
        protective = protective || mbr[MBR_TABLE + i * MBR_ENTRY + 4] == 0xEE;
    }
    return protective ? read_gpt(image, partitions) : read_mbr(image, partitions, mbr);
}
