/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An ISO image of a tree, the same bytes each time: ISO 9660 level 1 names, and Joliet for what Windows shows (names up
 * to 110 UTF-16 units). No boot record, no Rock Ridge. One date for everything.
 */
#ifndef AEROW7_ISO_FILE_H
#define AEROW7_ISO_FILE_H

#include "base/file_tree.h"

/* `label` is at most 16 characters of A-Z, 0-9 and _, so that both volume descriptors carry it whole. */
enum status iso_file_write(const struct file_tree *tree, const char *label, const char *path, time_t when);

#endif
