/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What a miniport gets from the port driver to reach its device: configuration space, register mappings, the uncached
 * extension, physical addresses and scatter/gather lists. Each routine follows the documentation page of its name.
 */
#include "storport_internal.h"

#include <stdlib.h>
#include <string.h>

#include "storport_exports.h"

#define PCI_CONFIG_BYTES 256u
#define NO_DEVICE_BYTES 2u /* "The PCI bus exists, but there is no device at the given PCI SlotNumber" */

/* ---- configuration space ---- */

static bool is_our_function(const adapter *a, ULONG type, ULONG bus, ULONG slot)
{
    return type == PCIConfiguration && bus == a->given.SystemIoBusNumber && slot == a->given.SlotNumber;
}

static ULONG NTAPI get_bus_data(PVOID extension, ULONG type, ULONG bus, ULONG slot, PVOID buffer, ULONG length)
{
    adapter *a = port_enter(extension, "StorPortGetBusData", DISPATCH_LEVEL,
                            IN(CALLBACK_FIND_ADAPTER) | IN(CALLBACK_CONTROL_RUNNING));
    pci_bus *pci = a->device->bus;
    uint16_t vendor;

    if (fail_point("bus-data") || type != PCIConfiguration || bus != a->given.SystemIoBusNumber)
        return 0;
    for (unsigned offset = 0; offset < PCI_CONFIG_BYTES; offset += 4) {
        uint32_t value =
            is_our_function(a, type, bus, slot) ? pci->ops->config_read(pci, pci->bdf, offset, 4) : 0xFFFFFFFFu;

        memcpy(a->pci_config + offset, &value, 4);
    }
    if (length == 0) {
        /* "points to a location to which the OS-specific port driver returns a pointer to a buffer that it allocates"
         */
        *(void **)buffer = a->pci_config;
        length = PCI_CONFIG_BYTES;
    } else {
        length = length < PCI_CONFIG_BYTES ? length : PCI_CONFIG_BYTES;
        memcpy(buffer, a->pci_config, length);
    }
    memcpy(&vendor, a->pci_config, sizeof(vendor));
    return vendor == 0xFFFF ? NO_DEVICE_BYTES : length;
}

static ULONG NTAPI set_bus_data_by_offset(PVOID extension, ULONG type, ULONG bus, ULONG slot, PVOID buffer,
                                          ULONG offset, ULONG length)
{
    adapter *a = port_enter(extension, "StorPortSetBusDataByOffset", DISPATCH_LEVEL,
                            IN(CALLBACK_FIND_ADAPTER) | IN(CALLBACK_CONTROL_RUNNING));
    pci_bus *pci = a->device->bus;
    const uint8_t *bytes = buffer;

    if (!is_our_function(a, type, bus, slot) || offset >= PCI_CONFIG_BYTES || length > PCI_CONFIG_BYTES - offset)
        return 0;
    for (ULONG i = 0; i < length; i++)
        pci->ops->config_write(pci, pci->bdf, offset + i, 1, bytes[i]);
    return length;
}

/* ---- register mappings ---- */

static PVOID NTAPI get_device_base(PVOID extension, INTERFACE_TYPE type, ULONG bus, STOR_PHYSICAL_ADDRESS address,
                                   ULONG bytes, BOOLEAN in_io_space)
{
    adapter *a = port_enter(extension, "StorPortGetDeviceBase", PASSIVE_LEVEL, IN(CALLBACK_FIND_ADAPTER));
    uint64_t physical = (uint64_t)address.QuadPart;
    struct device_mapping *mapping;

    if (type != PCIBus || bus != a->given.SystemIoBusNumber || bytes == 0 || fail_point("mapping"))
        return NULL;
    for (unsigned i = 0; i < a->range_count; i++) {
        uint64_t start = (uint64_t)a->ranges[i].RangeStart.QuadPart;

        if (physical < start || physical - start >= a->ranges[i].RangeLength ||
            bytes > a->ranges[i].RangeLength - (physical - start))
            continue;
        if ((a->ranges[i].RangeInMemory != 0) == (in_io_space != 0))
            continue; /* "a miniport driver must invert the value" */
        if (in_io_space)
            return (PVOID)(uintptr_t)physical;
        mapping = calloc(1, sizeof(*mapping));
        if (mapping == NULL)
            environment_failed("out of memory");
        mapping->physical = physical;
        mapping->bytes = bytes;
        mapping->address = mmio_map(physical, bytes);
        mapping->next = a->mappings;
        a->mappings = mapping;
        return mapping->address;
    }
    return NULL; /* "supports only those addresses that were assigned to the driver by the system Plug and Play (PnP)
                    manager" */
}

