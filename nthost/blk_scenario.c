/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "blk_scenario.h"

#include <stdio.h>
#include <string.h>

static const struct scenario scenarios[] = {
    {.name = "workload", .help = "start, enumerate, --workload, unload", .run = scenario_workload},
    {.name = "third-party", .help = "the same for a miniport that is not ours, verified", .run = scenario_third_party, .verify = true},
};

const struct scenario *scenario_find(const char *name)
{
    for (unsigned i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    }
    return NULL;
}

void scenario_list(void)
{
    for (unsigned i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
        printf("  %-34s %s\n", scenarios[i].name, scenarios[i].help);
}
