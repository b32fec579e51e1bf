/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * From a command descriptor block to what has to be done. Portable, no state, any IRQL, no lock.
 *
 * The decoder checks everything that does not depend on the disk's present capacity or mode; BlkCommandCheck does the
 * rest, under the queue lock. Sources: SPC-3 (INQUIRY, MODE SENSE, REPORT LUNS, REQUEST SENSE, TEST UNIT READY),
 * SBC-3 (the rest).
 */
#ifndef AERO_BLK_COMMAND_H
#define AERO_BLK_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "disk.h"

typedef enum BLK_OPERATION {
    BlkOperationRead,
    BlkOperationWrite,
    BlkOperationVerify, /* read the range and drop the data */
    BlkOperationFlush,
    BlkOperationUnmap,
    BlkOperationGetId,   /* INQUIRY for a page that names the disk, whose serial number is not known yet */
    BlkOperationRespond, /* answered from what is known: see respond.h */
    BlkOperationNothing, /* good without action */
    BlkOperationRefuse,  /* CHECK CONDITION with Sense */
} BLK_OPERATION;

typedef struct BLK_COMMAND {
    uint64_t Lba; /* logical blocks */
    uint32_t Blocks;
    uint32_t Sense;    /* Refuse */
    uint8_t Operation; /* BLK_OPERATION */
    bool Fua;          /* Read, Write: not from or to a volatile cache */
    bool Plain;        /* a Read or Write of one block or more without FUA: nothing in it needs a second look */
} BLK_COMMAND;

/* cdb: 16 bytes, of which cdbLength count. dataBytes: length of the data buffer. */
void BlkCommandDecode(const uint8_t *cdb, uint8_t cdbLength, uint32_t dataBytes, uint8_t blockShift,
                      BLK_COMMAND *command);

/* SBC-3 4.5: the check applies to an empty range as well. */
static inline bool BlkCommandInRange(const BLK_DISK *disk, const BLK_COMMAND *command)
{
    return command->Lba <= disk->Blocks && command->Blocks <= disk->Blocks - command->Lba;
}

/* Turns the command into Refuse or Nothing where the disk as it is now demands it. */
void BlkCommandCheck(const BLK_DISK *disk, BLK_COMMAND *command);

#endif
