/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A packaging spec: which drivers the guest tools hold and what each has to be. JSON:
 *   drivers[]                                  name, required (default true), and
 *     expected_inf_files                       the INFs, all of them and no other
 *     expected_add_services                    services that the INFs have to add
 *     expected_add_services_from_devices_cmd_var   the same, NAME_SERVICE of devices.cmd
 *     expected_hardware_ids                    POSIX extended expressions, without regard to case; each matches an ID
 *     expected_hardware_ids_from_devices_cmd_var   NAME_HWIDS of devices.cmd: one is bound, or a more specific ID
 *     allow_extensions, allow_path_regexes     files beyond INFs, catalogs and what INFs copy; paths in the folder
 *   required_drivers[]                         the same, each required: the older form
 *   require_optional_drivers_on_all_arches     default false: a driver for one architecture is packed
 *   fail_on_unlisted_driver_dirs               default true; false leaves such folders out
 */
#ifndef AEROW7_GUEST_SPEC_H
#define AEROW7_GUEST_SPEC_H

#include "base/diag.h"
#include "base/digest.h"

#include <cjson/cJSON.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

struct spec_expressions {
    regex_t *compiled;
    const char **texts;
    size_t count;
};

struct spec_driver {
    const char *name;
    bool required;
    const cJSON *inf_files; /* arrays of strings, or NULL */
    const cJSON *services;
    const cJSON *extensions; /* with or without their dot */
    const char *services_variable;
    const char *ids_variable;
    struct spec_expressions ids;
    struct spec_expressions paths;
};

struct guest_spec {
    cJSON *document;
    char sha256[SHA256_TEXT_SIZE];
    struct spec_driver *drivers;
    size_t driver_count;
    bool optional_on_all_arches;
    bool fail_on_unlisted;
};

/* Unknown properties, expressions that do not compile and names given twice are refused with their place. */
enum status guest_spec_load(const char *path, struct guest_spec *spec);
void guest_spec_free(struct guest_spec *spec);

const struct spec_driver *guest_spec_find(const struct guest_spec *spec, const char *name);

#endif
