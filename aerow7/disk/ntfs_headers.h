/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* libntfs-3g's headers, with what they take for granted: without st_mtime they declare struct timespec again. */
#ifndef AEROW7_NTFS_HEADERS_H
#define AEROW7_NTFS_HEADERS_H

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/device.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/layout.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/security.h>
#include <ntfs-3g/unistr.h>
#include <ntfs-3g/volume.h>

#endif
