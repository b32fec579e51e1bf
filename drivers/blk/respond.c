/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "respond.h"

#include "scsi.h"

#define VPD_SUPPORTED_PAGES 0x00
#define VPD_SERIAL_NUMBER 0x80
#define VPD_DEVICE_IDENTIFICATION 0x83
#define VPD_BLOCK_LIMITS 0xB0
#define VPD_BLOCK_CHARACTERISTICS 0xB1
#define VPD_PROVISIONING 0xB2

#define MODE_PAGE_CACHING 0x08
#define MODE_PAGE_ALL 0x3F
#define MODE_PARAMETER_WP 0x80u
#define MODE_PARAMETER_DPOFUA 0x10u

/* Standard inquiry bytes 8 to 35: vendor, product, revision. */
static const uint8_t Identity[28] = "AERO    VIRTIO-BLK      0001";

static void Put(BLK_RESPONSE *response, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        response->Data[response->Length++] = bytes[i];
}

static void Fill(BLK_RESPONSE *response, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        response->Data[i] = 0;
    response->Length = length;
}

static uint32_t InquiryStandard(uint8_t lun, BLK_RESPONSE *response)
{
    Fill(response, 8);
    /* SPC-3 6.4.2: qualifier 3, type 1Fh: no logical unit can be at this number. */
    response->Data[0] = lun == 0 ? 0x00 : 0x7F;
    response->Data[2] = 5;                        /* SPC-3 */
    response->Data[3] = 2;                        /* response data format */
    response->Data[4] = 8 + sizeof(Identity) - 5; /* additional length */
    response->Data[7] = 0x02;                     /* CMDQUE */
    Put(response, Identity, sizeof(Identity));
    return SENSE_NONE;
}

static void VpdSupportedPages(const BLK_DISK *disk, BLK_RESPONSE *response)
{
    static const uint8_t pages[] = {VPD_SUPPORTED_PAGES, VPD_SERIAL_NUMBER,         VPD_DEVICE_IDENTIFICATION,
                                    VPD_BLOCK_LIMITS,    VPD_BLOCK_CHARACTERISTICS, VPD_PROVISIONING};

    Put(response, pages, disk->CanUnmap ? sizeof(pages) : sizeof(pages) - 1);
}

/* SPC-3 7.6.3: one designator, "T10 vendor ID based": vendor, product and serial number. It stays what it is for as
 * long as the host gives the disk the same serial number. */
static void VpdDeviceIdentification(const BLK_DISK *disk, BLK_RESPONSE *response)
{
    uint8_t head[4] = {0x02 /* ASCII */, 0x01 /* T10 vendor ID, logical unit */, 0, (uint8_t)(24 + disk->SerialLength)};

    Put(response, head, sizeof(head));
    Put(response, Identity, 24);
    Put(response, disk->Serial, disk->SerialLength);
}

/* SBC-3 6.5.3. */
static void VpdBlockLimits(const BLK_DISK *disk, uint32_t maxTransferBytes, BLK_RESPONSE *response)
{
    uint8_t *page = response->Data;

    Fill(response, 64);
    ScsiPut32(page + 8, maxTransferBytes >> disk->BlockShift);
    if (disk->CanUnmap) {
        /* As many blocks as one segment takes: more would depend on how the initiator cuts its ranges into
         * descriptors, which the page has no way to say. */
        ScsiPut32(page + 20, disk->UnmapSectorsMax >> disk->SectorShift);
        ScsiPut32(page + 24, disk->UnmapSegmentsMax);
        ScsiPut32(page + 28, disk->UnmapAlignmentSectors >> disk->SectorShift);
    }
}

