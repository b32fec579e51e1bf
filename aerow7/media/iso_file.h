/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An ISO image, the same bytes each time: ISO 9660 level 1 names, and Joliet for what Windows shows (names up to 110
 * UTF-16 units). No Rock Ridge. What is bootable has long names in ISO 9660 as well, and UDF 1.02, which the boot
 * programs of Windows read first. One date for everything. Contents are asked for piece by piece while
 * the image is written, so memory does not grow with them.
 */
#ifndef AEROW7_ISO_FILE_H
#define AEROW7_ISO_FILE_H

#include "base/file_tree.h"

#include <stdint.h>

struct iso_input {
    const char *path; /* '/' between parts, relative; UTF-8 */
    uint64_t size;
    bool folder; /* only empty ones need to be named */
};

/* `read` fills `bytes` whole, file after file in any order, each from its beginning to its end. */
struct iso_content {
    void *context;
    const struct iso_input *inputs;
    size_t count;
    enum status (*read)(void *context, size_t index, uint64_t offset, void *bytes, size_t size);
};

/*
 * `label` is at most 16 characters of A-Z, 0-9 and _, so that both volume descriptors carry it whole. STATUS_BAD_INPUT,
 * before anything is written, when names collide, are too long or too deep, or a file is too large for an ISO image.
 */
enum status iso_write(const struct iso_content *content, const char *label, const char *path, time_t when);

/* What firmware starts from the disc (El Torito), without emulation of a drive. */
struct iso_boot_image {
    uint8_t platform; /* 0 BIOS, 0xEF UEFI */
    uint16_t segment; /* where BIOS loads it; 0: 0x7C0 */
    uint16_t sectors; /* of 512 bytes, that firmware loads at first */
    struct bytes content;
};

#define ISO_BOOT_LIMIT 8U
struct iso_boot {
    struct iso_boot_image images[ISO_BOOT_LIMIT];
    size_t count; /* at least 1: the first is the default one */
};

/* `label` is at most 32 characters; Joliet has the first 16 of them. */
enum status iso_write_bootable(const struct iso_content *content, const struct iso_boot *boot, const char *label,
                               const char *path, time_t when);

/* iso_write with the files of a tree. */
enum status iso_file_write(const struct file_tree *tree, const char *label, const char *path, time_t when);

#endif
