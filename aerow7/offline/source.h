/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A Windows that does not run, read as a tree of files: an image of a WIM, an NTFS volume of a disk, a folder. Whoever
 * makes one fills in the operations; everybody else calls source_*. Reading changes nothing.
 *
 * Paths are relative to the volume's root, UTF-8, '/' between the parts, and found without regard to case, as Windows
 * finds them. What is read is not trusted: sizes are bounded by the caller, names may be anything.
 */
#ifndef AEROW7_OFFLINE_SOURCE_H
#define AEROW7_OFFLINE_SOURCE_H

#include "base/file_io.h"

#include <stdbool.h>
#include <stdint.h>

struct source_entry {
    const char *name; /* as the volume has it; valid during the call only */
    bool folder;
    bool reparse_point; /* a link or a mount point: not followed */
    uint64_t size;
};

typedef enum status (*source_visit)(void *context, const struct source_entry *entry);

struct source_operations {
    /* *found false, STATUS_DONE: there is no such file or folder. */
    enum status (*find)(void *context, const char *path, bool *found, struct source_entry *entry);
    /* The entries of a folder, in any order. */
    enum status (*list)(void *context, const char *path, source_visit visit, void *visit_context);
    /* STATUS_BAD_INPUT, reported, when it is no file or longer than `limit`. The caller frees. */
    enum status (*read)(void *context, const char *path, size_t limit, struct bytes *out);
    /* The self-relative security descriptor; size 0 when the entry has none. The caller frees. */
    enum status (*security)(void *context, const char *path, struct bytes *out);
};

struct source {
    const char *name; /* for messages: "install.wim, image 2" */
    void *context;
    const struct source_operations *operations;
};

static inline enum status source_find(const struct source *source, const char *path, bool *found,
                                      struct source_entry *entry)
{
    return source->operations->find(source->context, path, found, entry);
}

static inline enum status source_list(const struct source *source, const char *path, source_visit visit, void *context)
{
    return source->operations->list(source->context, path, visit, context);
}

static inline enum status source_read(const struct source *source, const char *path, size_t limit, struct bytes *out)
{
    return source->operations->read(source->context, path, limit, out);
}

static inline enum status source_security(const struct source *source, const char *path, struct bytes *out)
{
    return source->operations->security(source->context, path, out);
}

#endif