static uint32_t InquiryVpd(const BLK_DISK *disk, uint8_t page, uint32_t maxTransferBytes, BLK_RESPONSE *response)
{
    Fill(response, 4);
    switch (page) {
    case VPD_SUPPORTED_PAGES:
        VpdSupportedPages(disk, response);
        break;
    case VPD_SERIAL_NUMBER:
        Put(response, disk->Serial, disk->SerialLength);
        break;
    case VPD_DEVICE_IDENTIFICATION:
        VpdDeviceIdentification(disk, response);
        break;
    case VPD_BLOCK_LIMITS:
        VpdBlockLimits(disk, maxTransferBytes, response);
        break;
    case VPD_BLOCK_CHARACTERISTICS:
        Fill(response, 64); /* SBC-3 6.5.2: medium rotation rate 0, not reported: virtio does not tell */
        break;
    case VPD_PROVISIONING:
        if (!disk->CanUnmap)
            return SENSE_INVALID_FIELD_IN_CDB;
        Fill(response, 8);
        response->Data[5] = 0x80; /* LBPU: the UNMAP command */
        response->Data[6] = 0x02; /* thin provisioned */
        break;
    default:
        return SENSE_INVALID_FIELD_IN_CDB;
    }
    response->Data[1] = page;
    ScsiPut16(response->Data + 2, response->Length - 4);
    return SENSE_NONE;
}

static uint32_t Inquiry(const BLK_DISK *disk, const uint8_t *cdb, uint8_t lun, uint32_t maxTransferBytes,
                        BLK_RESPONSE *response)
{
    response->Allocation = ScsiGet16(cdb + 3);
    if ((cdb[1] & 0xFE) != 0)
        return SENSE_INVALID_FIELD_IN_CDB; /* CMDDT is obsolete, the rest reserved */
    if ((cdb[1] & 1) == 0)
        return cdb[2] == 0 ? InquiryStandard(lun, response) : SENSE_INVALID_FIELD_IN_CDB;
    if (lun != 0)
        return SENSE_LUN_NOT_SUPPORTED;
    return InquiryVpd(disk, cdb[2], maxTransferBytes, response);
}

/* SPC-3 7.4 mode parameters: header, block descriptor unless DBD, caching page (SBC-3 6.4.5). */
static uint32_t ModeSense(const BLK_DISK *disk, const uint8_t *cdb, bool ten, BLK_RESPONSE *response)
{
    uint8_t page = cdb[2] & 0x3F, control = cdb[2] >> 6;
    bool descriptor = (cdb[1] & 0x08) == 0;
    uint8_t flags = (uint8_t)((disk->ReadOnly ? MODE_PARAMETER_WP : 0) | MODE_PARAMETER_DPOFUA);
    uint32_t header = ten ? 8 : 4, at;

    response->Allocation = ten ? ScsiGet16(cdb + 7) : cdb[4];
    if (control == 3)
        return SENSE_SAVING_NOT_SUPPORTED;
    if ((page != MODE_PAGE_CACHING && page != MODE_PAGE_ALL) ||
        (cdb[3] != 0 && !(page == MODE_PAGE_ALL && cdb[3] == 0xFF)))
        return SENSE_INVALID_FIELD_IN_CDB;

    at = header + (descriptor ? 8 : 0);
    Fill(response, at + 20);
    if (ten) {
        ScsiPut16(response->Data, response->Length - 2);
        response->Data[3] = flags;
        response->Data[7] = descriptor ? 8 : 0;
    } else {
        response->Data[0] = (uint8_t)(response->Length - 1);
        response->Data[2] = flags;
        response->Data[3] = descriptor ? 8 : 0;
    }
    if (descriptor) {
        ScsiPut32(response->Data + header, disk->Blocks < 0xFFFFFFFF ? (uint32_t)disk->Blocks : 0xFFFFFFFF);
        ScsiPut32(response->Data + header + 4, disk->BlockBytes); /* top byte reserved: at most 4096 */
    }
    response->Data[at] = MODE_PAGE_CACHING;
    response->Data[at + 1] = 18;
    if (control != 1)                                            /* nothing is changeable */
        response->Data[at + 2] = disk->WriteCache ? 0x04 : 0x00; /* WCE */
    return SENSE_NONE;
}

static uint32_t ReadCapacity10(const BLK_DISK *disk, const uint8_t *cdb, BLK_RESPONSE *response)
{
    uint64_t last = disk->Blocks - 1;

    response->Allocation = 8;
    if ((cdb[8] & 1) != 0 || ScsiGet32(cdb + 2) != 0)
        return SENSE_INVALID_FIELD_IN_CDB;
    Fill(response, 8);
    /* SBC-3 5.12: all ones sends the initiator to READ CAPACITY(16). */
    ScsiPut32(response->Data, last < 0xFFFFFFFF ? (uint32_t)last : 0xFFFFFFFF);
    ScsiPut32(response->Data + 4, disk->BlockBytes);
    return SENSE_NONE;
}

