/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The medium of a model disk: an image file, or sparse memory. When asked to, it remembers for every sector written
 * since the last flush what a power cut would bring back.
 *
 * Writes go to the image at once, so that it can be read behind the device's back. The strictest loss that VIRTIO 1.x
 * allows ("Block Device / Device Operation", stable and volatile writes) is kept: a sector stays volatile until a flush
 * that was sent after the completion of a write to it is done.
 */
#ifndef NTHOST_MODEL_DISK_H
#define NTHOST_MODEL_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECTOR_BYTES 512u

struct model_disk;

/* `image` NULL: memory. *sectors is the image's size, rounded down. */
struct model_disk *model_disk_open(const char *image, bool read_only, bool track, uint64_t *sectors);
void model_disk_close(struct model_disk *disk);
/* False when the image cannot be read or written. */
bool model_disk_get(struct model_disk *disk, uint64_t sector, void *buffer, size_t sectors);
/* `write_id` names the write, for model_disk_settle; 0: stable at once. */
bool model_disk_put(struct model_disk *disk, uint64_t sector, const void *buffer, size_t sectors, uint64_t write_id);
/* The write is complete: its sectors become volatile with completion number `number`, or stable when that is 0. */
void model_disk_settle(struct model_disk *disk, uint64_t sector, uint64_t sectors, uint64_t write_id, uint64_t number);
/* Everything completed up to number `up_to` becomes stable. False when the image cannot be synchronized. */
bool model_disk_flush(struct model_disk *disk, uint64_t up_to);
uint64_t model_disk_volatile(const struct model_disk *disk);
uint64_t model_disk_power_cut(struct model_disk *disk);

#endif
