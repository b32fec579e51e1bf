/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Changes carried out on a copy of a disk image, which takes the target's name when it is complete, checked and on
 * disk: whatever interrupts it, the original is as it was. Replaced files keep their names, attributes and security
 * descriptors, new ones inherit their folder's.
 */
#ifndef AEROW7_DISK_WRITE_H
#define AEROW7_DISK_WRITE_H

#include "disk/disk_source.h"
#include "offline/changes.h"
#include "offline/plan.h"

struct disk_injection {
    const char *path;
    unsigned partition; /* 0: found */
    const char *out;    /* NULL: `path` itself is replaced */
    const char *undo;   /* the undo file to write; NULL: none */
    bool dry_run;       /* nothing is written */
    const struct offline_request *request;
};

/*
 * All of it: opens, identifies, plans, copies, writes, reads the copy again, compares, renames. `report` gets "disk",
 * "partition", "boot_partition", "changes" (volume, action, path, size, why), "changed" and "undo". A disk that has it
 * all already is not written; *changed is then false.
 */
enum status disk_inject(const struct disk_injection *injection, struct findings *findings, cJSON *report,
                        bool *changed);

/* offline_verify on both volumes, the BCD with them. */
enum status disk_verify(const char *path, unsigned partition, const struct offline_request *request,
                        struct findings *findings);

/*
 * Gives every byte of the virtual disk that disk_inject wrote its old value back, on a copy again; a disk that has them
 * already is left alone. STATUS_CHECK_FAILED, nothing written, when the disk is neither: a Windows that ran since then
 * has built on what it found.
 */
enum status disk_undo(const char *path, const char *undo, const char *out, bool *changed);

#endif
