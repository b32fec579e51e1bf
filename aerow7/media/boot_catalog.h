/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What firmware starts from a disc, by its boot catalog (El Torito). Only images without emulation of a drive: all
 * media of Windows 7 have those.
 */
#ifndef AEROW7_BOOT_CATALOG_H
#define AEROW7_BOOT_CATALOG_H

#include "media/iso_file.h"
#include "media/media_list.h"

/* STATUS_BAD_INPUT, reported, when there is none or it is malformed. The caller frees the images, also then. */
enum status boot_catalog_read(const struct media *media, struct iso_boot *boot);

#endif
