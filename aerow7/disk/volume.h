/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An NTFS volume on a disk image, by libntfs-3g in this process: as a source, and changed. Everything is written to the
 * image that it was opened on; with DISK_KEEP that is memory, so the volume is always opened for writing, and every
 * reason that libntfs-3g has for not writing is found at once.
 */
#ifndef AEROW7_VOLUME_H
#define AEROW7_VOLUME_H

#include "disk/disk_image.h"
#include "disk/partition.h"
#include "offline/changes.h"
#include "offline/source.h"

struct disk_volume;

/* Whether an NTFS boot sector is there. STATUS_CHECK_FAILED, reported, when the volume is encrypted. */
enum status disk_volume_is_ntfs(struct disk_image *image, const struct partition *partition, bool *ntfs);

/*
 * `name` is for messages and must stay. STATUS_CHECK_FAILED, reported, for what Windows would have to mend: a journal
 * with work in it, a hibernated system, a dirty flag.
 */
enum status disk_volume_open(struct disk_image *image, const struct partition *partition, const char *name,
                             struct disk_volume **volume);
/* Writes what is left to write. NULL is nothing. */
enum status disk_volume_close(struct disk_volume *volume);

void disk_volume_source(struct disk_volume *volume, struct source *source);

/* All of the changes, in order; after a failure the volume is to be thrown away. */
enum status disk_volume_apply(struct disk_volume *volume, const struct changes *changes);

#endif