static VOID NTAPI free_device_base(PVOID extension, PVOID address)
{
    adapter *a = port_enter(extension, "StorPortFreeDeviceBase", PASSIVE_LEVEL, IN_ANY);

    for (struct device_mapping **at = &a->mappings; *at != NULL; at = &(*at)->next) {
        struct device_mapping *mapping = *at;

        if (mapping->address != address)
            continue;
        *at = mapping->next;
        mmio_unmap(mapping->address);
        free(mapping);
        return;
    }
    port_rule(a, "device-base", "StorPortFreeDeviceBase of %p, which StorPortGetDeviceBase did not return", address);
}

/* ---- the uncached extension ---- */

static PVOID NTAPI get_uncached_extension(PVOID extension, PPORT_CONFIGURATION_INFORMATION config, ULONG bytes)
{
    adapter *a = port_enter(extension, "StorPortGetUncachedExtension", PASSIVE_LEVEL, IN(CALLBACK_FIND_ADAPTER));

    if (config != a->config)
        port_rule(a, "uncached-extension", "ConfigInfo is not the block that HwStorFindAdapter was given");
    if (a->uncached != NULL) {
        if (bytes > a->uncached_bytes)
            port_rule(a, "uncached-extension",
                      "second call asks for %u bytes, but returns the current extension of %u bytes", (unsigned)bytes,
                      (unsigned)a->uncached_bytes);
        return a->uncached;
    }
    if (bytes == 0 || (a->dump && bytes > DUMP_MEMORY_LIMIT) || fail_point("uncached-extension"))
        return NULL;
    memcpy(&a->at_uncached, a->config, a->config_length);
    /* A common buffer of an adapter without full 64-bit support (Windows 8) lies below 4 GiB. */
    a->uncached = ram_alloc(bytes, RAM_CONTIGUOUS | RAM_BELOW_4G | RAM_PAGE_ALIGNED, "uncached extension");
    a->uncached_bytes = bytes;
    dma_grant(a->uncached, ram_physical(a->uncached), bytes, DMA_DEVICE_READS | DMA_DEVICE_WRITES,
              "uncached extension");
    return a->uncached;
}

void resources_release(adapter *a)
{
    while (a->mappings != NULL) {
        struct device_mapping *mapping = a->mappings;

        a->mappings = mapping->next;
        mmio_unmap(mapping->address);
        free(mapping);
    }
    if (a->uncached != NULL) {
        dma_revoke(a->uncached);
        ram_free(a->uncached);
    }
    a->uncached = NULL;
    a->uncached_bytes = 0;
}

/* ---- physical addresses ---- */

/* Bytes from `address` on that are physically contiguous, at most `limit`. */
static uint32_t contiguous_bytes(const uint8_t *address, uint32_t limit)
{
    uint64_t physical = ram_physical(address);
    uint32_t bytes = PAGE_BYTES - (uint32_t)((uintptr_t)address & (PAGE_BYTES - 1));

    while (bytes < limit && ram_physical(address + bytes) == physical + bytes)
        bytes += PAGE_BYTES;
    return bytes < limit ? bytes : limit;
}

static bool within(const void *address, const void *start, uint32_t bytes)
{
    return start != NULL && (uintptr_t)address >= (uintptr_t)start && (uintptr_t)address - (uintptr_t)start < bytes;
}

static uint64_t translate(const uint8_t *address, const uint8_t *start, uint32_t bytes, ULONG *length)
{
    uint32_t left = bytes - (uint32_t)(address - start);

    if (length != NULL)
        *length = contiguous_bytes(address, left);
    return ram_physical(address);
}

