/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/device_path.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEY "Microsoft\\Windows\\CurrentVersion"
#define BEFORE "%SystemRoot%\\inf" /* as Windows has it; without it no driver of its own would be found */

static bool has(const char *list, const char *folder)
{
    for (;;) {
        size_t length = strcspn(list, ";");

        if (length == strlen(folder) && strncasecmp(list, folder, length) == 0) {
            return true;
        }
        if (list[length] == 0) {
            return false;
        }
        list += length + 1;
    }
}

enum status device_path_add(struct hive *software, const char *folder)
{
    hive_key key = 0;
    enum status status = hive_make(software, hive_root(software), KEY, &key);
    char *before = status == STATUS_DONE ? hive_text(software, key, "DevicePath") : NULL;
    char *after;

    if (status == STATUS_DONE && (before == NULL || !has(before, folder))) {
        after = xformat("%s;%s", before != NULL && before[0] != 0 ? before : BEFORE, folder);
        status = hive_set_text(software, key, "DevicePath", HIVE_EXPAND_STRING, after);
        free(after);
    }
    free(before);
    return status;
}
