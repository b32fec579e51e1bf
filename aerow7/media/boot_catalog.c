/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/boot_catalog.h"

#include "base/text.h"

#include <string.h>

#define SECTOR ISO_DESCRIPTOR_SIZE
#define ENTRY_SIZE 32U
#define IMAGE_LIMIT ((uint64_t)32 << 20)

static uint32_t little(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = bytes; i-- > 0;) {
        value = value << 8 | at[i];
    }
    return value;
}

static enum status malformed(const struct media *media, const char *reason)
{
    diag_error(media->place, "cannot be started from: %s", reason);
    return STATUS_BAD_INPUT;
}

/* The boot record is in sector 17 (El Torito, 2.0), but it is one volume descriptor of several. */
static enum status find_catalog(const struct media *media, uint32_t *sector)
{
    for (uint32_t i = 0; i < ISO_DESCRIPTOR_LIMIT; ++i) {
        uint8_t bytes[SECTOR];
        uint64_t offset = (uint64_t)(ISO_FIRST_DESCRIPTOR + i) * SECTOR;
        enum status status;

        if (offset + SECTOR > media->size) {
            break;
        }
        status = media_bytes(media, offset, bytes, sizeof(bytes));
        if (status != STATUS_DONE) {
            return status;
        }
        if (memcmp(bytes + 1, "CD001", 5) != 0 || bytes[0] == 255) {
            break;
        }
        if (bytes[0] == 0 && memcmp(bytes + 7, "EL TORITO SPECIFICATION", 23) == 0) {
            *sector = little(bytes + 71, 4);
            return STATUS_DONE;
        }
    }
    return malformed(media, "it has no boot record (El Torito)");
}

/*
 * A catalog says how much firmware loads at first, not how long the image is; Microsoft's UEFI images say 1. They are
 * FAT file systems, which know their own size.
 */
static uint64_t image_size(const struct media *media, uint64_t offset, uint32_t sectors)
{
    uint64_t size = (uint64_t)sectors * 512;
    uint64_t fat;
    uint8_t boot[512];

    if (offset + sizeof(boot) > media->size || media_bytes(media, offset, boot, sizeof(boot)) != STATUS_DONE ||
        little(boot + 510, 2) != 0xAA55 || little(boot + 11, 2) != 512 || little(boot + 14, 2) == 0) {
        return size;
    }
    fat = little(boot + 19, 2) != 0 ? little(boot + 19, 2) : little(boot + 32, 4);
    fat *= 512;
    return fat > size && fat <= IMAGE_LIMIT && fat <= media->size - offset ? fat : size;
}

static enum status add_image(const struct media *media, struct iso_boot *boot, uint8_t platform, const uint8_t *entry)
{
    uint64_t offset = (uint64_t)little(entry + 8, 4) * SECTOR;
    struct iso_boot_image *image = &boot->images[boot->count];
    uint64_t size;

    /* 0x00 is an entry that firmware passes over. */
    if (entry[0] != 0x88) {
        return STATUS_DONE;
    }
    if ((entry[1] & 0x0F) != 0) {
        return malformed(media, "its boot image stands for a floppy or hard disk, as no Windows 7 disc has it");
    }
    if (boot->count == ISO_BOOT_LIMIT) {
        return malformed(media, "its boot catalog has more than 8 images");
    }
    size = image_size(media, offset, little(entry + 6, 2));
    if (size == 0 || size > IMAGE_LIMIT || offset > media->size || size > media->size - offset) {
        return malformed(media, "its boot image is said to be beyond the end");
    }
    *image = (struct iso_boot_image){
        .platform = platform, .segment = (uint16_t)little(entry + 2, 2), .sectors = (uint16_t)little(entry + 6, 2)};
    image->content = (struct bytes){.data = xmalloc((size_t)size + 1), .size = (size_t)size};
    image->content.data[size] = 0;
    ++boot->count;
    return media_bytes(media, offset, image->content.data, (size_t)size);
}

static bool is_valid(const uint8_t *catalog)
{
    uint16_t sum = 0;

    for (unsigned i = 0; i < ENTRY_SIZE; i += 2) {
        sum = (uint16_t)(sum + little(catalog + i, 2));
    }
    return catalog[0] == 1 && sum == 0 && catalog[30] == 0x55 && catalog[31] == 0xAA;
}

enum status boot_catalog_read(const struct media *media, struct iso_boot *boot)
{
    uint8_t catalog[SECTOR];
    uint32_t sector = 0;
    size_t at = 2 * ENTRY_SIZE;
    enum status status = find_catalog(media, &sector);

    if (status == STATUS_DONE && ((uint64_t)sector + 1) * SECTOR > media->size) {
        return malformed(media, "its boot catalog is said to be beyond the end");
    }
    if (status == STATUS_DONE) {
        status = media_bytes(media, (uint64_t)sector * SECTOR, catalog, sizeof(catalog));
    }
    if (status == STATUS_DONE && !is_valid(catalog)) {
        return malformed(media, "its boot catalog has a wrong checksum");
    }
    if (status == STATUS_DONE) {
        status = add_image(media, boot, catalog[1], catalog + ENTRY_SIZE);
    }
    /* Sections: a header with a platform and a number of entries, then those; 0x91 is the last. */
    while (status == STATUS_DONE && at < sizeof(catalog) && (catalog[at] == 0x90 || catalog[at] == 0x91)) {
        bool last = catalog[at] == 0x91;
        uint8_t platform = catalog[at + 1];
        uint32_t entries = little(catalog + at + 2, 2);

        at += ENTRY_SIZE;
        for (uint32_t i = 0; i < entries && status == STATUS_DONE; ++i, at += ENTRY_SIZE) {
            if (at + ENTRY_SIZE > sizeof(catalog)) {
                return malformed(media, "its boot catalog has no end");
            }
            status = add_image(media, boot, platform, catalog + at);
        }
        if (last) {
            break;
        }
    }
    if (status == STATUS_DONE && boot->count == 0) {
        status = malformed(media, "its boot catalog has no image");
    }
    return status;
}
