/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Install media as they are: an ISO image, or a folder with what one has. Files are read anywhere, memory stays flat.
 * What firmware starts from them comes along: from the boot catalog of an ISO image, from boot/etfsboot.com and
 * efi/microsoft/boot/efisys.bin of a folder.
 */
#ifndef AEROW7_INSTALL_SOURCE_H
#define AEROW7_INSTALL_SOURCE_H

#include "media/disk_folder.h"
#include "media/iso_file.h"
#include "media/media_list.h"

struct install_source {
    const char *name; /* for messages */
    char *label;      /* the volume's; "" for a folder */
    struct iso_input *inputs;
    size_t count;
    struct iso_boot boot;

    bool is_folder;
    struct disk_folder folder;
    struct media media;
    struct media_list list;
    size_t *files; /* of `list`, by input */
    struct media_udf *udf;
};

/* The caller closes, also after a failure. */
enum status install_source_open_iso(const char *path, struct install_source *source);
enum status install_source_open_folder(const char *path, struct install_source *source);
void install_source_close(struct install_source *source);

/* An index into `inputs`, found without regard to case; SIZE_MAX when there is no such file. */
size_t install_source_find(const struct install_source *source, const char *path);
enum status install_source_read(struct install_source *source, size_t index, uint64_t offset, void *bytes, size_t size);
/* The whole file. STATUS_BAD_INPUT, reported, when it is longer than `limit`. */
enum status install_source_load(struct install_source *source, size_t index, size_t limit, struct bytes *out);

#endif
