/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The block device's wire format: VIRTIO 1.x "Block Device". Sectors on the wire are always 512 bytes, whatever
 * BlkSize says. Asserted in the unit tests against <linux/virtio_blk.h>.
 *
 * Do not map VIRTIO_BLK_CONFIG over the device: read its fields through VirtioReadConfigFields, each at its own width.
 */
#ifndef VIRTIO_BLK_H
#define VIRTIO_BLK_H

#include <stddef.h>
#include <stdint.h>

#define VIRTIO_BLK_SECTOR_SIZE 512
#define VIRTIO_BLK_SECTOR_SHIFT 9

/* "Feature bits". */
#define VIRTIO_BLK_F_SIZE_MAX 1
#define VIRTIO_BLK_F_SEG_MAX 2
#define VIRTIO_BLK_F_GEOMETRY 4
#define VIRTIO_BLK_F_RO 5
#define VIRTIO_BLK_F_BLK_SIZE 6
#define VIRTIO_BLK_F_FLUSH 9
#define VIRTIO_BLK_F_TOPOLOGY 10
#define VIRTIO_BLK_F_CONFIG_WCE 11
#define VIRTIO_BLK_F_MQ 12
#define VIRTIO_BLK_F_DISCARD 13
#define VIRTIO_BLK_F_WRITE_ZEROES 14

/* "Device Operation": request types. */
#define VIRTIO_BLK_T_IN 0
#define VIRTIO_BLK_T_OUT 1
#define VIRTIO_BLK_T_FLUSH 4
#define VIRTIO_BLK_T_GET_ID 8
#define VIRTIO_BLK_T_DISCARD 11
#define VIRTIO_BLK_T_WRITE_ZEROES 13

/* Status byte, the last device-writable byte of every request. */
#define VIRTIO_BLK_S_OK 0
#define VIRTIO_BLK_S_IOERR 1
#define VIRTIO_BLK_S_UNSUPP 2

/* GET_ID fills this many bytes; a string that is shorter is NUL-terminated, one of full length is not. */
#define VIRTIO_BLK_ID_LENGTH 20

/* Flag of a WRITE_ZEROES segment. */
#define VIRTIO_BLK_SEGMENT_UNMAP 0x00000001

/* "Device configuration layout", through write zeroes. Which fields mean anything depends on the feature named beside
   them; capacity is always there. Packed only so that sizeof is the wire's 60 on ABIs that align uint64_t to 8. */
#pragma pack(push, 1)
typedef struct VIRTIO_BLK_CONFIG {
    uint64_t Capacity;  /* in 512-byte sectors */
    uint32_t SizeMax;   /* SIZE_MAX */
    uint32_t SegMax;    /* SEG_MAX */
    uint16_t Cylinders; /* GEOMETRY */
    uint8_t Heads;
    uint8_t Sectors;
    uint32_t BlkSize;         /* BLK_SIZE */
    uint8_t PhysicalBlockExp; /* TOPOLOGY: logical blocks per physical block, log2 */
    uint8_t AlignmentOffset;
    uint16_t MinIoSize;
    uint32_t OptIoSize;
    uint8_t Writeback; /* CONFIG_WCE */
    uint8_t Unused0;
    uint16_t NumQueues;         /* MQ */
    uint32_t MaxDiscardSectors; /* DISCARD, in 512-byte sectors */
    uint32_t MaxDiscardSeg;
    uint32_t DiscardSectorAlignment;
    uint32_t MaxWriteZeroesSectors; /* WRITE_ZEROES, in 512-byte sectors */
    uint32_t MaxWriteZeroesSeg;
    uint8_t WriteZeroesMayUnmap;
    uint8_t Unused1[3];
} VIRTIO_BLK_CONFIG;
#pragma pack(pop)

_Static_assert(sizeof(VIRTIO_BLK_CONFIG) == 60, "block configuration through write zeroes is 60 bytes");
_Static_assert(offsetof(VIRTIO_BLK_CONFIG, BlkSize) == 0x14, "blk_size");
_Static_assert(offsetof(VIRTIO_BLK_CONFIG, Writeback) == 0x20, "writeback");
_Static_assert(offsetof(VIRTIO_BLK_CONFIG, MaxDiscardSectors) == 0x24, "max_discard_sectors");
_Static_assert(offsetof(VIRTIO_BLK_CONFIG, WriteZeroesMayUnmap) == 0x38, "write_zeroes_may_unmap");

/* Device-readable head of every request; data and the status byte follow. */
typedef struct VIRTIO_BLK_HEADER {
    uint32_t Type;
    uint32_t Reserved;
    uint64_t Sector;
} VIRTIO_BLK_HEADER;

/* Data of DISCARD and WRITE_ZEROES. */
typedef struct VIRTIO_BLK_SEGMENT {
    uint64_t Sector;
    uint32_t NumSectors;
    uint32_t Flags;
} VIRTIO_BLK_SEGMENT;

_Static_assert(sizeof(VIRTIO_BLK_HEADER) == 16, "block request header is 16 bytes");
_Static_assert(sizeof(VIRTIO_BLK_SEGMENT) == 16, "discard segment is 16 bytes");

#endif
