/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * SCSI on the wire, as far as a virtio disk speaks it: operation codes (SPC-3, SBC-3), sense codes, and big-endian
 * fields.
 */
#ifndef AERO_BLK_SCSI_H
#define AERO_BLK_SCSI_H

#include <stdint.h>

enum {
    SCSI_TEST_UNIT_READY = 0x00,
    SCSI_REQUEST_SENSE = 0x03,
    SCSI_READ6 = 0x08,
    SCSI_WRITE6 = 0x0A,
    SCSI_INQUIRY = 0x12,
    SCSI_MODE_SENSE6 = 0x1A,
    SCSI_START_STOP_UNIT = 0x1B,
    SCSI_READ_CAPACITY10 = 0x25,
    SCSI_READ10 = 0x28,
    SCSI_WRITE10 = 0x2A,
    SCSI_VERIFY10 = 0x2F,
    SCSI_SYNCHRONIZE_CACHE10 = 0x35,
    SCSI_UNMAP = 0x42,
    SCSI_MODE_SENSE10 = 0x5A,
    SCSI_READ16 = 0x88,
    SCSI_WRITE16 = 0x8A,
    SCSI_VERIFY16 = 0x8F,
    SCSI_SYNCHRONIZE_CACHE16 = 0x91,
    SCSI_SERVICE_ACTION_IN16 = 0x9E,
    SCSI_REPORT_LUNS = 0xA0,
    SCSI_READ12 = 0xA8,
    SCSI_WRITE12 = 0xAA,
};

#define SCSI_SERVICE_READ_CAPACITY16 0x10u

enum { SCSI_STATUS_GOOD = 0x00, SCSI_STATUS_CHECK_CONDITION = 0x02 };

/* Sense key, additional sense code and qualifier in one word. */
#define SENSE(key, asc, ascq) ((uint32_t)(key) << 16 | (uint32_t)(asc) << 8 | (uint32_t)(ascq))
#define SENSE_NONE SENSE(0, 0, 0)
#define SENSE_MEDIUM_READ SENSE(3, 0x11, 0)    /* unrecovered read error */
#define SENSE_MEDIUM_WRITE SENSE(3, 0x0C, 0)   /* write error */
#define SENSE_TARGET_FAILURE SENSE(4, 0x44, 0) /* internal target failure */
#define SENSE_PARAMETER_LIST_LENGTH SENSE(5, 0x1A, 0)
#define SENSE_INVALID_OPCODE SENSE(5, 0x20, 0)
#define SENSE_LBA_OUT_OF_RANGE SENSE(5, 0x21, 0)
#define SENSE_INVALID_FIELD_IN_CDB SENSE(5, 0x24, 0)
#define SENSE_LUN_NOT_SUPPORTED SENSE(5, 0x25, 0)
#define SENSE_INVALID_FIELD_IN_LIST SENSE(5, 0x26, 0)
#define SENSE_SAVING_NOT_SUPPORTED SENSE(5, 0x39, 0)
#define SENSE_CAPACITY_CHANGED SENSE(6, 0x2A, 0x09) /* unit attention: capacity data has changed */
#define SENSE_WRITE_PROTECTED SENSE(7, 0x27, 0)

#define SENSE_FIXED_BYTES 18u

static inline uint16_t ScsiGet16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t ScsiGet32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t ScsiGet64(const uint8_t *at)
{
    return (uint64_t)ScsiGet32(at) << 32 | ScsiGet32(at + 4);
}

static inline void ScsiPut16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void ScsiPut32(uint8_t *at, uint32_t value)
{
    ScsiPut16(at, value >> 16);
    ScsiPut16(at + 2, value);
}

static inline void ScsiPut64(uint8_t *at, uint64_t value)
{
    ScsiPut32(at, (uint32_t)(value >> 32));
    ScsiPut32(at + 4, (uint32_t)value);
}

#endif
