/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reading optical media and archives that others made: ISO 9660 with Joliet or Rock Ridge, ISO 9660:1999, UDF, ZIP.
 * Contents come in pieces, so memory stays flat. Names are checked before anybody sees them: no absolute name, no
 * "..", no link that leads elsewhere, nothing that Windows cannot name, no two names that differ in case only.
 *
 * Which names: Joliet's, else Rock Ridge's, else those of ISO 9660:1999's own tree, else ISO 9660's without ";1". Where
 * a disc is UDF as well, UDF is read if it holds more files than the ISO 9660 side or if that has nothing but 8.3
 * names: discs of Windows have only a readme there.
 */
#ifndef AEROW7_MEDIA_READ_H
#define AEROW7_MEDIA_READ_H

#include "base/diag.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct media_entry {
    const char *path; /* '/' between parts, relative; UTF-8 */
    uint64_t size;
    time_t modified; /* 0 when the medium does not say */
};

/*
 * `wants` says whether a file's content is of interest (NULL: all are); it is asked about every file before any content
 * comes. `data` (NULL: nothing is of interest) gets the contents one file after the other, in pieces, in order, then
 * once with size 0 at the end of the file. A status other than STATUS_DONE from it ends the reading and is returned.
 */
struct media_visitor {
    void *context;
    bool (*wants)(void *context, const struct media_entry *entry);
    enum status (*data)(void *context, const struct media_entry *entry, const void *bytes, size_t size);
};

struct media_info {
    char volume_label[129]; /* UTF-8; "" when the medium has none */
    const char *names;      /* "joliet", "rockridge", "iso9660", "iso9660:1999", "udf", "zip" */
    const char *backend;    /* "aerow7" (ISO 9660), "libudfread", "libarchive" (ZIP) */
};

/* Hard-linked files come with their content each. `info` may be NULL; it is filled before `wants` is asked. */
enum status media_read(const char *path, const struct media_visitor *visitor, struct media_info *info);

#endif