static uint32_t ReadCapacity16(const BLK_DISK *disk, const uint8_t *cdb, BLK_RESPONSE *response)
{
    uint32_t aligned = disk->AlignmentOffset;

    response->Allocation = ScsiGet32(cdb + 10);
    if ((cdb[1] & 0x1F) != SCSI_SERVICE_READ_CAPACITY16 || (cdb[14] & 1) != 0 || ScsiGet64(cdb + 2) != 0)
        return SENSE_INVALID_FIELD_IN_CDB;
    Fill(response, 32);
    ScsiPut64(response->Data, disk->Blocks - 1);
    ScsiPut32(response->Data + 8, disk->BlockBytes);
    response->Data[13] = disk->PhysicalExponent;
    ScsiPut16(response->Data + 14, aligned);
    if (disk->CanUnmap)
        response->Data[14] |= 0x80; /* LBPME */
    return SENSE_NONE;
}

static uint32_t ReportLuns(const uint8_t *cdb, BLK_RESPONSE *response)
{
    response->Allocation = ScsiGet32(cdb + 6);
    if (cdb[2] > 2 || response->Allocation < 16)
        return SENSE_INVALID_FIELD_IN_CDB;
    Fill(response, 16);
    if (cdb[2] == 1)
        response->Length = 8; /* well known logical units only: there is none */
    else
        ScsiPut32(response->Data, 8);
    return SENSE_NONE;
}

static uint32_t RequestSense(BLK_DISK *disk, const uint8_t *cdb, BLK_RESPONSE *response)
{
    uint32_t sense = disk->LastSense;

    response->Allocation = cdb[4];
    if ((cdb[1] & 1) != 0)
        return SENSE_INVALID_FIELD_IN_CDB; /* descriptor format is not offered */
    if (sense == SENSE_NONE) {
        sense = disk->PendingAttention;
        disk->PendingAttention = SENSE_NONE;
    }
    disk->LastSense = SENSE_NONE;
    response->Length = BlkBuildSense(sense, response->Data, BLK_RESPONSE_BYTES);
    return SENSE_NONE;
}

uint32_t BlkRespond(BLK_DISK *disk, const uint8_t *cdb, uint8_t lun, uint32_t maxTransferBytes, BLK_RESPONSE *response)
{
    response->Length = 0;
    response->Allocation = 0;
    switch (cdb[0]) {
    case SCSI_INQUIRY:
        return Inquiry(disk, cdb, lun, maxTransferBytes, response);
    case SCSI_REQUEST_SENSE:
        return RequestSense(disk, cdb, response);
    case SCSI_MODE_SENSE6:
        return ModeSense(disk, cdb, false, response);
    case SCSI_MODE_SENSE10:
        return ModeSense(disk, cdb, true, response);
    case SCSI_READ_CAPACITY10:
        return ReadCapacity10(disk, cdb, response);
    case SCSI_SERVICE_ACTION_IN16:
        return ReadCapacity16(disk, cdb, response);
    case SCSI_REPORT_LUNS:
        return ReportLuns(cdb, response);
    default:
        return SENSE_INVALID_OPCODE;
    }
}

bool BlkRespondNeedsSerial(const uint8_t *cdb)
{
    return cdb[0] == SCSI_INQUIRY && cdb[1] == 1 &&
           (cdb[2] == VPD_SERIAL_NUMBER || cdb[2] == VPD_DEVICE_IDENTIFICATION);
}

uint32_t BlkBuildSense(uint32_t sense, uint8_t *at, uint32_t length)
{
    uint32_t count = length < SENSE_FIXED_BYTES ? length : SENSE_FIXED_BYTES;
    uint8_t data[SENSE_FIXED_BYTES] = {0};

    data[0] = 0x70; /* current error */
    data[2] = (uint8_t)(sense >> 16);
    data[7] = SENSE_FIXED_BYTES - 8;
    data[12] = (uint8_t)(sense >> 8);
    data[13] = (uint8_t)sense;
    for (uint32_t i = 0; i < count; i++)
        at[i] = data[i];
    return count;
}
