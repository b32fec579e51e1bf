/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/room.h"

#include "base/text.h"

#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

enum status room_check(const char *target, uint64_t copied, uint64_t fresh)
{
    const char *slash = strrchr(target, '/');
    char *folder = slash == NULL ? xstrdup(".") : xformat("%.*s", slash == target ? 1 : (int)(slash - target), target);
    enum status status = STATUS_DONE;
    struct statfs info;

    if (statfs(folder, &info) == 0) {
        bool shares = info.f_type == BTRFS_SUPER_MAGIC || info.f_type == XFS_SUPER_MAGIC;
        uint64_t need = fresh + (shares ? 0 : copied);
        uint64_t room = (uint64_t)info.f_bavail * (uint64_t)info.f_bsize;

        if (room < need) {
            diag_error(target, "there is no room for it: %llu MiB are needed and %llu MiB free",
                       (unsigned long long)(need >> 20) + 1, (unsigned long long)room >> 20);
            status = STATUS_NOT_WRITTEN;
        }
    }
    free(folder);
    return status;
}
