/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Commands answered from what is known of the disk: INQUIRY and its vital product data pages, MODE SENSE, READ
 * CAPACITY, REPORT LUNS, REQUEST SENSE. Portable; caller holds the queue lock.
 */
#ifndef AERO_BLK_RESPOND_H
#define AERO_BLK_RESPOND_H

#include <stdbool.h>
#include <stdint.h>

#include "disk.h"

#define BLK_RESPONSE_BYTES 96u

typedef struct BLK_RESPONSE {
    uint32_t Length;     /* bytes built */
    uint32_t Allocation; /* bytes the initiator said it takes: what is sent is the smaller of the two */
    uint8_t Data[BLK_RESPONSE_BYTES];
} BLK_RESPONSE;

/* Result: SENSE_NONE and a filled response, or the sense that refuses the command. `lun` other than 0 is answered as
 * SPC-3 6.4 has it for INQUIRY; callers refuse other commands for it.
 * `disk` is written by REQUEST SENSE alone, which takes the sense that it reports. `maxTransferBytes` goes into the
 * block limits page. */
uint32_t BlkRespond(BLK_DISK *disk, const uint8_t *cdb, uint8_t lun, uint32_t maxTransferBytes, BLK_RESPONSE *response);

/* True for an INQUIRY of page 80h or 83h: the ones that need the serial number. */
bool BlkRespondNeedsSerial(const uint8_t *cdb);

/* Fixed-format sense data, SPC-3 4.5.3. Writes at most `length` bytes, returns how many. */
uint32_t BlkBuildSense(uint32_t sense, uint8_t *at, uint32_t length);

#endif
