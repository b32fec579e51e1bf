/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A driver pack as injection needs it: read from a folder or a ZIP, and of it the packages for one architecture. Any
 * folder with an INF is a package; below a folder that is named for an architecture it is for that one only, and below
 * one that is named opt-in it is left out.
 */
#ifndef AEROW7_OFFLINE_DRIVER_PACK_H
#define AEROW7_OFFLINE_DRIVER_PACK_H

#include "base/file_tree.h"
#include "pack/driver_folder.h"

/* A folder or a ZIP, bounded. */
enum status driver_pack_load(const char *path, struct file_tree *tree);

struct driver_packages {
    struct driver_folder *list; /* names (the last part of path) are unique */
    size_t count;
};

/* STATUS_CHECK_FAILED, reported, when there is none for the architecture or one does not fit it. */
enum status driver_packages_read(const char *pack_name, const struct file_tree *tree,
                                 enum inf_architecture architecture, struct driver_packages *packages);
void driver_packages_free(struct driver_packages *packages);

const char *driver_package_name(const struct driver_folder *folder);

#endif
