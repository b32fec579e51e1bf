/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "command.h"

#include "scsi.h"

#define CDB_CONTROL_NACA 0x04u /* SAM-4 5.2: refused by a target that does not support it */
#define CDB_PROTECT_MASK 0xE0u /* RDPROTECT, WRPROTECT, VRPROTECT: no protection information here */
#define CDB_FUA 0x08u
#define CDB_RELATIVE_ADDRESS 0x01u /* obsolete, must be zero */
#define CDB_BYTCHK_MASK 0x06u
#define CDB_START 0x01u
#define CDB_LOEJ 0x02u

static void Refuse(BLK_COMMAND *command, uint32_t sense)
{
    command->Operation = BlkOperationRefuse;
    command->Sense = sense;
}

/* SPC-3 4.3.4: the group code in the operation code's top three bits tells the length. */
static uint8_t CdbLength(uint8_t operationCode)
{
    static const uint8_t lengths[8] = {6, 10, 10, 0, 16, 12, 0, 0};

    return lengths[operationCode >> 5];
}

static void DecodeTransfer(const uint8_t *cdb, uint8_t length, uint32_t dataBytes, uint8_t blockShift,
                           BLK_COMMAND *command)
{
    uint8_t flags = 0;

    if (length == 10) {
        flags = cdb[1];
        command->Lba = ScsiGet32(cdb + 2);
        command->Blocks = ScsiGet16(cdb + 7);
    } else if (length == 16) {
        flags = cdb[1];
        command->Lba = ScsiGet64(cdb + 2);
        command->Blocks = ScsiGet32(cdb + 10);
    } else if (length == 12) {
        flags = cdb[1];
        command->Lba = ScsiGet32(cdb + 2);
        command->Blocks = ScsiGet32(cdb + 6);
    } else {
        command->Lba = ScsiGet32(cdb) & 0x1FFFFF;
        command->Blocks = cdb[4] != 0 ? cdb[4] : 256; /* SBC-3 5.7: zero means 256 */
    }
    command->Fua = (flags & CDB_FUA) != 0;
    if ((flags & (CDB_PROTECT_MASK | CDB_RELATIVE_ADDRESS)) != 0) {
        Refuse(command, SENSE_INVALID_FIELD_IN_CDB);
        return;
    }
    /* A buffer that does not hold exactly what the CDB asks for would end in a truncated success. */
    if (dataBytes >> blockShift != command->Blocks || (dataBytes & (((uint32_t)1 << blockShift) - 1)) != 0)
        Refuse(command, SENSE_INVALID_FIELD_IN_CDB);
}

/* VERIFY and SYNCHRONIZE CACHE: a range without data. */
static void DecodeRange(const uint8_t *cdb, uint8_t length, BLK_COMMAND *command)
{
    if (length == 10) {
        command->Lba = ScsiGet32(cdb + 2);
        command->Blocks = ScsiGet16(cdb + 7);
    } else {
        command->Lba = ScsiGet64(cdb + 2);
        command->Blocks = ScsiGet32(cdb + 10);
    }
}

static void DecodeVerify(const uint8_t *cdb, uint8_t length, BLK_COMMAND *command)
{
    command->Operation = BlkOperationVerify;
    DecodeRange(cdb, length, command);
    /* A comparison with the initiator's data (BYTCHK) is optional in SBC-3 and not offered. */
    if ((cdb[1] & (CDB_PROTECT_MASK | CDB_BYTCHK_MASK | CDB_RELATIVE_ADDRESS)) != 0)
        Refuse(command, SENSE_INVALID_FIELD_IN_CDB);
}

static void DecodeStartStop(const uint8_t *cdb, BLK_COMMAND *command)
{
    /* Power conditions (upper half of byte 4) and ejecting need a drive that has them. */
    if ((cdb[4] & 0xF0) != 0 || (cdb[4] & CDB_LOEJ) != 0)
        Refuse(command, SENSE_INVALID_FIELD_IN_CDB);
    else
        command->Operation = (cdb[4] & CDB_START) != 0 ? BlkOperationNothing : BlkOperationFlush;
}

