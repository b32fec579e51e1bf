/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * contract/devices.json in memory: what device and driver agree on. Loading checks the file first, against its schema
 * and against the rules that a schema cannot say, so whoever holds a contract holds a valid one.
 */
#ifndef AEROW7_CONTRACT_H
#define AEROW7_CONTRACT_H

#include "base/diag.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* One hardware ID pattern, taken apart: PCI\VEN_hhhh&DEV_hhhh[&SUBSYS_hhhhhhhh][&REV_hh]. */
struct contract_pattern {
    const char *text;
    unsigned vendor;
    unsigned device;
    bool has_subsystem;
    unsigned subsystem_device;
    unsigned subsystem_vendor;
    bool has_revision;
    unsigned revision;
};

struct contract_device {
    const char *name;
    char *macro; /* virtio-blk: AERO_VIRTIO_BLK, the prefix of its names in generated files */
    unsigned vendor;
    unsigned device;
    bool has_transitional;
    unsigned transitional;
    bool has_type;
    int type;
    const char *service;
    const char *inf;
    struct contract_pattern *patterns;
    size_t pattern_count;
};

struct contract {
    cJSON *document;
    const char *name;
    const char *version;
    struct contract_device *devices;
    size_t device_count;
};

/* False when the text is not of the shape above: anything else after DEV_hhhh is refused, never ignored. */
bool contract_pattern_parse(const char *text, struct contract_pattern *pattern);

/* `schema_path` may be NULL: then it is devices.schema.json beside the file. */
enum status contract_load(const char *path, const char *schema_path, struct contract *contract);
void contract_free(struct contract *contract);

#endif
