/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a virtio-win medium holds for Windows 7: DRIVER/OS/ARCH/ of the wanted drivers, and the licence and notice files
 * of its root. The medium is an ISO or ZIP file, or a folder that one was extracted to. Folder names are compared
 * without regard to case; the paths that come out are those of the medium.
 */
#ifndef AEROW7_VIRTIO_WIN_H
#define AEROW7_VIRTIO_WIN_H

#include "base/digest.h"
#include "base/file_tree.h"
#include "base/options.h"
#include "media/media_read.h"

/* The folder names on virtio-win media, each with whether Windows cannot do without it. */
struct virtio_win_driver {
    const char *name; /* "viostor", "NetKVM", "viosnd", "vioinput" */
    bool required;
};
#define VIRTIO_WIN_DRIVERS 4
extern const struct virtio_win_driver virtio_win_drivers[VIRTIO_WIN_DRIVERS];

/* Empty lists stand for the defaults. */
struct virtio_win_selection {
    struct option_list drivers;       /* default: all four; the required ones are taken anyway */
    struct option_list os_folders;    /* default: w7.1, w7_1, w7, win7: the first that a driver has is taken */
    struct option_list amd64_folders; /* default: amd64, x64; likewise */
    struct option_list x86_folders;   /* default: x86, i386 */
    bool everything;                  /* the whole medium, whatever it is */
};

/* Adds the drivers of "a,b" and "c"; a name that is none of the four, without regard to case, is a usage error. */
enum status virtio_win_select(struct virtio_win_selection *selection, const char *command,
                              const struct option_list *names);
void virtio_win_selection_free(struct virtio_win_selection *selection);

enum virtio_win_arch { VIRTIO_WIN_X86, VIRTIO_WIN_AMD64, VIRTIO_WIN_ARCHES };

/* Where on the medium a driver is: "viostor/w7/amd64", or NULL when it has none for this architecture. */
struct virtio_win_found {
    char *folder[VIRTIO_WIN_DRIVERS][VIRTIO_WIN_ARCHES];
};

struct virtio_win_source {
    struct media_info info;        /* of the medium; empty for a folder */
    char sha256[SHA256_TEXT_SIZE]; /* of the ISO or ZIP file; "" for a folder */
    char *version; /* from a version file in the root, or from the name virtio-win-VERSION.iso; or NULL */
    struct virtio_win_found found;
};
void virtio_win_source_free(struct virtio_win_source *source);

/*
 * The wanted files, in memory. A required driver that is not there for both architectures is STATUS_CHECK_FAILED. The
 * caller frees tree and source, also after a failure.
 */
enum status virtio_win_load(const char *path, const struct virtio_win_selection *selection, struct file_tree *tree,
                            struct virtio_win_source *source);

#endif
