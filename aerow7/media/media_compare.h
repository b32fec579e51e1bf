/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A new image read again, as a medium of somebody else's, and compared with what it was made of. */
#ifndef AEROW7_MEDIA_COMPARE_H
#define AEROW7_MEDIA_COMPARE_H

#include "base/report.h"
#include "media/media_content.h"

/*
 * `name` is the image's in messages. STATUS_NOT_WRITTEN, reported, for the first difference. `report` gets "files" and
 * "size".
 */
enum status media_compare(const char *image, const char *name, struct media_content *content,
                          const struct iso_boot *boot, cJSON *report);

#endif