/* What nearly every CDB is: a good READ(10) or WRITE(10) without FUA. False: look closer. */
static bool DecodePlain(const uint8_t *cdb, uint8_t cdbLength, uint32_t dataBytes, uint8_t blockShift,
                        BLK_COMMAND *command)
{
    uint32_t blocks = ScsiGet16(cdb + 7);

    if ((cdb[0] | (SCSI_READ10 ^ SCSI_WRITE10)) != SCSI_WRITE10 || cdbLength < 10 ||
        ((cdb[1] & (CDB_PROTECT_MASK | CDB_FUA | CDB_RELATIVE_ADDRESS)) | (cdb[9] & CDB_CONTROL_NACA)) != 0 ||
        blocks == 0 || dataBytes != blocks << blockShift)
        return false;
    command->Lba = ScsiGet32(cdb + 2);
    command->Blocks = blocks;
    command->Operation = cdb[0] == SCSI_WRITE10 ? BlkOperationWrite : BlkOperationRead;
    command->Fua = false;
    command->Plain = true;
    return true;
}

static __attribute__((noinline)) void DecodeAny(const uint8_t *cdb, uint8_t cdbLength, uint32_t dataBytes,
                                                uint8_t blockShift, BLK_COMMAND *command)
{
    uint8_t length = CdbLength(cdb[0]);

    command->Lba = 0;
    command->Blocks = 0;
    command->Fua = false;
    command->Plain = false;
    switch (cdb[0]) {
    case SCSI_READ6:
    case SCSI_READ10:
    case SCSI_READ12:
    case SCSI_READ16:
        command->Operation = BlkOperationRead;
        DecodeTransfer(cdb, length, dataBytes, blockShift, command);
        break;
    case SCSI_WRITE6:
    case SCSI_WRITE10:
    case SCSI_WRITE12:
    case SCSI_WRITE16:
        command->Operation = BlkOperationWrite;
        DecodeTransfer(cdb, length, dataBytes, blockShift, command);
        break;
    case SCSI_VERIFY10:
    case SCSI_VERIFY16:
        DecodeVerify(cdb, length, command);
        break;
    case SCSI_SYNCHRONIZE_CACHE10:
    case SCSI_SYNCHRONIZE_CACHE16:
        command->Operation = BlkOperationFlush;
        DecodeRange(cdb, length, command);
        break;
    case SCSI_UNMAP:
        command->Operation = BlkOperationUnmap;
        break;
    case SCSI_START_STOP_UNIT:
        DecodeStartStop(cdb, command);
        break;
    case SCSI_TEST_UNIT_READY:
        command->Operation = BlkOperationNothing;
        break;
    case SCSI_INQUIRY:
    case SCSI_REQUEST_SENSE:
    case SCSI_MODE_SENSE6:
    case SCSI_MODE_SENSE10:
    case SCSI_READ_CAPACITY10:
    case SCSI_SERVICE_ACTION_IN16:
    case SCSI_REPORT_LUNS:
        command->Operation = BlkOperationRespond;
        break;
    default:
        Refuse(command, SENSE_INVALID_OPCODE);
        return;
    }
    if (cdbLength < length || (cdb[length - 1] & CDB_CONTROL_NACA) != 0)
        Refuse(command, SENSE_INVALID_FIELD_IN_CDB);
    command->Plain = command->Operation <= BlkOperationWrite && !command->Fua && command->Blocks != 0;
}

void BlkCommandDecode(const uint8_t *cdb, uint8_t cdbLength, uint32_t dataBytes, uint8_t blockShift,
                      BLK_COMMAND *command)
{
    if (!DecodePlain(cdb, cdbLength, dataBytes, blockShift, command))
        DecodeAny(cdb, cdbLength, dataBytes, blockShift, command);
}

void BlkCommandCheck(const BLK_DISK *disk, BLK_COMMAND *command)
{
    if (command->Operation > BlkOperationFlush)
        return;
    if (!BlkCommandInRange(disk, command))
        Refuse(command, SENSE_LBA_OUT_OF_RANGE);
    else if (command->Operation == BlkOperationWrite && disk->ReadOnly)
        Refuse(command, SENSE_WRITE_PROTECTED);
    else if (command->Operation == BlkOperationFlush) {
        if (!disk->CanFlush)
            command->Operation = BlkOperationNothing; /* VIRTIO 1.x: a device without FLUSH is writethrough */
    } else if (command->Blocks == 0)
        command->Operation = BlkOperationNothing;
}
