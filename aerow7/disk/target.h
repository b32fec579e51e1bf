/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A copy of a disk image with what its overlay has, in the same format, under a name of its own or in its place. */
#ifndef AEROW7_TARGET_H
#define AEROW7_TARGET_H

#include "disk/disk_image.h"

/* Reads again what it wrote before it renames. */
enum status target_write(struct disk_image *image, const char *path);

#endif
