/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A file or folder that holds one Windows 7 or several, taken apart: each Windows as a source, and the boot
 * configuration stores that are in none of them (of install media, of a disk's boot partition).
 */
#ifndef AEROW7_IMAGE_H
#define AEROW7_IMAGE_H

#include "base/file_tree.h"
#include "offline/source.h"

enum image_kind {
    IMAGE_WINDOWS_FOLDER, /* has Windows/System32 */
    IMAGE_MEDIA_FOLDER,   /* install media, unpacked: has sources/boot.wim or sources/install.wim */
    IMAGE_ISO,
    IMAGE_WIM,
    IMAGE_DISK,
};

struct image_windows {
    const char *file;  /* "sources/install.wim" of media; "" when it is the image itself */
    unsigned index;    /* of a WIM, from 1; 0 else */
    const char *title; /* what the WIM calls it, or NULL */
    const struct source *source;
};

struct image_visitor {
    void *context;
    enum status (*windows)(void *context, const struct image_windows *windows);
    enum status (*boot_store)(void *context, const char *path, const struct bytes *content);
    /* Of install media, last: what is below $WinPEDriver$, empty when there is none. NULL: nobody asks. */
    enum status (*setup_drivers)(void *context, const struct file_tree *files);
};

/* STATUS_BAD_INPUT, reported, when it is nothing of the kind. */
enum status image_kind_of(const char *path, enum image_kind *kind);
const char *image_kind_name(enum image_kind kind); /* "wim", "iso", ... */

/* `indexes` (NULL: all) chooses images of a WIM: "2", "1,2", "all". A status other than STATUS_DONE ends it. */
enum status image_visit(const char *path, enum image_kind kind, const char *indexes,
                        const struct image_visitor *visitor);

/* For image_media.c: the images of one WIM, of a split one if it is called .swm. `name` is for messages, `file` as in
 * image_windows. */
enum status image_visit_wim(const char *path, const char *name, const char *file, const char *indexes,
                            const struct image_visitor *visitor);
enum status image_visit_iso(const char *path, const struct image_visitor *visitor);
enum status image_visit_media_folder(const char *path, const struct image_visitor *visitor);

#endif
