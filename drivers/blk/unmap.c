/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "unmap.h"

#include "scsi.h"

#define LIST_HEADER_BYTES 8u
#define DESCRIPTOR_BYTES 16u

/* One block descriptor becomes as many segments as max_discard_sectors demands. */
static uint32_t AddRange(const BLK_DISK *disk, uint64_t lba, uint32_t blocks, VIRTIO_BLK_SEGMENT *segments,
                         uint32_t *count)
{
    uint64_t sector = lba << disk->SectorShift, left = (uint64_t)blocks << disk->SectorShift;

    if (lba > disk->Blocks || blocks > disk->Blocks - lba)
        return SENSE_LBA_OUT_OF_RANGE;
    while (left != 0) {
        uint32_t sectors = left < disk->UnmapSectorsMax ? (uint32_t)left : disk->UnmapSectorsMax;

        /* SBC-3 5.28.2: more than the block limits page allows is an error in the list. */
        if (*count == disk->UnmapSegmentsMax)
            return SENSE_INVALID_FIELD_IN_LIST;
        segments[*count].Sector = sector;
        segments[*count].NumSectors = sectors;
        segments[*count].Flags = 0;
        (*count)++;
        sector += sectors;
        left -= sectors;
    }
    return SENSE_NONE;
}

uint32_t BlkParseUnmap(const BLK_DISK *disk, const uint8_t *cdb, const uint8_t *list, uint32_t bytes,
                       VIRTIO_BLK_SEGMENT *segments, uint32_t *count)
{
    uint32_t listLength = ScsiGet16(cdb + 7), descriptorBytes;

    *count = 0;
    if (!disk->CanUnmap)
        return SENSE_INVALID_OPCODE;
    if ((cdb[1] & 0x01) != 0)
        return SENSE_INVALID_FIELD_IN_CDB; /* ANCHOR: not offered */
    if (disk->ReadOnly)
        return SENSE_WRITE_PROTECTED;
    if (listLength == 0)
        return SENSE_NONE; /* "not considered an error" */
    if (listLength < LIST_HEADER_BYTES || listLength > bytes)
        return SENSE_PARAMETER_LIST_LENGTH;
    descriptorBytes = ScsiGet16(list + 2);
    if (descriptorBytes > listLength - LIST_HEADER_BYTES)
        return SENSE_INVALID_FIELD_IN_LIST;
    /* SBC-3 5.28.2: not a multiple of 16, "then the last UNMAP block descriptor is incomplete and shall be ignored". */
    descriptorBytes -= descriptorBytes % DESCRIPTOR_BYTES;
    if (descriptorBytes / DESCRIPTOR_BYTES > disk->UnmapSegmentsMax)
        return SENSE_INVALID_FIELD_IN_LIST; /* more descriptors than the block limits page allows */

    for (uint32_t at = LIST_HEADER_BYTES; at < LIST_HEADER_BYTES + descriptorBytes; at += DESCRIPTOR_BYTES) {
        uint32_t sense = AddRange(disk, ScsiGet64(list + at), ScsiGet32(list + at + 8), segments, count);

        if (sense != SENSE_NONE)
            return sense;
    }
    return SENSE_NONE;
}
