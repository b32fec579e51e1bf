/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What is known of the disk: read from the device's configuration space (VIRTIO 1.2, 5.2.4) after each negotiation,
 * checked, and kept in the units the SCSI side needs. Portable. Written under the queue lock only.
 */
#ifndef AERO_BLK_DISK_H
#define AERO_BLK_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "transport.h"
#include "virtio_blk.h"

#define BLK_MAX_UNMAP_SEGMENTS 14u /* what fits in a slot's payload */

typedef struct BLK_DISK {
    uint64_t Sectors;         /* capacity in units of 512 bytes, as the device counts */
    uint64_t Blocks;          /* capacity in logical blocks */
    uint32_t BlockBytes;      /* 512 ... 4096, power of two */
    uint8_t BlockShift;       /* BlockBytes == 1 << BlockShift */
    uint8_t SectorShift;      /* BlockShift - 9: logical blocks to sectors */
    uint8_t PhysicalExponent; /* log2 of logical blocks per physical block */
    uint8_t AlignmentOffset;  /* first logical block that is aligned to a physical one */
    bool ReadOnly;
    bool WriteCache; /* completed writes may still be volatile: FLUSH means something */
    bool CanFlush;
    bool CanUnmap;
    uint32_t SegmentsMax;     /* data segments per request, 0 unknown */
    uint32_t SegmentBytesMax; /* bytes per data segment, 0 no limit */
    uint32_t UnmapSectorsMax; /* per segment */
    uint32_t UnmapSegmentsMax;
    uint32_t UnmapAlignmentSectors;
    bool SerialKnown;
    uint8_t SerialLength;
    uint8_t Serial[VIRTIO_BLK_ID_LENGTH]; /* printable ASCII, trimmed */
    uint32_t PendingAttention;            /* sense of a unit attention to report, SENSE_NONE when there is none */
    uint32_t LastSense;                   /* for REQUEST SENSE when no sense could be delivered with the request */
} BLK_DISK;

typedef enum BLK_DISK_RESULT {
    BlkDiskOk,
    BlkDiskBlockSize, /* logical block size not a power of two in 512..4096 */
    BlkDiskBlockSizeChanged,
    BlkDiskCapacity,    /* smaller than one block */
    BlkDiskSegmentSize, /* segments smaller than a sector */
} BLK_DISK_RESULT;

/* VERSION_1 alone is required; these are used when offered. */
#define BLK_WANTED_FEATURES                                                                                           \
    (VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC) | VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX) |                                    \
     VIRTIO_FEATURE(VIRTIO_BLK_F_SIZE_MAX) | VIRTIO_FEATURE(VIRTIO_BLK_F_SEG_MAX) | VIRTIO_FEATURE(VIRTIO_BLK_F_RO) | \
     VIRTIO_FEATURE(VIRTIO_BLK_F_BLK_SIZE) | VIRTIO_FEATURE(VIRTIO_BLK_F_FLUSH) |                                     \
     VIRTIO_FEATURE(VIRTIO_BLK_F_TOPOLOGY) | VIRTIO_FEATURE(VIRTIO_BLK_F_CONFIG_WCE) |                                \
     VIRTIO_FEATURE(VIRTIO_BLK_F_DISCARD))

/* Reads the fields that the accepted features define, as of one generation; the others are zero. */
VIRTIO_RESULT BlkDiskReadConfig(VIRTIO_TRANSPORT *transport, uint64_t features, VIRTIO_BLK_CONFIG *config);

/* Takes over what was read. `disk` is unchanged unless the result is Ok. A capacity other than the previous one (if
 * there was one) sets PendingAttention. */
BLK_DISK_RESULT BlkDiskUpdate(BLK_DISK *disk, uint64_t features, const VIRTIO_BLK_CONFIG *config);

/* Names the disk after its place until its serial number is known. */
void BlkDiskSetPlace(BLK_DISK *disk, uint32_t bus, uint32_t slot);

/* Takes over the answer to GET_ID: VIRTIO_BLK_ID_LENGTH bytes, NUL padded, not trusted to be printable. NULL or
 * empty: the disk has no serial number and keeps the name of its place. */
void BlkDiskSetSerial(BLK_DISK *disk, const uint8_t *id);

#endif
