/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/iso_descriptors.h"

#include "media/media_name.h"

#include <string.h>

#define LABEL_OFFSET 40U
#define LABEL_SIZE 32U
#define ESCAPE_OFFSET 88U
#define BLOCK_SIZE_OFFSET 128U
#define ROOT_OFFSET 156U

/* Joliet specification, "SVD Escape Sequences": UCS-2 levels 1, 2 and 3. */
static bool is_joliet(const uint8_t *sector)
{
    const uint8_t *at = sector + ESCAPE_OFFSET;

    return sector[6] == 1 && at[0] == '%' && at[1] == '/' && (at[2] == '@' || at[2] == 'C' || at[2] == 'E');
}

static void trim(char *label)
{
    size_t length = strlen(label);

    while (length > 0 && label[length - 1] == ' ') {
        label[--length] = 0;
    }
}

static void take_primary(struct iso_descriptors *out, const uint8_t *sector)
{
    /* ECMA-119, 6.7.1.1: more than one primary descriptor would be the same again. */
    if (out->primary) {
        return;
    }
    out->primary = true;
    out->block_size = sector[BLOCK_SIZE_OFFSET] | (uint32_t)sector[BLOCK_SIZE_OFFSET + 1] << 8;
    memcpy(out->primary_root, sector + ROOT_OFFSET, ISO_ROOT_RECORD_SIZE);
    for (size_t i = 0; i < LABEL_SIZE; ++i) {
        uint8_t value = sector[LABEL_OFFSET + i];

        out->primary_label[i] = (char)(value >= ' ' && value <= '~' ? value : value == 0 ? ' ' : '?');
    }
    trim(out->primary_label);
}

static void take_joliet(struct iso_descriptors *out, const uint8_t *sector)
{
    uint16_t units[LABEL_SIZE / 2];

    out->joliet = true;
    memcpy(out->joliet_root, sector + ROOT_OFFSET, ISO_ROOT_RECORD_SIZE);
    for (size_t i = 0; i < LABEL_SIZE / 2; ++i) {
        units[i] = (uint16_t)(sector[LABEL_OFFSET + 2 * i] << 8 | sector[LABEL_OFFSET + 2 * i + 1]);
        if (units[i] < ' ') {
            units[i] = units[i] == 0 ? ' ' : '?';
        }
    }
    utf8_from_utf16(units, LABEL_SIZE / 2, out->joliet_label);
    trim(out->joliet_label);
}

bool iso_descriptor_take(struct iso_descriptors *out, const uint8_t sector[ISO_DESCRIPTOR_SIZE])
{
    const char *identifier = (const char *)sector + 1;

    if (memcmp(identifier, "CD001", 5) == 0) {
        if (sector[0] == 1) {
            take_primary(out, sector);
        } else if (sector[0] == 2 && is_joliet(sector)) {
            take_joliet(out, sector);
        } else if (sector[0] == 2 && sector[6] == 2) {
            out->enhanced = true;
            memcpy(out->enhanced_root, sector + ROOT_OFFSET, ISO_ROOT_RECORD_SIZE);
        }
        /* The terminator ends ISO 9660's descriptors; UDF's follow (UDF 2.60, 2.1.7). */
        return true;
    }
    if (memcmp(identifier, "NSR02", 5) == 0 || memcmp(identifier, "NSR03", 5) == 0) {
        out->udf = true;
    }
    return memcmp(identifier, "BEA01", 5) == 0 || memcmp(identifier, "NSR0", 4) == 0 ||
           memcmp(identifier, "BOOT2", 5) == 0;
}