static uint64_t translate_request(adapter *a, SCSI_REQUEST_BLOCK *srb, const uint8_t *address, ULONG *length)
{
    struct request_slot *slot = slot_find(a, srb);
    struct request *r;

    if (slot == NULL || (slot->state != SLOT_BUILDING && slot->state != SLOT_STARTED))
        rule_broken("srb-not-outstanding", "StorPortGetPhysicalAddress for SRB %p, which the miniport does not own",
                    (void *)srb);
    r = slot->request;
    if (r->buffer != NULL && within(address, slot->given.DataBuffer, r->transfer)) {
        const uint8_t *real = r->buffer->bytes + (address - (const uint8_t *)slot->given.DataBuffer);

        return translate(real, r->buffer->bytes, r->transfer, length);
    }
    if (within(address, slot->sense, slot->given.SenseInfoBufferLength))
        return translate(address, slot->sense, slot->given.SenseInfoBufferLength, length);
    if (within(address, slot->extension, slot->extension_bytes))
        return translate(address, slot->extension, slot->extension_bytes, length);
    return NO_PHYSICAL;
}

static bool translate_pool(adapter *a, const uint8_t *address, ULONG *length, uint64_t *physical)
{
    for (struct pool_block *block = a->pool; block != NULL; block = block->next) {
        uint32_t bytes = (uint32_t)ram_size(block->address);

        if (!within(address, block->address, bytes))
            continue;
        *physical = translate(address, block->address, bytes, length);
        for (uint32_t at = 0; !block->granted && at < bytes;) {
            uint32_t run = contiguous_bytes((uint8_t *)block->address + at, bytes - at);

            dma_grant(block->address, ram_physical((uint8_t *)block->address + at), run,
                      DMA_DEVICE_READS | DMA_DEVICE_WRITES, "miniport's pool");
            at += run;
        }
        block->granted = true;
        return true;
    }
    return false;
}

/* The device extension is not meant for DMA, but a miniport that asks for its address may use it so. */
static void grant_extension(adapter *a)
{
    for (uint32_t at = 0; !a->extension_granted && at < a->init.DeviceExtensionSize;) {
        uint32_t run = contiguous_bytes(a->extension + at, a->init.DeviceExtensionSize - at);

        dma_grant(a->extension, ram_physical(a->extension + at), run, DMA_DEVICE_READS | DMA_DEVICE_WRITES,
                  "device extension");
        at += run;
    }
    a->extension_granted = true;
}

static uint64_t translate_own(adapter *a, const uint8_t *address, ULONG *length)
{
    uint64_t physical;

    if (within(address, a->uncached, a->uncached_bytes))
        return translate(address, a->uncached, a->uncached_bytes, length);
    if (within(address, a->extension, a->init.DeviceExtensionSize)) {
        grant_extension(a);
        return translate(address, a->extension, a->init.DeviceExtensionSize, length);
    }
    for (struct request_slot *slot = a->outstanding; slot != NULL; slot = slot->next) {
        if (within(address, slot->extension, slot->extension_bytes))
            return translate(address, slot->extension, slot->extension_bytes, length);
        if (slot->request->buffer != NULL && within(address, slot->given.DataBuffer, slot->request->transfer))
            rule_broken("physical-address",
                        "StorPortGetPhysicalAddress(%p) lies in the DataBuffer of SRB %p: \"the caller also must "
                        "provide the Srb pointer\"",
                        (const void *)address, (void *)slot->srb);
    }
    return translate_pool(a, address, length, &physical) ? physical : NO_PHYSICAL;
}

/* Returns STOR_PHYSICAL_ADDRESS, which both Windows ABIs return in registers as the 64-bit integer that it is; the i386
 * System V ABI would return the union in memory. */
