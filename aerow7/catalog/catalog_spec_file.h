/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A JSON file that gives every parameter of a catalog, for packages without an INF and for rebuilding a known catalog:
 *
 *   {"identifier": "00112233445566778899AABBCCDDEEFF",  32 digits; derived from the rest when absent
 *    "time": "2026-01-31T23:59:59Z",
 *    "osattr": "2:6.1",                                 of every member that has none of its own
 *    "attributes": [{"name": "...", "value": "..."}],   in this order, before OS and HWIDs
 *    "os": "7X64",
 *    "hwids": ["pci\\ven_1af4&dev_1042"],               HWID1 first; written in descending order
 *    "members": [{"file": "driver.sys"},                beside the JSON file, or below it
 *                {"name": "driver.inf", "kind": "flat" or "pe", "sha1": "40 digits", "osattr": "2:6.0,2:6.1"}]}
 *
 * Only members is required, and time or a time from elsewhere.
 */
#ifndef AEROW7_CATALOG_SPEC_FILE_H
#define AEROW7_CATALOG_SPEC_FILE_H

#include "catalog/catalog.h"

#include <stdbool.h>

struct catalog_spec_file {
    struct catalog_spec spec;
    bool has_identifier;
    bool has_time;
    cJSON *json; /* what the spec's texts point into */
    struct catalog_attribute *attributes;
    struct catalog_entry *entries;
    char **names; /* HWIDn */
    size_t name_count;
};

/* To be freed after STATUS_DONE only. */
enum status catalog_spec_read(const char *path, struct catalog_spec_file *out);
void catalog_spec_free(struct catalog_spec_file *file);

#endif
