/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The bytes of a virtual disk, whatever file format holds them. Raw images are read and written directly; qcow2 through
 * a qemu-nbd that libnbd starts, on a socket that nobody else can reach, and that ends with this process.
 *
 * A qcow2 image is refused when it leans on another file (backing file, external data file), is encrypted, or is marked
 * as in use or damaged: what the guest wrote into an image must not make us open files of the host.
 */
#ifndef AEROW7_DISK_IMAGE_H
#define AEROW7_DISK_IMAGE_H

#include "disk/overlay.h"

#include <stdbool.h>

enum disk_format { DISK_RAW, DISK_QCOW2 };

enum disk_access {
    DISK_KEEP,  /* the file is only read; what is written stays in an overlay and is read back from there */
    DISK_WRITE, /* the file is written */
};

struct disk_image;

/* `name` is for messages and must stay, like `path`. */
enum status disk_image_open(const char *path, const char *name, enum disk_access access, struct disk_image **image);
/* STATUS_NOT_WRITTEN when what was written did not get to the file. NULL is nothing. */
enum status disk_image_close(struct disk_image *image);

uint64_t disk_image_size(const struct disk_image *image);
enum disk_format disk_image_format(const struct disk_image *image);
const char *disk_image_name(const struct disk_image *image);
/* The file itself, as it was opened. */
int disk_image_descriptor(const struct disk_image *image);
/* With DISK_KEEP. */
const struct overlay *disk_image_overlay(const struct disk_image *image);

enum status disk_image_read(struct disk_image *image, uint64_t offset, void *bytes, size_t size);
/* The file's content, whatever the overlay has. */
enum status disk_image_read_file(struct disk_image *image, uint64_t offset, void *bytes, size_t size);
enum status disk_image_write(struct disk_image *image, uint64_t offset, const void *bytes, size_t size);

#endif
