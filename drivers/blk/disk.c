/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk.h"

#include "scsi.h"

/* A configuration field and the feature without which it means nothing; capacity has none. */
typedef struct BLK_CONFIG_FIELD {
    uint64_t Feature;
    VIRTIO_CONFIG_FIELD Field;
} BLK_CONFIG_FIELD;

#define FIELD(feature, member) {(feature), VIRTIO_CONFIG_FIELD_OF(VIRTIO_BLK_CONFIG, member)}

static const BLK_CONFIG_FIELD ConfigFields[] = {
    FIELD(0, Capacity),
    FIELD(VIRTIO_FEATURE(VIRTIO_BLK_F_SIZE_MAX), SizeMax),
    FIELD(VIRTIO_FEATURE(VIRTIO_BLK_F_SEG_MAX), SegMax),
    FIELD(VIRTIO_FEATURE(VIRTIO_BLK_F_BLK_SIZE), BlkSize),
    FIELD(VIRTIO_FEATURE(VIRTIO_BLK_F_TOPOLOGY), PhysicalBlockExp),
    FIELD(VIRTIO_FEATURE(VIRTIO_BLK_F_TOPOLOGY), AlignmentOffset),
    FIELD(VIRTIO_FEATURE(VIRTIO_BLK_F_CONFIG_WCE), Writeback),
    FIELD(VIRTIO_FEATURE(VIRTIO_BLK_F_DISCARD), MaxDiscardSectors),
    FIELD(VIRTIO_FEATURE(VIRTIO_BLK_F_DISCARD), MaxDiscardSeg),
    FIELD(VIRTIO_FEATURE(VIRTIO_BLK_F_DISCARD), DiscardSectorAlignment),
};

#define CONFIG_FIELD_COUNT (sizeof(ConfigFields) / sizeof(ConfigFields[0]))

VIRTIO_RESULT BlkDiskReadConfig(VIRTIO_TRANSPORT *transport, uint64_t features, VIRTIO_BLK_CONFIG *config)
{
    static const VIRTIO_BLK_CONFIG nothing;
    VIRTIO_CONFIG_FIELD fields[CONFIG_FIELD_COUNT];
    size_t count = 0;

    for (size_t i = 0; i < CONFIG_FIELD_COUNT; i++) {
        if ((features & ConfigFields[i].Feature) == ConfigFields[i].Feature)
            fields[count++] = ConfigFields[i].Field;
    }
    *config = nothing;
    return VirtioReadConfigFields(transport, fields, count, config);
}

static bool BlockSizeIsLegal(uint32_t bytes)
{
    return bytes >= 512 && bytes <= 4096 && (bytes & (bytes - 1)) == 0;
}

static void UpdateCache(BLK_DISK *disk, uint64_t features, const VIRTIO_BLK_CONFIG *config)
{
    disk->ReadOnly = (features & VIRTIO_FEATURE(VIRTIO_BLK_F_RO)) != 0;
    disk->CanFlush = (features & VIRTIO_FEATURE(VIRTIO_BLK_F_FLUSH)) != 0;
    /* VIRTIO 1.x "Block Device", device initialization: without CONFIG_WCE a device that offers FLUSH is to be taken
     * for writeback; one that does not is writethrough. */
    if ((features & VIRTIO_FEATURE(VIRTIO_BLK_F_CONFIG_WCE)) != 0)
        disk->WriteCache = disk->CanFlush && config->Writeback != 0;
    else
        disk->WriteCache = disk->CanFlush;
}

