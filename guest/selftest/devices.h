/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Our devices among those of the machine, by the hardware IDs of the contract. */
#ifndef SELFTEST_DEVICES_H
#define SELFTEST_DEVICES_H

#include "marker.h"
#include "platform.h"

enum family { FAMILY_BLK, FAMILY_NET, FAMILY_INPUT, FAMILY_SND, FAMILY_COUNT };

struct device_list {
    struct pci_device all[MOST_DEVICES];
    size_t count;
    enum family family[MOST_DEVICES];
};

/* The contract's service of a family, and its name in marker lines ("virtio-blk"). */
const char *family_service(enum family family);
const char *family_name(enum family family);

/* Keeps our devices and their families; an error of Windows otherwise. */
uint32_t devices_find(struct device_list *list, const struct platform *platform, bool transitional_sound);

const struct pci_device *devices_of(const struct device_list *list, enum family family, size_t index);
size_t devices_count(const struct device_list *list, enum family family);

/* One CONFIG line for each device. */
void devices_report(const struct device_list *list, struct marker *marker);

/* NULL when the device runs with our driver; otherwise why not, a word for a FAIL line. */
const char *device_fault(const struct pci_device *device, enum family family);

/* Writes the FAIL line of a device with a fault, or of none at all. True when all devices of the family run. */
bool devices_bound(const struct device_list *list, enum family family, struct marker *marker, const char *name);

/* Whether `text` has `part` in it, ignoring case: paths and instance names come in any. */
bool text_contains(const char *text, const char *part);

#endif
