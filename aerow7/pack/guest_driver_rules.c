/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/guest_driver_rules.h"

#include "base/text.h"
#include "contract/contract_devices_cmd.h"
#include "contract/contract_variant.h"
#include "pack/build_leftover.h"
#include "pack/contract_match.h"
#include "pack/fault.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool has_file(const struct guest_drivers *drivers, const struct driver_folder *folder, const char *name)
{
    char *path = xformat("%s/%s", folder->path, name);
    bool found = tree_find_any_case(drivers->input, path) != NULL;

    free(path);
    return found;
}

static enum status check_parts(const struct guest_drivers *drivers, const struct driver_folder *folder)
{
    enum status status = STATUS_DONE;
    bool has_driver = false;

    for (size_t i = 0; i < drivers->input->count; ++i) {
        const char *name = path_below(drivers->input->files[i].path, folder->path);

        has_driver = has_driver || (name != NULL && ends_with_any_case(name, ".sys"));
    }
    if (!has_driver) {
        status = fault(drivers->root, folder->path, "has no .sys");
    }
    for (size_t i = 0; i < folder->inf_count; ++i) {
        const struct folder_inf *inf = &folder->infs[i];

        if (!has_file(drivers, folder, inf->package.catalog)) {
            status = fault(drivers->root, inf->path, "its catalog %s is missing", inf->package.catalog);
        }
    }
    return status;
}

static bool lists(const cJSON *array, const char *text)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, array)
    {
        if (strcasecmp(item->valuestring, text) == 0) {
            return true;
        }
    }
    return false;
}

static enum status check_inf_names(const struct guest_drivers *drivers, const struct spec_driver *wanted,
                                   const struct driver_folder *folder)
{
    enum status status = STATUS_DONE;
    const cJSON *item;

    cJSON_ArrayForEach(item, wanted->inf_files)
    {
        bool found = false;

        for (size_t i = 0; i < folder->inf_count && !found; ++i) {
            found = !folder->infs[i].disabled && strcasecmp(folder->infs[i].name, item->valuestring) == 0;
        }
        if (!found) {
            status = fault(drivers->root, folder->path, "%s is missing, which the spec expects", item->valuestring);
        }
    }
    for (size_t i = 0; i < folder->inf_count && wanted->inf_files != NULL; ++i) {
        if (!folder->infs[i].disabled && !lists(wanted->inf_files, folder->infs[i].name)) {
            status = fault(drivers->root, folder->infs[i].path, "is an INF that the spec does not expect");
        }
    }
    return status;
}

static enum status check_service(const struct guest_drivers *drivers, const struct driver_folder *folder,
                                 const char *service)
{
    for (size_t i = 0; i < folder->inf_count; ++i) {
        if (!folder->infs[i].disabled && folder_inf_adds_service(&folder->infs[i], service)) {
            return STATUS_DONE;
        }
    }
    return fault(drivers->root, folder->path, "no INF adds the service %s, which the spec expects", service);
}

static enum status check_services(const struct guest_drivers *drivers, const struct spec_driver *wanted,
                                  const struct driver_folder *folder)
{
    enum status status = STATUS_DONE;
    const char **values = NULL;
    const cJSON *item;
    size_t count = 0;

    cJSON_ArrayForEach(item, wanted->services)
    {
        if (check_service(drivers, folder, item->valuestring) != STATUS_DONE) {
            status = STATUS_CHECK_FAILED;
        }
    }
    if (wanted->services_variable == NULL) {
        return status;
    }
    if (!contract_devices_cmd_values(drivers->contract, wanted->services_variable, &values, &count)) {
        return fault(drivers->root, folder->path, "the spec names %s, which devices.cmd does not set",
                     wanted->services_variable);
    }
    for (size_t i = 0; i < count; ++i) {
        if (check_service(drivers, folder, values[i]) != STATUS_DONE) {
            status = STATUS_CHECK_FAILED;
        }
    }
    free(values);
    return status;
}

typedef bool (*id_test)(const char *id, const void *what);

