/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/file_version.h"

#include <string.h>

#define RESOURCE_VERSION 16U
#define SUBDIRECTORY 0x80000000U
#define FIXED_SIGNATURE 0xFEEF04BDU
#define FIXED_SIZE 52U
#define LEVELS 3 /* type, name, language */

/*
 * The offset that a resource directory has for `id`, or for its first entry when `any`; 0 when there is none. A
 * directory is 16 bytes and then 8 for each entry (PE Format, "The .rsrc Section").
 */
static uint32_t entry_of(const struct pe_image *image, struct pe_range range, uint32_t offset, bool any, uint32_t id)
{
    const uint8_t *directory = offset < range.size ? pe_at(image, range.address + offset, 16) : NULL;
    uint32_t count;

    if (directory == NULL) {
        return 0;
    }
    count = (uint32_t)pe_u16(directory + 12) + pe_u16(directory + 14);
    for (uint32_t i = 0; i < count; ++i) {
        const uint8_t *entry = pe_at(image, range.address + offset + 16 + 8 * i, 8);

        if (entry == NULL) {
            return 0;
        }
        if (any || pe_u32(entry) == id) {
            return pe_u32(entry + 4);
        }
    }
    return 0;
}

struct file_version file_version_of(const struct pe_image *image)
{
    struct file_version version = {0};
    struct pe_range range = image->directories[PE_DIRECTORY_RESOURCE];
    const uint8_t *entry;
    const uint8_t *data;
    uint32_t offset = 0;
    uint32_t size;

    for (int level = 0; level < LEVELS; ++level) {
        offset = entry_of(image, range, offset & ~SUBDIRECTORY, level > 0, RESOURCE_VERSION);
        if (offset == 0 || ((offset & SUBDIRECTORY) != 0) != (level < LEVELS - 1)) {
            return version;
        }
    }
    entry = offset < range.size ? pe_at(image, range.address + offset, 16) : NULL;
    size = entry != NULL ? pe_u32(entry + 4) : 0;
    data = entry != NULL ? pe_at(image, pe_u32(entry), size) : NULL;
    /* It follows the key "VS_VERSION_INFO" on a multiple of four. */
    for (uint32_t at = 0; data != NULL && size >= FIXED_SIZE && at <= size - FIXED_SIZE && at < 256; at += 4) {
        if (pe_u32(data + at) == FIXED_SIGNATURE) {
            version.present = true;
            for (uint32_t i = 0; i < 4; ++i) {
                version.part[i] = pe_u16(data + at + 8 + 4 * (i / 2) + (i % 2 == 0 ? 2 : 0));
            }
            break;
        }
    }
    return version;
}
