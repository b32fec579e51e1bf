/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * --workload KIND:KEY=VALUE:...
 */
#include <stdio.h>
#include <string.h>

#include "blk.h"

static const char *const kinds[] = {
    [WORKLOAD_RANDREAD] = "randread", [WORKLOAD_RANDWRITE] = "randwrite", [WORKLOAD_READ] = "read",
    [WORKLOAD_WRITE] = "write",       [WORKLOAD_MIXED] = "mixed",
};

static bool set_key(struct workload *w, const char *key, size_t length, uint64_t value)
{
    struct {
        const char *name;
        uint64_t low, high;
        uint32_t *small;
        uint64_t *large;
    } keys[] = {
        {"bs", SECTOR_BYTES, 16u << 20, &w->block_bytes, NULL},
        {"qd", 1, 1024, &w->queue_depth, NULL},
        {"jobs", 1, 64, &w->jobs, NULL},
        {"burst", 1, 1024, &w->burst, NULL},
        {"read", 0, 100, &w->read_percent, NULL},
        {"seconds", 1, 86400, &w->seconds, NULL},
        {"count", 1, UINT64_MAX, NULL, &w->count},
        {"span", SECTOR_BYTES, UINT64_MAX, NULL, &w->span},
        {"offset", 0, UINT64_MAX, NULL, &w->offset},
    };

    if (length == 3 && strncmp(key, "fua", 3) == 0) {
        w->fua = value != 0;
        return value <= 1;
    }
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strlen(keys[i].name) != length || strncmp(keys[i].name, key, length) != 0)
            continue;
        if (value < keys[i].low || value > keys[i].high)
            return false;
        if (keys[i].small != NULL)
            *keys[i].small = (uint32_t)value;
        else
            *keys[i].large = value;
        return true;
    }
    return false;
}

static bool parse_pairs(struct workload *w, const char *at)
{
    while (*at != '\0') {
        const char *key = ++at, *equals = strchr(key, '='), *end = NULL;
        uint64_t value;

        if (equals == NULL)
            return false;
        value = parse_size(equals + 1, &end);
        if (end == NULL || (*end != ':' && *end != '\0') || !set_key(w, key, (size_t)(equals - key), value))
            return false;
        at = end;
    }
    return true;
}

bool workload_parse(struct workload *w, const char *text)
{
    size_t length = strcspn(text, ":");

    *w = (struct workload){.text = text, .block_bytes = 4096, .queue_depth = 32, .count = 20000, .read_percent = 70};
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strlen(kinds[i]) != length || strncmp(kinds[i], text, length) != 0)
            continue;
        w->kind = (enum workload_kind)i;
        if (!parse_pairs(w, text + length) || w->block_bytes % SECTOR_BYTES != 0) {
            fprintf(stderr,
                    "nthost blk: workload '%s': keys are bs (multiple of 512) qd count jobs burst read span offset fua "
                    "seconds\n",
                    text);
            return false;
        }
        return true;
    }
    fprintf(stderr, "nthost blk: workload '%s': kinds are randread, randwrite, read, write, mixed\n", text);
    return false;
}
