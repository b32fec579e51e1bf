/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/contract_rules.h"

#include "base/text.h"
#include "virtio_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Contract v1: the revision is the contract's major version. */
#define CONTRACT_REVISION 0x01u

/* Every pattern is compared with every other: more than any contract will have, and few enough for that. */
#define DEVICES_LIMIT 256
#define PATTERNS_LIMIT 4096

struct rules {
    const char *path;
    const struct contract_device *device;
    unsigned violations;
};

__attribute__((format(printf, 2, 3))) static void violation(struct rules *rules, const char *format, ...)
{
    char *place = xformat("%s: device \"%s\"", rules->path, rules->device->name);
    va_list arguments;
    char *reason;

    va_start(arguments, format);
    reason = xvformat(format, arguments);
    va_end(arguments);
    diag_error(place, "%s", reason);
    free(reason);
    free(place);
    ++rules->violations;
}

static void check_type(struct rules *rules)
{
    const struct contract_device *device = rules->device;

    if (starts_with(device->name, "virtio-") && !device->has_type) {
        violation(rules, "is named virtio-* and needs \"virtio_device_type\"");
    }
    if (!device->has_type) {
        return;
    }
    if (device->vendor != VIRTIO_PCI_VENDOR_ID) {
        violation(rules, "has a virtio device type, so \"pci_vendor_id\" must be 0x%04X, not 0x%04X",
                  VIRTIO_PCI_VENDOR_ID, device->vendor);
    }
    /* VIRTIO 1.x, 4.1.2 "PCI Device Discovery": the PCI device ID is 0x1040 plus the virtio device ID. */
    if (device->type < 1 || device->device != (unsigned)(VIRTIO_PCI_MODERN_DEVICE_ID_FIRST + device->type)) {
        violation(rules, "\"pci_device_id\" is 0x%04X, but virtio device type %d makes it 0x%04X", device->device,
                  device->type, (unsigned)(VIRTIO_PCI_MODERN_DEVICE_ID_FIRST + device->type));
    }
}

static void check_pattern(struct rules *rules, const struct contract_pattern *pattern)
{
    const struct contract_device *device = rules->device;
    struct contract_pattern parsed;

    if (!contract_pattern_parse(pattern->text, &parsed)) {
        violation(rules, "pattern \"%s\" is not of the form PCI\\VEN_hhhh&DEV_hhhh[&SUBSYS_hhhhhhhh][&REV_hh]",
                  pattern->text);
        return;
    }
    if (parsed.vendor != device->vendor || parsed.device != device->device) {
        violation(rules, "pattern \"%s\" names VEN_%04X&DEV_%04X, but the device is VEN_%04X&DEV_%04X", pattern->text,
                  parsed.vendor, parsed.device, device->vendor, device->device);
    }
    if (device->vendor == VIRTIO_PCI_VENDOR_ID && parsed.has_revision && parsed.revision != CONTRACT_REVISION) {
        violation(rules, "pattern \"%s\" names REV_%02X; contract version 1 is REV_%02X", pattern->text,
                  parsed.revision, CONTRACT_REVISION);
    }
    if (parsed.has_subsystem && parsed.subsystem_vendor != device->vendor) {
        violation(rules, "pattern \"%s\" names subsystem vendor %04X; it is the vendor's, %04X", pattern->text,
                  parsed.subsystem_vendor, device->vendor);
    }
}

static const struct contract_pattern *find_pattern(const struct contract_device *device, bool subsystem,
                                                   unsigned subsystem_device, bool revision)
{
    for (size_t i = 0; i < device->pattern_count; ++i) {
        const struct contract_pattern *pattern = &device->patterns[i];

        if (pattern->has_subsystem == subsystem && pattern->has_revision == revision &&
            (!subsystem || pattern->subsystem_device == subsystem_device)) {
            return pattern;
        }
    }
    return NULL;
}

