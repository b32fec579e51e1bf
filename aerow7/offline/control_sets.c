/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/control_sets.h"

#include <stdlib.h>

const char *control_sets_of(struct hive *system, struct control_sets *sets)
{
    static const char *const names[CONTROL_SETS] = {"Current", "Default", "LastKnownGood"};
    hive_key select = hive_find(system, hive_root(system), "Select");

    *sets = (struct control_sets){0};
    if (select == 0) {
        return "it has no key Select, so which control set Windows starts with is unknown";
    }
    for (size_t i = 0; i < CONTROL_SETS; ++i) {
        uint32_t number = 0;
        bool known = false;
        hive_key set;
        char *path;

        /* 0 is none: Windows has not been started successfully yet. */
        if (!hive_dword(system, select, names[i], &number) || number == 0 || number > 999) {
            continue;
        }
        path = xformat("ControlSet%03u", number);
        set = hive_find(system, hive_root(system), path);
        free(path);
        for (size_t j = 0; j < sets->count; ++j) {
            known = known || sets->list[j] == set;
        }
        if (set != 0 && !known) {
            sets->list[sets->count++] = set;
        }
    }
    return sets->count > 0 ? NULL : "its key Select names no control set that is there";
}