static ULONGLONG NTAPI get_physical_address(PVOID extension, PSCSI_REQUEST_BLOCK srb, PVOID address, PULONG length)
{
    adapter *a = port_enter(extension, "StorPortGetPhysicalAddress", HIGH_LEVEL, IN_ANY);
    uint64_t physical;

    if (callback_current() == CALLBACK_FIND_ADAPTER && fail_point("physical-address"))
        physical = NO_PHYSICAL;
    else {
        physical = srb != NULL ? translate_request(a, srb, address, length) : translate_own(a, address, length);
        if (physical == NO_PHYSICAL)
            port_rule(
                a, "physical-address",
                "StorPortGetPhysicalAddress of %p (SRB %p): neither the uncached extension nor memory of a request",
                address, (void *)srb);
    }
    if (physical != NO_PHYSICAL)
        return physical;
    if (length != NULL)
        *length = 0;
    return 0; /* "If the given address cannot be converted, the function returns NULL." */
}

static PVOID NTAPI get_virtual_address(PVOID extension, STOR_PHYSICAL_ADDRESS physical)
{
    adapter *a = port_enter(extension, "StorPortGetVirtualAddress", HIGH_LEVEL, IN_ANY);
    uint8_t *address = ram_virtual((uint64_t)physical.QuadPart);

    if (address != NULL && within(address, a->uncached, a->uncached_bytes))
        return address;
    for (struct request_slot *slot = a->outstanding; address != NULL && slot != NULL; slot = slot->next) {
        if (within(address, slot->extension, slot->extension_bytes))
            return address;
    }
    port_rule(a, "physical-address",
              "StorPortGetVirtualAddress(0x%llx): \"must be from an uncached device extension or SRB extension\"",
              (unsigned long long)physical.QuadPart);
    return NULL;
}

static PSTOR_SCATTER_GATHER_LIST NTAPI get_scatter_gather_list(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    adapter *a = port_enter(extension, "StorPortGetScatterGatherList", HIGH_LEVEL, IN_ANY);
    struct request_slot *slot = slot_find(a, srb);

    if (slot == NULL || (slot->state != SLOT_BUILDING && slot->state != SLOT_STARTED))
        rule_broken("srb-not-outstanding", "StorPortGetScatterGatherList for SRB %p, which the miniport does not own",
                    (void *)srb);
    slot->list_fetched = true;
    return slot->list;
}

static PVOID NTAPI get_logical_unit(PVOID extension, UCHAR path, UCHAR target, UCHAR lun)
{
    adapter *a = port_enter(extension, "StorPortGetLogicalUnit", HIGH_LEVEL, IN_ANY);

    for (struct unit *unit = a->units; unit != NULL; unit = unit->next) {
        if (unit->path == path && unit->target == target && unit->lun == lun)
            return unit->extension;
    }
    return NULL;
}

static BOOLEAN NTAPI validate_range(PVOID extension, INTERFACE_TYPE type, ULONG bus, STOR_PHYSICAL_ADDRESS address,
                                    ULONG bytes, BOOLEAN in_io_space)
{
    (void)type, (void)bus, (void)address, (void)bytes, (void)in_io_space;
    port_enter(extension, "StorPortValidateRange", HIGH_LEVEL, IN(CALLBACK_FIND_ADAPTER));
    return TRUE; /* "this routine always returns TRUE" */
}

void resources_check_pool(adapter *a)
{
    for (struct pool_block *block = a->pool, *next; block != NULL; block = next) {
        next = block->next;
        dma_revoke(block->address);
        free(block); /* the memory itself stays: ram_check_leaks names it */
    }
    a->pool = NULL;
}

static const struct export_entry entries[] = {
    {"StorPortGetBusData", (void *)get_bus_data},
    {"StorPortSetBusDataByOffset", (void *)set_bus_data_by_offset},
    {"StorPortGetDeviceBase", (void *)get_device_base},
    {"StorPortFreeDeviceBase", (void *)free_device_base},
    {"StorPortGetUncachedExtension", (void *)get_uncached_extension},
    {"StorPortGetPhysicalAddress", (void *)get_physical_address},
    {"StorPortGetVirtualAddress", (void *)get_virtual_address},
    {"StorPortGetScatterGatherList", (void *)get_scatter_gather_list},
    {"StorPortGetLogicalUnit", (void *)get_logical_unit},
    {"StorPortValidateRange", (void *)validate_range},
    {NULL, NULL},
};
const struct export_table storport_resource_exports = {"storport.sys", entries};
