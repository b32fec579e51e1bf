/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pe/pe_image.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Sizes of the structures in the file. */
enum { FILE_HEADER = 20, SECTION_HEADER = 40, OPTIONAL_32 = 96, OPTIONAL_64 = 112, DIRECTORY = 8 };

uint16_t pe_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t pe_u32(const uint8_t *at)
{
    return (uint32_t)pe_u16(at) | (uint32_t)pe_u16(at + 2) << 16;
}

uint64_t pe_u64(const uint8_t *at)
{
    return (uint64_t)pe_u32(at) | (uint64_t)pe_u32(at + 4) << 32;
}

static bool within(size_t total, size_t offset, size_t size)
{
    return offset <= total && size <= total - offset;
}

static void read_optional(struct pe_image *image)
{
    const uint8_t *at = image->data + image->optional_offset;

    image->entry = pe_u32(at + 16);
    image->base = image->plus ? pe_u64(at + 24) : pe_u32(at + 28);
    image->section_alignment = pe_u32(at + 32);
    image->os_version[0] = pe_u16(at + 40);
    image->os_version[1] = pe_u16(at + 42);
    image->subsystem_version[0] = pe_u16(at + 48);
    image->subsystem_version[1] = pe_u16(at + 50);
    image->image_size = pe_u32(at + 56);
    image->checksum = pe_u32(at + 64);
    image->checksum_offset = image->optional_offset + 64;
    image->subsystem = pe_u16(at + 68);
    image->dll_characteristics = pe_u16(at + 70);
}

static const char *read_directories(struct pe_image *image, size_t optional_size)
{
    size_t fixed = image->plus ? OPTIONAL_64 : OPTIONAL_32;

    image->directory_count = pe_u32(image->data + image->optional_offset + fixed - 4);
    image->directory_offset = image->optional_offset + fixed;
    if (image->directory_count > PE_DIRECTORIES || optional_size < fixed + image->directory_count * DIRECTORY) {
        return "its data directories do not fit into the optional header";
    }
    for (uint32_t i = 0; i < image->directory_count; ++i) {
        const uint8_t *at = image->data + image->directory_offset + i * DIRECTORY;

        image->directories[i] = (struct pe_range){.address = pe_u32(at), .size = pe_u32(at + 4)};
    }
    return NULL;
}

static const char *read_sections(struct pe_image *image, size_t offset)
{
    image->sections = xcalloc(image->section_count, sizeof(*image->sections));
    for (size_t i = 0; i < image->section_count; ++i) {
        struct pe_section *section = &image->sections[i];
        const uint8_t *at = image->data + offset + i * SECTION_HEADER;

        memcpy(section->name, at, 8);
        section->virtual_size = pe_u32(at + 8);
        section->address = pe_u32(at + 12);
        section->raw_size = pe_u32(at + 16);
        section->offset = pe_u32(at + 20);
        section->characteristics = pe_u32(at + 36);
        section->header_offset = offset + i * SECTION_HEADER;
        if (!within(image->size, section->offset, section->raw_size)) {
            return "a section lies outside the file";
        }
        if (!within(image->image_size, section->address, section->virtual_size)) {
            return "a section lies outside the image";
        }
    }
    return NULL;
}

static const char *parse(struct pe_image *image)
{
    size_t optional_size;
    const char *fault;
    uint16_t magic;

    if (image->size < 0x40 || memcmp(image->data, "MZ", 2) != 0) {
        return "it does not begin with an MZ header";
    }
    image->header_offset = pe_u32(image->data + 0x3C);
    if (!within(image->size, image->header_offset, 4 + FILE_HEADER) ||
        memcmp(image->data + image->header_offset, "PE\0", 4) != 0) {
        return "it has no PE header";
    }
    image->machine = pe_u16(image->data + image->header_offset + 4);
    image->section_count = pe_u16(image->data + image->header_offset + 6);
    image->time_stamp = pe_u32(image->data + image->header_offset + 8);
    optional_size = pe_u16(image->data + image->header_offset + 20);
    image->characteristics = pe_u16(image->data + image->header_offset + 22);
    image->optional_offset = image->header_offset + 4 + FILE_HEADER;
    if (!within(image->size, image->optional_offset, optional_size + image->section_count * SECTION_HEADER) ||
        optional_size < OPTIONAL_32) {
        return "its headers do not fit into the file";
    }
    magic = pe_u16(image->data + image->optional_offset);
    image->plus = magic == 0x20B;
    if ((!image->plus && magic != 0x10B) || (image->plus && optional_size < OPTIONAL_64)) {
        return "its optional header is of no known kind";
    }
    read_optional(image);
    fault = read_directories(image, optional_size);
    return fault != NULL ? fault : read_sections(image, image->optional_offset + optional_size);
}

const char *pe_parse(const void *data, size_t size, struct pe_image *image)
{
    const char *fault;

    *image = (struct pe_image){.data = data, .size = size};
    fault = parse(image);
    if (fault != NULL) {
        pe_free(image);
    }
    return fault;
}

void pe_free(struct pe_image *image)
{
    free(image->sections);
    *image = (struct pe_image){0};
}

const struct pe_section *pe_section_of(const struct pe_image *image, uint32_t address)
{
    for (size_t i = 0; i < image->section_count; ++i) {
        const struct pe_section *section = &image->sections[i];

        if (address >= section->address && address - section->address < section->virtual_size) {
            return section;
        }
    }
    return NULL;
}

const uint8_t *pe_at(const struct pe_image *image, uint32_t address, uint32_t size)
{
    const struct pe_section *section = pe_section_of(image, address);

    if (section == NULL || !within(section->raw_size, address - section->address, size)) {
        return NULL;
    }
    return image->data + section->offset + (address - section->address);
}

const char *pe_string(const struct pe_image *image, uint32_t address)
{
    const struct pe_section *section = pe_section_of(image, address);
    const uint8_t *at = pe_at(image, address, 1);
    size_t left;

    if (at == NULL) {
        return NULL;
    }
    left = section->raw_size - (address - section->address);
    return memchr(at, 0, left) != NULL ? (const char *)at : NULL;
}

/*
 * The sum of all 16-bit words with carry, the field itself taken as zero, plus the size of the file
 * (MapFileAndCheckSum, ImageHlp documentation). By bytes, because a header at an odd offset puts the field across words.
 */
uint32_t pe_checksum(const struct pe_image *image)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < image->size; ++i) {
        if (i < image->checksum_offset || i >= image->checksum_offset + 4) {
            sum += (uint32_t)image->data[i] << (i % 2 == 0 ? 0 : 8);
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
    }
    return (sum & 0xFFFF) + (sum >> 16) + (uint32_t)image->size;
}