/* A virtio entry has all four shapes; each subsystem that it names is named with and without the revision. */
static void check_shapes(struct rules *rules)
{
    const struct contract_device *device = rules->device;
    bool revision = false;
    bool subsystem = false;

    for (size_t i = 0; i < device->pattern_count; ++i) {
        const struct contract_pattern *pattern = &device->patterns[i];

        revision = revision || pattern->has_revision;
        subsystem = subsystem || pattern->has_subsystem;
        if (device->vendor == VIRTIO_PCI_VENDOR_ID && pattern->has_subsystem &&
            find_pattern(device, true, pattern->subsystem_device, !pattern->has_revision) == NULL) {
            violation(rules, "names SUBSYS_%04X%04X %s REV_%02X only; both forms are needed", pattern->subsystem_device,
                      pattern->subsystem_vendor, pattern->has_revision ? "with" : "without", CONTRACT_REVISION);
        }
    }
    if (device->vendor == VIRTIO_PCI_VENDOR_ID && !revision) {
        violation(rules, "has no pattern with REV_%02X", CONTRACT_REVISION);
    }
    if (!starts_with(device->name, "virtio-")) {
        return;
    }
    if (!subsystem) {
        violation(rules, "has no pattern with SUBSYS_");
    }
    if (find_pattern(device, false, 0, true) == NULL) {
        violation(rules, "has no pattern PCI\\VEN_%04X&DEV_%04X&REV_%02X", device->vendor, device->device,
                  CONTRACT_REVISION);
    }
    if (find_pattern(device, false, 0, false) == NULL) {
        violation(rules, "has no pattern PCI\\VEN_%04X&DEV_%04X", device->vendor, device->device);
    }
}

static void check_uniqueness(struct rules *rules, const struct contract_device *other)
{
    const struct contract_device *device = rules->device;

    /* Ignoring case: the names become file names and registry keys on Windows. */
    if (strcasecmp(device->name, other->name) == 0) {
        violation(rules, "the name is used twice (\"%s\"); names are compared without regard to case", other->name);
    } else if (strcmp(device->macro, other->macro) == 0) {
        violation(rules, "and \"%s\" would both be %s in generated files", other->name, device->macro);
    }
    for (size_t i = 0; i < device->pattern_count; ++i) {
        for (size_t j = 0; j < other->pattern_count; ++j) {
            if (strcasecmp(device->patterns[i].text, other->patterns[j].text) == 0) {
                violation(rules, "pattern \"%s\" is also claimed by \"%s\"", device->patterns[i].text, other->name);
            }
        }
    }
}

static void check_device(struct rules *rules)
{
    const struct contract_device *device = rules->device;

    check_type(rules);
    for (size_t i = 0; i < device->pattern_count; ++i) {
        check_pattern(rules, &device->patterns[i]);
        for (size_t j = i + 1; j < device->pattern_count; ++j) {
            if (strcasecmp(device->patterns[i].text, device->patterns[j].text) == 0) {
                violation(rules, "pattern \"%s\" is given twice", device->patterns[i].text);
            }
        }
    }
    check_shapes(rules);
}

static enum status check_size(const char *path, const struct contract *contract)
{
    size_t patterns = 0;

    for (size_t i = 0; i < contract->device_count; ++i) {
        patterns += contract->devices[i].pattern_count;
    }
    if (contract->device_count > DEVICES_LIMIT || patterns > PATTERNS_LIMIT) {
        diag_error(path, "$.devices: has %zu entries with %zu patterns; at most %d with %d are allowed",
                   contract->device_count, patterns, DEVICES_LIMIT, PATTERNS_LIMIT);
        return STATUS_CHECK_FAILED;
    }
    return STATUS_DONE;
}

enum status contract_check_rules(const char *path, const struct contract *contract)
{
    struct rules rules = {.path = path};

    if (check_size(path, contract) != STATUS_DONE) {
        return STATUS_CHECK_FAILED;
    }
    for (size_t i = 0; i < contract->device_count; ++i) {
        rules.device = &contract->devices[i];
        check_device(&rules);
        for (size_t j = i + 1; j < contract->device_count; ++j) {
            check_uniqueness(&rules, &contract->devices[j]);
        }
    }
    return rules.violations > 0 ? STATUS_CHECK_FAILED : STATUS_DONE;
}
