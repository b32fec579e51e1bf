/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The version that a PE file says of itself: VS_FIXEDFILEINFO of its version resource. */
#ifndef AEROW7_OFFLINE_FILE_VERSION_H
#define AEROW7_OFFLINE_FILE_VERSION_H

#include "pe/pe_image.h"

struct file_version {
    bool present;
    uint16_t part[4]; /* 6.1.7601.17514 */
};

/* present is false when there is none, or it is malformed. */
struct file_version file_version_of(const struct pe_image *image);

#endif
