/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The control sets of a SYSTEM hive that Windows may start with: Select says which are Current, Default and
 * LastKnownGood. Failed is one that it will not use.
 */
#ifndef AEROW7_OFFLINE_CONTROL_SETS_H
#define AEROW7_OFFLINE_CONTROL_SETS_H

#include "offline/hive.h"

#define CONTROL_SETS 3

struct control_sets {
    hive_key list[CONTROL_SETS]; /* each once; Current, or else Default, first */
    size_t count;
};

/* Why the hive does not say, or NULL. */
const char *control_sets_of(struct hive *system, struct control_sets *sets);

#endif