static bool matches(const char *id, const void *expression)
{
    return regexec(expression, id, 0, NULL, 0) == 0;
}

static bool is_covered(const char *id, const void *pattern)
{
    return hardware_id_is_covered(id, pattern);
}

static bool any_id(const struct driver_folder *folder, id_test test, const void *what)
{
    for (size_t i = 0; i < folder->inf_count; ++i) {
        const struct inf_package *package = &folder->infs[i].package;

        for (size_t j = 0; j < package->model_count && !folder->infs[i].disabled; ++j) {
            for (size_t k = 0; k < package->models[j].id_count; ++k) {
                if (test(package->models[j].ids[k], what)) {
                    return true;
                }
            }
        }
    }
    return false;
}

static enum status check_ids(const struct guest_drivers *drivers, const struct spec_driver *wanted,
                             const struct driver_folder *folder)
{
    enum status status = STATUS_DONE;
    const char **values = NULL;
    size_t count = 0;
    bool found = false;

    for (size_t i = 0; i < wanted->ids.count; ++i) {
        if (!any_id(folder, matches, &wanted->ids.compiled[i])) {
            status = fault(drivers->root, folder->path,
                           "no INF binds a hardware ID that matches %s, which the spec expects", wanted->ids.texts[i]);
        }
    }
    if (wanted->ids_variable == NULL) {
        return status;
    }
    if (!contract_devices_cmd_values(drivers->contract, wanted->ids_variable, &values, &count)) {
        return fault(drivers->root, folder->path, "the spec names %s, which devices.cmd does not set",
                     wanted->ids_variable);
    }
    for (size_t i = 0; i < count && !found; ++i) {
        found = any_id(folder, is_covered, values[i]);
    }
    if (!found) {
        status = fault(drivers->root, folder->path, "no INF binds a hardware ID of %s, which the spec expects",
                       wanted->ids_variable);
    }
    free(values);
    return status;
}

enum status guest_driver_check(const struct guest_drivers *drivers, const struct spec_driver *wanted,
                               const struct driver_folder *folder)
{
    enum status status = check_parts(drivers, folder);

    if (check_inf_names(drivers, wanted, folder) != STATUS_DONE) {
        status = STATUS_CHECK_FAILED;
    }
    if (check_services(drivers, wanted, folder) != STATUS_DONE) {
        status = STATUS_CHECK_FAILED;
    }
    if (check_ids(drivers, wanted, folder) != STATUS_DONE) {
        status = STATUS_CHECK_FAILED;
    }
    for (size_t i = 0; i < folder->inf_count; ++i) {
        if (!folder->infs[i].disabled && contract_check_inf(drivers->root, drivers->contract, &folder->infs[i],
                                                            !contract_is_variant(drivers->contract)) != STATUS_DONE) {
            status = STATUS_CHECK_FAILED;
        }
    }
    return status;
}

static bool is_catalog_of_folder(const struct driver_folder *folder, const char *name)
{
    for (size_t i = 0; i < folder->inf_count; ++i) {
        if (strcasecmp(folder->infs[i].package.catalog, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_allowed(const struct spec_driver *wanted, const char *name)
{
    const char *dot = strrchr(name, '.');
    const cJSON *extension;

    cJSON_ArrayForEach(extension, wanted->extensions)
    {
        const char *text = extension->valuestring;

        if (dot != NULL && strcasecmp(dot + 1, text[0] == '.' ? text + 1 : text) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < wanted->paths.count; ++i) {
        if (matches(name, &wanted->paths.compiled[i])) {
            return true;
        }
    }
    return false;
}

enum file_fate guest_driver_file_fate(const struct spec_driver *wanted, const struct driver_folder *folder,
                                      const char *name)
{
    if ((strchr(name, '/') == NULL && ends_with_any_case(name, ".inf")) || is_catalog_of_folder(folder, name) ||
        driver_folder_copies(folder, name) || is_allowed(wanted, name)) {
        return FILE_PACKED;
    }
    return is_build_leftover(name) ? FILE_DROPPED : FILE_REFUSED;
}
