/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The WIM file format, version 1.13 (0x10d00), as Windows 7's media have it ("Windows Imaging File Format", Microsoft
 * 2007): a header of 208 bytes, resources in any order, a table that finds a file's data by its SHA-1, one metadata
 * resource for each image, XML about the images, and a table of SHA-1s over all of it. Little-endian throughout.
 */
#ifndef AEROW7_WIM_FORMAT_H
#define AEROW7_WIM_FORMAT_H

#include <stdint.h>

#define WIM_HEADER_SIZE 208U
#define WIM_HASH_SIZE 20U
#define WIM_VERSION 0x10d00U
#define WIM_VERSION_SOLID 0xe00U

/* Offsets in the header. */
#define WIM_AT_SIZE 8U
#define WIM_AT_VERSION 12U
#define WIM_AT_FLAGS 16U
#define WIM_AT_CHUNK_SIZE 20U
#define WIM_AT_GUID 24U
#define WIM_GUID_SIZE 16U
#define WIM_AT_PART 40U
#define WIM_AT_PARTS 42U
#define WIM_AT_IMAGE_COUNT 44U
#define WIM_AT_TABLE 48U
#define WIM_AT_XML 72U
#define WIM_AT_BOOT_METADATA 96U
#define WIM_AT_BOOT_INDEX 120U
#define WIM_AT_INTEGRITY 124U

#define WIM_FLAG_COMPRESSED 0x2U
#define WIM_FLAG_READ_ONLY 0x4U
#define WIM_FLAG_SPANNED 0x8U
#define WIM_FLAG_BEING_WRITTEN 0x40U
#define WIM_FLAG_XPRESS 0x20000U
#define WIM_FLAG_LZX 0x40000U

/* A resource's place: 7 bytes size in the file, 1 byte flags, 8 bytes offset, 8 bytes size when decompressed. */
#define WIM_PLACE_SIZE 24U
#define WIM_PLACE_FREE 0x1U
#define WIM_PLACE_METADATA 0x2U
#define WIM_PLACE_COMPRESSED 0x4U
#define WIM_PLACE_SPANNED 0x8U
#define WIM_PLACE_SOLID 0x10U

/* An entry of the table: place, 2 bytes part, 4 bytes references, hash. */
#define WIM_ENTRY_SIZE 50U

/* A directory entry: what is at fixed offsets, then name, short name, both with a terminating zero, then anything. */
#define WIM_DENTRY_SIZE 102U
#define WIM_DENTRY_AT_ATTRIBUTES 8U
#define WIM_DENTRY_AT_SECURITY 12U
#define WIM_DENTRY_AT_CHILDREN 16U
#define WIM_DENTRY_AT_CREATED 40U
#define WIM_DENTRY_AT_ACCESSED 48U
#define WIM_DENTRY_AT_WRITTEN 56U
#define WIM_DENTRY_AT_HASH 64U
#define WIM_DENTRY_AT_LINK_GROUP 88U
#define WIM_DENTRY_AT_STREAMS 96U
#define WIM_DENTRY_AT_SHORT_NAME_SIZE 98U
#define WIM_DENTRY_AT_NAME_SIZE 100U

/* A further stream of a file: 8 bytes length, 8 unused, hash, 2 bytes size of the name, name. */
#define WIM_STREAM_SIZE 38U
#define WIM_STREAM_AT_HASH 16U
#define WIM_STREAM_AT_NAME_SIZE 36U

#define WIM_ATTRIBUTE_DIRECTORY 0x10U
#define WIM_ATTRIBUTE_ARCHIVE 0x20U
#define WIM_ATTRIBUTE_REPARSE_POINT 0x400U
#define WIM_ATTRIBUTE_ENCRYPTED 0x4000U

/* The security id of what has no security descriptor. */
#define WIM_NO_SECURITY 0xffffffffU

static inline uint16_t wim_get16(const void *at)
{
    const uint8_t *bytes = at;

    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t wim_get32(const void *at)
{
    return (uint32_t)wim_get16(at) | (uint32_t)wim_get16((const uint8_t *)at + 2) << 16;
}

static inline uint64_t wim_get64(const void *at)
{
    return (uint64_t)wim_get32(at) | (uint64_t)wim_get32((const uint8_t *)at + 4) << 32;
}

static inline void wim_put16(void *at, uint16_t value)
{
    uint8_t *bytes = at;

    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

static inline void wim_put32(void *at, uint32_t value)
{
    wim_put16(at, (uint16_t)value);
    wim_put16((uint8_t *)at + 2, (uint16_t)(value >> 16));
}

static inline void wim_put64(void *at, uint64_t value)
{
    wim_put32(at, (uint32_t)value);
    wim_put32((uint8_t *)at + 4, (uint32_t)(value >> 32));
}

#endif
