/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a virtio-win medium holds for Windows 7: DRIVER/OS/ARCH/ of the wanted drivers, and the licence, notice and
 * version files of its root. The medium is an ISO or ZIP file, or a folder that one was extracted to. Folder names are
 * compared without regard to case; the paths that come out are those of the medium.
 */
#ifndef AEROW7_VIRTIO_WIN_H
#define AEROW7_VIRTIO_WIN_H

#include "base/digest.h"
#include "base/file_tree.h"
#include "base/options.h"
#include "media/media_read.h"

#define VIRTIO_WIN_DRIVERS 4

/* As the folders are named on the media. */
struct virtio_win_driver {
    const char *name; /* "viostor", "NetKVM", "viosnd", "vioinput" */
    bool required;    /* Windows needs its disk and its network */
};
extern const struct virtio_win_driver virtio_win_drivers[VIRTIO_WIN_DRIVERS];

enum virtio_win_arch { VIRTIO_WIN_X86, VIRTIO_WIN_AMD64, VIRTIO_WIN_ARCHES };
extern const char *const virtio_win_arch_names[VIRTIO_WIN_ARCHES]; /* "x86", "amd64" */

/* Empty lists stand for the defaults. Of folder names, the first that a driver has is taken. */
struct virtio_win_selection {
    struct option_list drivers;       /* names as above; default: all four. The required ones are wanted anyway. */
    struct option_list os_folders;    /* default: w7.1, w7_1, w7, win7 */
    struct option_list amd64_folders; /* default: amd64, x64 */
    struct option_list x86_folders;   /* default: x86, i386 */
    bool everything;                  /* the whole medium, whatever it is */
};

/*
 * Sets `drivers` to what "viostor,netkvm" and the like say. A name that is none of the four, without regard to case, is
 * a usage error of `command`.
 */
enum status virtio_win_select(struct virtio_win_selection *selection, const char *command,
                              const struct option_list *names);
bool virtio_win_is_selected(const struct virtio_win_selection *selection, size_t driver);
/* The lists, not what is in them. */
void virtio_win_selection_free(struct virtio_win_selection *selection);

/* Where a driver is, "viostor/w7/amd64", or NULL where it has no INF for this architecture. */
struct virtio_win_found {
    char *folder[VIRTIO_WIN_DRIVERS][VIRTIO_WIN_ARCHES];
};

struct virtio_win_source {
    struct media_info info;        /* of the medium; for a folder all empty */
    char sha256[SHA256_TEXT_SIZE]; /* of the ISO or ZIP file; "" for a folder */
    char *version;                 /* by virtio_win_load only: of a version file, the name or the label; or NULL */
    struct virtio_win_found found;
};
void virtio_win_source_free(struct virtio_win_source *source);

/*
 * Looks for the drivers; nothing is read but names. STATUS_CHECK_FAILED when a required driver is not there for both
 * architectures. The caller frees `source`, also after a failure.
 */
enum status virtio_win_find(const char *path, const struct virtio_win_selection *selection,
                            struct virtio_win_source *source);
/* After that: whether a file of the medium is one of those that are wanted. */
bool virtio_win_takes(const struct virtio_win_source *source, const struct virtio_win_selection *selection,
                      const char *path);

/*
 * Both, and the wanted files in memory, sorted: the drivers' folders, and of the root the licences and notices. The
 * caller frees `tree` and `source`, also after a failure.
 */
enum status virtio_win_load(const char *path, const struct virtio_win_selection *selection, struct file_tree *tree,
                            struct virtio_win_source *source);

#endif
