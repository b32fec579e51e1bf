/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/contract_match.h"

#include "base/text.h"
#include "pack/fault.h"

#include <string.h>
#include <strings.h>

bool hardware_id_is_covered(const char *id, const char *pattern)
{
    size_t length = strlen(pattern);

    return strncasecmp(id, pattern, length) == 0 && (id[length] == 0 || id[length] == '&');
}

bool folder_inf_adds_service(const struct folder_inf *inf, const char *service)
{
    for (size_t i = 0; i < inf->package.service_count; ++i) {
        if (strcasecmp(inf->package.services[i].name, service) == 0) {
            return true;
        }
    }
    return false;
}

bool contract_names_inf(const struct contract *contract, const char *inf, const char **service)
{
    for (size_t i = 0; i < contract->device_count; ++i) {
        if (strcasecmp(contract->devices[i].inf, inf) == 0) {
            if (service != NULL) {
                *service = contract->devices[i].service;
            }
            return true;
        }
    }
    return false;
}

/* Whether `id` is a pattern of an entry with this INF, word for word. */
static bool is_pattern_of_inf(const struct contract *contract, const char *inf, const char *id)
{
    for (size_t i = 0; i < contract->device_count; ++i) {
        const struct contract_device *device = &contract->devices[i];

        for (size_t j = 0; j < device->pattern_count && strcasecmp(device->inf, inf) == 0; ++j) {
            if (strcasecmp(device->patterns[j].text, id) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool binds(const struct folder_inf *inf, const struct contract_device *device)
{
    for (size_t i = 0; i < inf->package.model_count; ++i) {
        const struct inf_model *model = &inf->package.models[i];

        for (size_t j = 0; j < model->id_count; ++j) {
            for (size_t k = 0; k < device->pattern_count; ++k) {
                if (hardware_id_is_covered(model->ids[j], device->patterns[k].text)) {
                    return true;
                }
            }
        }
    }
    return false;
}

static enum status check_ids(const char *root, const struct contract *contract, const struct folder_inf *inf)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < inf->package.model_count; ++i) {
        const struct inf_model *model = &inf->package.models[i];

        for (size_t j = 0; j < model->id_count; ++j) {
            if (!is_pattern_of_inf(contract, inf->name, model->ids[j])) {
                status = fault(root, inf->path, "line %u binds %s, which the contract does not give to it", model->line,
                               model->ids[j]);
            }
        }
    }
    return status;
}

static enum status check_entries(const char *root, const struct contract *contract, const struct folder_inf *inf,
                                 bool exact)
{
    const char *unbound = NULL;
    size_t bound = 0;

    for (size_t i = 0; i < contract->device_count; ++i) {
        const struct contract_device *device = &contract->devices[i];

        if (strcasecmp(device->inf, inf->name) != 0) {
            continue;
        }
        if (binds(inf, device)) {
            ++bound;
        } else {
            unbound = device->name;
        }
    }
    if (unbound != NULL && (exact || bound == 0)) {
        return fault(root, inf->path, "binds no hardware ID of %s, which the contract gives to it", unbound);
    }
    return STATUS_DONE;
}

enum status contract_check_inf(const char *root, const struct contract *contract, const struct folder_inf *inf,
                               bool exact)
{
    const char *service = NULL;
    enum status status;

    if (!contract_names_inf(contract, inf->name, &service)) {
        return STATUS_DONE;
    }
    status = check_entries(root, contract, inf, exact);
    if (!folder_inf_adds_service(inf, service)) {
        status = fault(root, inf->path, "does not add the service %s that the contract gives to it", service);
    }
    if (exact && check_ids(root, contract, inf) != STATUS_DONE) {
        status = STATUS_CHECK_FAILED;
    }
    return status;
}
