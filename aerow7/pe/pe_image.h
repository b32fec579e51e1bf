/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A PE image as a file, read only, after the "PE Format" page of Microsoft's documentation. Parsing checks every
 * header against the file's size; what it hands out lies within the file. Nothing is copied: the bytes must stay.
 */
#ifndef AEROW7_PE_IMAGE_H
#define AEROW7_PE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PE_MACHINE_X86 0x014Cu
#define PE_MACHINE_AMD64 0x8664u

enum pe_directory {
    PE_DIRECTORY_EXPORT = 0,
    PE_DIRECTORY_IMPORT = 1,
    PE_DIRECTORY_RESOURCE = 2,
    PE_DIRECTORY_EXCEPTION = 3,
    PE_DIRECTORY_SECURITY = 4, /* its "address" is a file offset */
    PE_DIRECTORY_RELOCATION = 5,
    PE_DIRECTORY_DEBUG = 6,
    PE_DIRECTORY_TLS = 9,
    PE_DIRECTORY_BOUND_IMPORT = 11,
    PE_DIRECTORY_DELAY_IMPORT = 13,
    PE_DIRECTORIES = 16,
};

struct pe_range {
    uint32_t address;
    uint32_t size;
};

struct pe_section {
    char name[9];
    uint32_t address;
    uint32_t virtual_size;
    uint32_t offset;
    uint32_t raw_size;
    uint32_t characteristics;
    size_t header_offset; /* of this section's header in the file */
};

struct pe_image {
    const uint8_t *data;
    size_t size;
    bool plus; /* PE32+ */
    uint16_t machine;
    uint16_t characteristics;
    uint32_t time_stamp;
    uint32_t entry;
    uint64_t base;
    uint32_t section_alignment;
    uint32_t image_size;
    uint16_t os_version[2]; /* major, minor */
    uint16_t subsystem_version[2];
    uint16_t subsystem;
    uint16_t dll_characteristics;
    uint32_t checksum;
    size_t header_offset;   /* of "PE\0\0" */
    size_t optional_offset; /* of the optional header */
    size_t checksum_offset;
    size_t directory_offset; /* of the first directory entry */
    uint32_t directory_count;
    struct pe_range directories[PE_DIRECTORIES];
    struct pe_section *sections;
    size_t section_count;
};

/* Returns NULL, or why this is not a PE image; then there is nothing to free. */
const char *pe_parse(const void *data, size_t size, struct pe_image *image);
void pe_free(struct pe_image *image);

/* `size` bytes of the loaded image at `address` as they are in the file, or NULL when the file does not have them. */
const uint8_t *pe_at(const struct pe_image *image, uint32_t address, uint32_t size);

/* A zero-terminated string at `address`, or NULL. */
const char *pe_string(const struct pe_image *image, uint32_t address);

const struct pe_section *pe_section_of(const struct pe_image *image, uint32_t address);

/* What OptionalHeader.CheckSum has to be. */
uint32_t pe_checksum(const struct pe_image *image);

uint16_t pe_u16(const uint8_t *at);
uint32_t pe_u32(const uint8_t *at);
uint64_t pe_u64(const uint8_t *at);

#endif
