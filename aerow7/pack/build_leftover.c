/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/build_leftover.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

bool is_build_leftover(const char *path)
{
    static const char *const extensions[] = {".pdb", ".ipdb", ".iobj", ".obj", ".o",   ".lib",           ".a",
                                             ".exp", ".ilk",  ".map",  ".idb", ".res", ".pch",           ".tlog",
                                             ".log", ".tmp",  ".wrn",  ".err", ".dbg", ".lastbuildstate"};
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot != NULL && i < sizeof(extensions) / sizeof(extensions[0]); ++i) {
        if (strcasecmp(dot, extensions[i]) == 0) {
            return true;
        }
    }
    return false;
}
