/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The table of the scsi-compliance scenario: a command descriptor block, and the status, sense and length that SPC-3
 * and SBC-3 ask for.
 */
#ifndef NTHOST_BLK_SCSI_H
#define NTHOST_BLK_SCSI_H

#include "blk.h"

enum scsi_lba { LBA_AS_GIVEN, LBA_LAST, LBA_END, LBA_BEFORE_LAST };
enum scsi_direction { DATA_NONE, DATA_IN, DATA_OUT };
enum { LENGTH_ANY = -1, LENGTH_BLOCKS = -2 }; /* LENGTH_BLOCKS: as many as were asked for */

/* Conditions of the disk under which a case applies. */
enum scsi_needs {
    NEEDS_NOTHING = 0,
    NEEDS_WRITABLE = 1,
    NEEDS_READ_ONLY = 2,
    NEEDS_UNMAP = 4,
    NEEDS_NO_UNMAP = 8,
    NEEDS_SMALL = 16 /* below 2 TiB */
};

struct scsi_case {
    const char *name;
    uint8_t cdb[16], cdb_length;
    enum scsi_direction direction;
    uint32_t bytes, blocks; /* of the buffer: bytes, or blocks of the disk */
    enum scsi_lba lba;      /* put into the CDB */
    uint8_t lun, target;
    uint32_t sense; /* key << 16 | asc << 8 | ascq; 0: good */
    int32_t length;
    unsigned needs;
    bool (*check)(const struct disk *disk, const uint8_t *data, uint32_t length); /* of the data returned */
    const uint8_t *list; /* DATA_OUT: what is sent; NULL: zeroes */
};

extern const struct scsi_case scsi_cases[];
extern const unsigned scsi_case_count;

#endif
