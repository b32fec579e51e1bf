/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* blk_pages OPERATION [PAGE]: the driver's answer in hexadecimal, for other people's decoders (sg3_judge.py).
   OPERATION: inquiry; vpd PAGE; sense KEY-ASC-ASCQ (one hexadecimal number). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "respond.h"

static int print(const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        printf("%02x%c", bytes[i], i % 16 == 15 || i + 1 == count ? '\n' : ' ');
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const uint8_t id[20] = "ABCDEFGHIJ0123456789";
    unsigned long number = argc > 2 ? strtoul(argv[2], NULL, 16) : 0;
    uint8_t cdb[16] = {0x12, 0, (uint8_t)number, 0, 96}, sense[18];
    BLK_RESPONSE response;
    BLK_DISK disk;

    memset(&disk, 0, sizeof(disk));
    disk.Blocks = 1000;
    disk.Sectors = 8000;
    disk.BlockBytes = 4096;
    disk.BlockShift = 12;
    disk.SectorShift = 3;
    disk.CanFlush = disk.WriteCache = true;
    disk.CanUnmap = true;
    disk.UnmapSectorsMax = 0x8000;
    disk.UnmapSegmentsMax = 14;
    disk.UnmapAlignmentSectors = 64;
    BlkDiskSetSerial(&disk, id);
    if (argc > 2 && strcmp(argv[1], "sense") == 0) {
        return print(sense, BlkBuildSense((uint32_t)number, sense, sizeof(sense)));
    }
    if (argc > 1 && (strcmp(argv[1], "inquiry") == 0 || strcmp(argv[1], "vpd") == 0)) {
        cdb[1] = argv[1][0] == 'v';
        cdb[2] = cdb[1] != 0 ? (uint8_t)number : 0;
        if (BlkRespond(&disk, cdb, 0, 1 << 20, &response) == 0) {
            return print(response.Data, response.Length);
        }
    }
    fprintf(stderr, "usage: blk_pages inquiry | vpd PAGE | sense KKAAQQ\n");
    return 2;
}