static void UpdateDiscard(BLK_DISK *disk, uint64_t features, const VIRTIO_BLK_CONFIG *config)
{
    bool offered = (features & VIRTIO_FEATURE(VIRTIO_BLK_F_DISCARD)) != 0;

    /* Limits in whole logical blocks, for UNMAP counts in those. */
    disk->UnmapSectorsMax = config->MaxDiscardSectors >> disk->SectorShift << disk->SectorShift;
    disk->UnmapSegmentsMax =
        config->MaxDiscardSeg < BLK_MAX_UNMAP_SEGMENTS ? config->MaxDiscardSeg : BLK_MAX_UNMAP_SEGMENTS;
    disk->UnmapAlignmentSectors = config->DiscardSectorAlignment;
    disk->CanUnmap = offered && disk->UnmapSectorsMax != 0 && disk->UnmapSegmentsMax != 0;
}

BLK_DISK_RESULT BlkDiskUpdate(BLK_DISK *disk, uint64_t features, const VIRTIO_BLK_CONFIG *config)
{
    uint32_t blockBytes = 512;
    uint8_t shift = 9;

    if ((features & VIRTIO_FEATURE(VIRTIO_BLK_F_BLK_SIZE)) != 0)
        blockBytes = config->BlkSize;
    if (!BlockSizeIsLegal(blockBytes))
        return BlkDiskBlockSize;
    /* Windows reads the block size once: a disk that changes it is another disk. */
    if (disk->BlockBytes != 0 && disk->BlockBytes != blockBytes)
        return BlkDiskBlockSizeChanged;
    while ((uint32_t)1 << shift != blockBytes)
        shift++;
    if (config->Capacity >> (shift - 9) == 0 || config->Capacity >> 55 != 0)
        return BlkDiskCapacity;
    if (config->SizeMax != 0 && config->SizeMax < VIRTIO_BLK_SECTOR_SIZE)
        return BlkDiskSegmentSize;

    if (disk->Sectors != 0 && disk->Sectors != config->Capacity)
        disk->PendingAttention = SENSE_CAPACITY_CHANGED;
    disk->BlockBytes = blockBytes;
    disk->BlockShift = shift;
    disk->SectorShift = (uint8_t)(shift - 9);
    disk->Sectors = config->Capacity;
    disk->Blocks = config->Capacity >> disk->SectorShift;
    disk->PhysicalExponent = config->PhysicalBlockExp < 16 ? config->PhysicalBlockExp : 0;
    disk->AlignmentOffset = config->AlignmentOffset;
    disk->SegmentsMax = config->SegMax;
    disk->SegmentBytesMax = config->SizeMax;
    UpdateCache(disk, features, config);
    UpdateDiscard(disk, features, config);
    return BlkDiskOk;
}

static void PutHex(BLK_DISK *disk, uint32_t value, uint32_t digits)
{
    while (digits != 0)
        disk->Serial[disk->SerialLength++] = (uint8_t)"0123456789ABCDEF"[value >> 4 * --digits & 15];
}

void BlkDiskSetPlace(BLK_DISK *disk, uint32_t bus, uint32_t slot)
{
    static const char prefix[] = "PCI-";

    for (disk->SerialLength = 0; prefix[disk->SerialLength] != 0; disk->SerialLength++)
        disk->Serial[disk->SerialLength] = (uint8_t)prefix[disk->SerialLength];
    PutHex(disk, bus, 2);
    PutHex(disk, slot, 8);
    disk->SerialKnown = false;
}

void BlkDiskSetSerial(BLK_DISK *disk, const uint8_t *id)
{
    uint32_t first = 0, end = 0;

    /* Blanks around the number are padding; a disk whose number is nothing else has none, and must not share its name
     * with the next such disk. */
    while (id != NULL && end < VIRTIO_BLK_ID_LENGTH && id[end] != 0)
        end++;
    while (first < end && id[first] == ' ')
        first++;
    while (end > first && id[end - 1] == ' ')
        end--;
    if (end != first)
        disk->SerialLength = (uint8_t)(end - first);
    /* VPD page 80h wants printable ASCII (SPC-3, 4.4.1); a device may have put anything here. */
    for (uint32_t i = first; i < end; i++)
        disk->Serial[i - first] = id[i] >= 0x20 && id[i] < 0x7F ? id[i] : '_';
    disk->SerialKnown = true;
}
