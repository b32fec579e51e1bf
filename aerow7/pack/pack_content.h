/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A driver pack while it is put together: what every kind of pack has in common. Whoever makes one takes driver folders
 * into it, then calls pack_finish, which adds what belongs to every pack, signs and writes.
 */
#ifndef AEROW7_PACK_CONTENT_H
#define AEROW7_PACK_CONTENT_H

#include "pack/driver_folder.h"
#include "pack/pack.h"

#include <cjson/cJSON.h>

struct pack_folder {
    struct driver_folder driver; /* as it was read, with the paths of the input */
    char *name;
    bool opt_in;
    char *target; /* "win7/ARCH/NAME" or "opt-in/win7/ARCH/NAME" */
};

struct pack {
    const struct pack_options *options;
    const char *from; /* the input, for messages */
    bool built_here;  /* signed here, too: each driver, and a catalog for each INF */
    struct file_tree content;
    struct file_tree symbols;
    char **drivers; /* names of what is installed by default, sorted and unique */
    size_t driver_count;
    char **opt_in; /* of what is not */
    size_t opt_in_count;
    struct pack_folder *folders;
    size_t folder_count;
    cJSON *details; /* further properties of the manifest, in their order; an object */
    cJSON *certificate;
};

void pack_begin(struct pack *pack, const struct pack_options *options, const char *from);
/*
 * Reads the driver folder at `path` of `input`, as driver_folder_read does, and copies into the pack what `wanted` says
 * yes to. `name` is what the folder is called in the pack.
 */
struct pack_wish {
    const char *path;
    enum inf_architecture architecture;
    const char *name;
    bool opt_in;
    bool (*wanted)(const struct driver_folder *folder, const char *file);
};
enum status pack_take_folder(struct pack *pack, const struct file_tree *input, const struct pack_wish *wish);

enum status pack_finish(struct pack *pack);
void pack_free(struct pack *pack);

#endif
