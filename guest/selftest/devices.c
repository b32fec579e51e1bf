/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "devices.h"

#include "contract_ids.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct family_ids {
    const char *name;
    const char *service;
    uint16_t vendor;
    uint16_t device;
    uint16_t transitional;
};

static const struct family_ids families[FAMILY_COUNT] = {
    [FAMILY_BLK] = {"virtio-blk", AERO_VIRTIO_BLK_SERVICE, AERO_VIRTIO_BLK_VENDOR_ID, AERO_VIRTIO_BLK_DEVICE_ID, 0},
    [FAMILY_NET] = {"virtio-net", AERO_VIRTIO_NET_SERVICE, AERO_VIRTIO_NET_VENDOR_ID, AERO_VIRTIO_NET_DEVICE_ID, 0},
    [FAMILY_INPUT] = {"virtio-input", AERO_VIRTIO_INPUT_SERVICE, AERO_VIRTIO_INPUT_VENDOR_ID,
                      AERO_VIRTIO_INPUT_DEVICE_ID, 0},
    [FAMILY_SND] = {"virtio-snd", AERO_VIRTIO_SND_SERVICE, AERO_VIRTIO_SND_VENDOR_ID, AERO_VIRTIO_SND_DEVICE_ID,
                    AERO_VIRTIO_SND_TRANSITIONAL_DEVICE_ID},
};

const char *family_service(enum family family)
{
    return families[family].service;
}

const char *family_name(enum family family)
{
    return families[family].name;
}

static bool starts_with(const char *text, const char *start, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (toupper((unsigned char)text[i]) != toupper((unsigned char)start[i])) {
            return false;
        }
    }
    return true;
}

bool text_contains(const char *text, const char *part)
{
    size_t length = strlen(part);
    size_t size = strlen(text);

    for (size_t i = 0; i + length <= size; i++) {
        if (starts_with(text + i, part, length)) {
            return true;
        }
    }
    return false;
}

/* An ID is VEN and DEV and then ends or goes on with '&': one more digit would be another device. */
static bool has_id(const struct pci_device *device, uint16_t vendor, uint16_t id)
{
    char wanted[32];
    size_t length = (size_t)snprintf(wanted, sizeof(wanted), "PCI\\VEN_%04X&DEV_%04X", vendor, id);

    for (size_t i = 0; i < device->hardware_id_count; i++) {
        const char *text = device->hardware_ids[i];

        if (strlen(text) >= length && starts_with(text, wanted, length) && (text[length] == 0 || text[length] == '&')) {
            return true;
        }
    }
    return false;
}

static bool find_family(const struct pci_device *device, bool transitional_sound, enum family *family)
{
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        const struct family_ids *ids = &families[i];

        if (has_id(device, ids->vendor, ids->device) ||
            (transitional_sound && ids->transitional != 0 && has_id(device, ids->vendor, ids->transitional))) {
            *family = (enum family)i;
            return true;
        }
    }
    return false;
}

uint32_t devices_find(struct device_list *list, const struct platform *platform, bool transitional_sound)
{
    size_t found = 0;
    uint32_t error = platform->pci_devices(platform->context, list->all, MOST_DEVICES, &found);

    list->count = 0;
    if (error != 0) {
        return error;
    }
    for (size_t i = 0; i < found; i++) {
        enum family family;

        if (!find_family(&list->all[i], transitional_sound, &family)) {
            continue;
        }
        list->all[list->count] = list->all[i];
        list->family[list->count++] = family;
    }
    return 0;
}

const struct pci_device *devices_of(const struct device_list *list, enum family family, size_t index)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->family[i] == family && index-- == 0) {
            return &list->all[i];
        }
    }
    return NULL;
}

size_t devices_count(const struct device_list *list, enum family family)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        count += list->family[i] == family;
    }
    return count;
}

void devices_report(const struct device_list *list, struct marker *marker)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct pci_device *device = &list->all[i];

        marker_begin(marker, "CONFIG");
        marker_text(marker, "device", family_name(list->family[i]));
        marker_text(marker, "instance", device->instance);
        marker_text(marker, "hwid", device->hardware_ids[0]);
        marker_text(marker, "service", device->service);
        marker_text(marker, "driver_version", device->driver_version);
        marker_text(marker, "provider", device->driver_provider);
        marker_number(marker, "problem", device->problem);
        marker_end(marker);
    }
}

const char *device_fault(const struct pci_device *device, enum family family)
{
    const char *service = family_service(family);

    if (*device->service == 0) {
        return "driver_not_installed";
    }
    if (strlen(device->service) != strlen(service) || !starts_with(device->service, service, strlen(service))) {
        return "other_driver_bound";
    }
    return device->problem != 0 ? "device_problem" : NULL;
}

bool devices_bound(const struct device_list *list, enum family family, struct marker *marker, const char *name)
{
    const struct pci_device *device = devices_of(list, family, 0);

    if (device == NULL) {
        marker_fail(marker, name, "device_missing");
        return false;
    }
    for (size_t i = 0; (device = devices_of(list, family, i)) != NULL; i++) {
        const char *fault = device_fault(device, family);

        if (fault != NULL) {
            marker_test(marker, name, OUTCOME_FAIL);
            marker_text(marker, "reason", fault);
            marker_text(marker, "instance", device->instance);
            marker_text(marker, "service", device->service);
            marker_number(marker, "problem", device->problem);
            marker_end(marker);
            return false;
        }
    }
    return true;
}
