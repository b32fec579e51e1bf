/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* "El Torito" Bootable CD-ROM Format Specification, version 1.0; UEFI specification, 13.3.2.1 for platform 0xEF. */
#include "media/iso_image.h"

#include <string.h>

#define ENTRY_SIZE 32U
#define BOOTABLE 0x88
#define SECTION 0x90
#define LAST_SECTION 0x91

enum status iso_boot_write_descriptor(struct iso_image *image)
{
    uint8_t *at;
    enum status status = iso_next_sector(image, &at);

    memcpy(at + 1, "CD001\1", 6);
    memcpy(at + 7, "EL TORITO SPECIFICATION", 23);
    iso_put_little(at + 71, 4, image->catalog_sector);
    return status;
}

static void put_entry(const struct iso_image *image, size_t index, uint8_t *at)
{
    const struct iso_boot_image *boot = &image->boot->images[index];

    at[0] = BOOTABLE;
    iso_put_little(at + 2, 2, boot->segment);
    iso_put_little(at + 6, 2, boot->sectors);
    iso_put_little(at + 8, 4, image->boot_sector[index]);
}

/* El Torito, 2.1: the sum of the entry's 16-bit words is 0. */
static void put_validation(uint8_t *at, uint8_t platform)
{
    uint16_t sum = 0;

    at[0] = 1;
    at[1] = platform;
    memcpy(at + 4, "AEROW7", 6);
    at[30] = 0x55;
    at[31] = 0xAA;
    for (unsigned i = 0; i < ENTRY_SIZE; i += 2) {
        sum = (uint16_t)(sum + (at[i] | at[i + 1] << 8));
    }
    iso_put_little(at + 28, 2, (uint16_t)-sum);
}

static enum status write_catalog(struct iso_image *image)
{
    const struct iso_boot *boot = image->boot;
    uint8_t *at;
    enum status status = iso_next_sector(image, &at);

    put_validation(at, boot->images[0].platform);
    put_entry(image, 0, at + ENTRY_SIZE);
    at += 2 * ENTRY_SIZE;
    for (size_t i = 1; i < boot->count; ++i, at += 2 * ENTRY_SIZE) {
        at[0] = i + 1 == boot->count ? LAST_SECTION : SECTION;
        at[1] = boot->images[i].platform;
        iso_put_little(at + 2, 2, 1);
        put_entry(image, i, at + ENTRY_SIZE);
    }
    return status;
}

enum status iso_boot_write(struct iso_image *image)
{
    enum status status = write_catalog(image);

    for (size_t i = 0; i < image->boot->count && status == STATUS_DONE; ++i) {
        status = iso_write_sectors(image, image->boot->images[i].content.data, image->boot->images[i].content.size);
    }
    return status;
}
