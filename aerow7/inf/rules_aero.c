/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Our own rules about one INF, asked when a contract is given: what it claims is what the contract says. */
#include "inf/inf_check.h"

#include "inf/inf_identity.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Calls `visit` for each ID of each model, of every Windows. */
static void each_id(const struct check *check, void (*visit)(const struct check *check, const struct inf_value *id))
{
    for (size_t i = 0; check->contract != NULL && i < check->references->models_count; ++i) {
        const struct inf_section *models = check->references->models[i];

        for (size_t j = 0; j < models->line_count; ++j) {
            for (size_t k = 1; k < models->lines[j].value_count; ++k) {
                if (models->lines[j].values[k].text[0] != 0) {
                    visit(check, &models->lines[j].values[k]);
                }
            }
        }
    }
}

static void rule_ascii(const struct check *check)
{
    if (check->contract == NULL || check->inf->encoding == INF_ASCII) {
        return;
    }
    if (check->inf->line_beyond_ascii != 0) {
        inf_report(check, "aero-ascii", check->inf->line_beyond_ascii, "the line has a character that is not ASCII");
    } else {
        inf_report(check, "aero-ascii", 1, "the file is not ASCII, though all of its characters are");
    }
}

static const struct contract_device *transitional_device(const struct contract *contract,
                                                         const struct contract_pattern *pattern)
{
    for (size_t i = 0; i < contract->device_count; ++i) {
        const struct contract_device *device = &contract->devices[i];

        if (device->has_transitional && device->vendor == pattern->vendor && device->transitional == pattern->device) {
            return device;
        }
    }
    return NULL;
}

static bool is_inf_of(const struct check *check, const struct contract_device *device)
{
    char *name = inf_file_name(check->inf->place);
    char *original = inf_alias_original(name);
    bool is = strcasecmp(name, device->inf) == 0 || (original != NULL && strcasecmp(original, device->inf) == 0);

    free(original);
    free(name);
    return is;
}

static void id_of_contract(const struct check *check, const struct inf_value *id)
{
    const struct contract_device *device = inf_contract_device(check->contract, id->text);
    struct contract_pattern pattern;

    if (device == NULL) {
        if (!contract_pattern_parse(id->text, &pattern) || transitional_device(check->contract, &pattern) == NULL) {
            inf_report(check, "aero-id", id->line, "%s is none of the contract's hardware IDs", id->text);
        }
    } else if (!is_inf_of(check, device)) {
        inf_report(check, "aero-id", id->line, "%s belongs to %s, whose INF is %s", id->text, device->name,
                   device->inf);
    }
}

static void check_services(const struct check *check, const struct inf_package *package)
{
    const struct contract_device *device = NULL;

    for (size_t i = 0; i < package->model_count && device == NULL; ++i) {
        for (size_t j = 0; j < package->models[i].id_count && device == NULL; ++j) {
            device = inf_contract_device(check->contract, package->models[i].ids[j]);
        }
    }
    for (size_t i = 0; device != NULL && i < package->service_count; ++i) {
        const struct inf_service *service = &package->services[i];

        if ((service->flags & 2) != 0 && strcasecmp(service->name, device->service) != 0) {
            inf_report(check, "aero-id", service->line, "the service of %s is %s by the contract, not %s", device->name,
                       device->service, service->name);
        }
    }
}

static void rule_id(const struct check *check)
{
    each_id(check, id_of_contract);
    if (check->contract != NULL) {
        check_services(check, &check->packages[INF_X86]);
        check_services(check, &check->packages[INF_AMD64]);
    }
}

/* The revision is the contract's major version: a driver must refuse one that it does not know, or never see it. */
static void id_gated(const struct check *check, const struct inf_value *id)
{
    const struct contract_device *device;
    struct contract_pattern pattern;
    bool gated = false;

    if (!contract_pattern_parse(id->text, &pattern)) {
        return;
    }
    device = transitional_device(check->contract, &pattern);
    if (device != NULL && inf_is_opt_in(check->inf->place)) {
        /* Chosen by whoever takes it: nothing installs it with the others. */
        return;
    }
    if (device != NULL) {
        inf_report(check, "aero-revision-gate", id->line,
                   "%s is the transitional ID of %s; the contract is modern only", id->text, device->name);
        return;
    }
    device = inf_contract_device(check->contract, id->text);
    for (size_t i = 0; device != NULL && i < device->pattern_count; ++i) {
        gated |= device->patterns[i].has_revision;
    }
    if (gated && !pattern.has_revision) {
        inf_report(check, "aero-revision-gate", id->line,
                   "%s has no &REV_: the driver would bind to devices of a later contract", id->text);
    }
}

static void rule_revision_gate(const struct check *check)
{
    each_id(check, id_gated);
}

static const struct inf_rule rules[] = {
    {"aero-ascii", SEVERITY_ERROR, "the file is ASCII (with --contract)", rule_ascii},
    {"aero-id", SEVERITY_ERROR, "IDs, service and file name agree with the contract (with --contract)", rule_id},
    {"aero-revision-gate", SEVERITY_ERROR,
     "each ID names the contract's revision, none is transitional (with --contract)", rule_revision_gate},
};

const struct inf_rules inf_rules_aero = {rules, sizeof(rules) / sizeof(rules[0])};
