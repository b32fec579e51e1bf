/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Any CDB with any data on any disk: the decoder, the check, the answers and the UNMAP list never read or write beyond
 * what they were given, never accept what the disk cannot do, and never refuse without saying why.
 * Input: features and configuration, serial number, state, CDB, lengths, parameter list.
 */
#include "fuzz.h"

#include "command.h"
#include "respond.h"
#include "scsi.h"
#include "unmap.h"
#include "virtio_io.h"

static struct fuzz_input input;

void VirtioReadBarrier(void)
{
}

void VirtioWriteBarrier(void)
{
}

void VirtioFullBarrier(void)
{
}

static void fill(void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ((uint8_t *)bytes)[i] = fuzz_byte(&input);
    }
}

/* Allocated exactly, so that the sanitizer sees a step beyond. */
static uint8_t *exact(size_t count)
{
    uint8_t *bytes = malloc(count);

    FUZZ_CHECK(bytes != NULL || count == 0);
    return bytes;
}

static bool make_disk(BLK_DISK *disk)
{
    static const uint32_t blocks[] = {512, 1024, 2048, 4096};
    uint64_t features = fuzz_word(&input, 4);
    BLK_DISK before;
    BLK_DISK_RESULT result;
    VIRTIO_BLK_CONFIG config;

    fill(&config, sizeof(config));
    if (fuzz_byte(&input) != 0) {
        config.BlkSize = blocks[fuzz_byte(&input) & 3];
        config.Capacity &= UINT64_MAX >> (9 + (fuzz_byte(&input) & 31));
        config.SizeMax |= 512;
    }
    memset(disk, 0, sizeof(*disk));
    BlkDiskSetPlace(disk, fuzz_byte(&input), fuzz_word(&input, 4));
    before = *disk;
    result = BlkDiskUpdate(disk, features, &config);
    if (result != BlkDiskOk) {
        FUZZ_CHECK(memcmp(&before, disk, sizeof(before)) == 0);
        return false;
    }
    FUZZ_CHECK(disk->BlockBytes >= 512 && disk->BlockBytes <= 4096 && disk->BlockBytes == 1u << disk->BlockShift);
    FUZZ_CHECK(disk->Blocks != 0 && disk->Blocks == disk->Sectors >> disk->SectorShift);
    FUZZ_CHECK(disk->Sectors == config.Capacity && disk->Sectors >> 55 == 0);
    FUZZ_CHECK(!disk->WriteCache || disk->CanFlush);
    FUZZ_CHECK(!disk->CanUnmap || (disk->UnmapSectorsMax >= disk->BlockBytes / 512 && disk->UnmapSegmentsMax != 0));
    FUZZ_CHECK(disk->UnmapSegmentsMax <= BLK_MAX_UNMAP_SEGMENTS);
    return true;
}

static void set_serial(BLK_DISK *disk)
{
    uint8_t *id = exact(VIRTIO_BLK_ID_LENGTH);

    fill(id, VIRTIO_BLK_ID_LENGTH);
    BlkDiskSetSerial(disk, (fuzz_byte(&input) & 1) != 0 ? NULL : id);
    free(id);
    FUZZ_CHECK(disk->SerialKnown && disk->SerialLength != 0 && disk->SerialLength <= VIRTIO_BLK_ID_LENGTH);
    for (uint8_t i = 0; i < disk->SerialLength; i++) {
        FUZZ_CHECK(disk->Serial[i] >= 0x20 && disk->Serial[i] < 0x7F);
    }
}

static void check_sense(uint32_t sense)
{
    FUZZ_CHECK(sense >> 16 == 5 || sense == SENSE_WRITE_PROTECTED);
    FUZZ_CHECK((sense & 0xFFFF) != 0);
}

static BLK_COMMAND decode(const BLK_DISK *disk, const uint8_t *cdb, uint8_t length, uint32_t bytes)
{
    BLK_COMMAND command, again;

    memset(&command, 0xEE, sizeof(command));
    BlkCommandDecode(cdb, length, bytes, disk->BlockShift, &command);
    FUZZ_CHECK(command.Operation <= BlkOperationRefuse && command.Operation != BlkOperationGetId);
    FUZZ_CHECK(!command.Plain || (command.Operation <= BlkOperationWrite && command.Blocks != 0 && !command.Fua));
    if (command.Operation == BlkOperationRefuse) {
        check_sense(command.Sense);
    } else if (command.Operation <= BlkOperationWrite) {
        FUZZ_CHECK((uint64_t)command.Blocks << disk->BlockShift == bytes);
        FUZZ_CHECK(command.Plain == (command.Blocks != 0 && !command.Fua));
    }
    /* The bytes behind the command's own do not count. */
    if (command.Operation != BlkOperationRefuse) {
        BlkCommandDecode(cdb, 16, bytes, disk->BlockShift, &again);
        FUZZ_CHECK(again.Operation == command.Operation && again.Lba == command.Lba && again.Blocks == command.Blocks);
    }
    return command;
}

