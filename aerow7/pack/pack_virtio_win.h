/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The driver pack made of virtio-win's drivers, as they are signed there: storage and network always, sound and input
 * when the medium has them for both architectures.
 */
#ifndef AEROW7_PACK_VIRTIO_WIN_H
#define AEROW7_PACK_VIRTIO_WIN_H

#include "media/virtio_win.h"
#include "pack/pack.h"

/*
 * `path` is an ISO (`is_iso`) or a folder that one was extracted to. An optional driver that is not there, or not
 * whole, is a warning, or with `strict_optional` STATUS_CHECK_FAILED.
 */
enum status pack_from_virtio_win(const struct pack_options *options, const char *path, bool is_iso,
                                 const struct virtio_win_selection *selection, bool strict_optional);

#endif