static void check(const BLK_DISK *disk, BLK_COMMAND *command)
{
    BLK_COMMAND before = *command;

    BlkCommandCheck(disk, command);
    if (command->Operation == BlkOperationRefuse) {
        check_sense(command->Sense);
        return;
    }
    FUZZ_CHECK(command->Operation == before.Operation || command->Operation == BlkOperationNothing);
    FUZZ_CHECK(command->Lba == before.Lba && command->Blocks == before.Blocks && command->Fua == before.Fua);
    if (command->Operation <= BlkOperationFlush) {
        FUZZ_CHECK(command->Lba <= disk->Blocks && command->Blocks <= disk->Blocks - command->Lba);
        FUZZ_CHECK(command->Operation != BlkOperationWrite || !disk->ReadOnly);
        FUZZ_CHECK(command->Operation == BlkOperationFlush ? disk->CanFlush : command->Blocks != 0);
    }
}

static void respond(BLK_DISK *disk, const uint8_t *cdb, uint8_t lun, uint32_t transfer)
{
    BLK_RESPONSE *response = (BLK_RESPONSE *)(void *)exact(sizeof(*response));
    BLK_DISK before = *disk;
    uint32_t sense = BlkRespond(disk, cdb, lun, transfer, response);

    if (sense != SENSE_NONE) {
        check_sense(sense);
        FUZZ_CHECK(memcmp(&before, disk, sizeof(before)) == 0);
    } else {
        FUZZ_CHECK(response->Length != 0 && response->Length <= BLK_RESPONSE_BYTES);
        for (uint32_t i = 0, sum = 0; i < response->Length; i++) {
            sum += response->Data[i];
            FUZZ_CHECK(i + 1 < response->Length || sum <= 255 * BLK_RESPONSE_BYTES); /* reads all of it */
        }
        FUZZ_CHECK(cdb[0] == SCSI_REQUEST_SENSE || memcmp(&before, disk, sizeof(before)) == 0);
        FUZZ_CHECK(cdb[0] != SCSI_REQUEST_SENSE || disk->LastSense == SENSE_NONE);
    }
    free(response);
}

static void unmap(const BLK_DISK *disk, const uint8_t *cdb, uint32_t bytes)
{
    uint8_t *list = exact(bytes);
    VIRTIO_BLK_SEGMENT *segments = (VIRTIO_BLK_SEGMENT *)(void *)exact(BLK_MAX_UNMAP_SEGMENTS * sizeof(*segments));
    uint32_t count = 0xEEEEEEEE, sense;

    fill(list, bytes);
    sense = BlkParseUnmap(disk, cdb, list, bytes, segments, &count);
    if (sense != SENSE_NONE) {
        check_sense(sense);
    } else {
        FUZZ_CHECK(disk->CanUnmap && !disk->ReadOnly && count <= disk->UnmapSegmentsMax);
        for (uint32_t i = 0; i < count; i++) {
            FUZZ_CHECK(segments[i].Flags == 0);
            FUZZ_CHECK(segments[i].NumSectors != 0 && segments[i].NumSectors <= disk->UnmapSectorsMax);
            FUZZ_CHECK(segments[i].Sector < disk->Sectors);
            FUZZ_CHECK(segments[i].NumSectors <= disk->Sectors - segments[i].Sector);
            FUZZ_CHECK((segments[i].Sector | segments[i].NumSectors) % (disk->BlockBytes / 512) == 0);
        }
    }
    free(segments);
    free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t cdb[16], length, lun;
    uint32_t bytes, transfer;
    BLK_COMMAND command;
    BLK_DISK disk;

    input = (struct fuzz_input){data, size};
    if (!make_disk(&disk)) {
        return 0;
    }
    if ((fuzz_byte(&input) & 1) != 0) {
        set_serial(&disk);
    }
    if ((fuzz_byte(&input) & 1) != 0) {
        disk.PendingAttention = SENSE_CAPACITY_CHANGED;
        disk.LastSense = SENSE_MEDIUM_READ;
    }
    transfer = fuzz_word(&input, 4);
    lun = fuzz_byte(&input) & 1;
    while (input.left != 0) {
        fill(cdb, sizeof(cdb));
        length = fuzz_byte(&input) % 17;
        bytes = fuzz_word(&input, 3);
        bytes = (bytes & 1) != 0 ? bytes >> 1 : bytes / 2 << disk.BlockShift;
        command = decode(&disk, cdb, length, bytes);
        check(&disk, &command);
        if (command.Operation == BlkOperationRespond) {
            respond(&disk, cdb, lun, transfer);
        } else if (command.Operation == BlkOperationUnmap) {
            unmap(&disk, cdb, bytes & 0x1FF);
        }
    }
    return 0;
}
