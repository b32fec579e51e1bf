/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Memory: physical addresses, device memory, contiguous memory.
 */
#include <string.h>

#include "cpu.h"
#include "guest_ram.h"
#include "nt_exports.h"
#include "nt_object.h"
#include "trap.h"
#include "verifier.h"

/* The result crosses into the driver in registers (RAX, or EDX:EAX): a 64-bit integer, not a structure of the host's
 * ABI. */
static uint64_t NTAPI mm_get_physical_address(PVOID address)
{
    api_enter("MmGetPhysicalAddress", PASSIVE_LEVEL, HIGH_LEVEL);
    uint64_t physical = ram_physical(address);
    if (physical == NO_PHYSICAL)
        physical = mmio_physical(address);
    if (physical == NO_PHYSICAL)
        rule_broken("physical-address", "MmGetPhysicalAddress of %p, which is neither guest RAM nor device memory",
                    address);
    return physical;
}

bool (*mm_map_allowed)(uint64_t physical, size_t bytes);

static PVOID NTAPI mm_map_io_space(int64_t physical, SIZE_T bytes, ULONG cache)
{
    (void)cache;
    api_enter("MmMapIoSpace", PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (mm_map_allowed != NULL && !mm_map_allowed((uint64_t)physical, bytes))
        rule_broken("mapping-not-assigned",
                    "MmMapIoSpace of %zu bytes at %#llx, which is no memory range of a started device", (size_t)bytes,
                    (unsigned long long)physical);
    if (fail_point("mapping"))
        return NULL;
    return mmio_map((uint64_t)physical, bytes);
}

static void NTAPI mm_unmap_io_space(PVOID address, SIZE_T bytes)
{
    (void)bytes;
    api_enter("MmUnmapIoSpace", PASSIVE_LEVEL, DISPATCH_LEVEL);
    mmio_unmap(address);
}

static PVOID allocate_contiguous(const char *api, SIZE_T bytes, uint64_t highest)
{
    api_enter(api, PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (bytes == 0)
        rule_broken("pool-size-zero", "%s of 0 bytes", api);
    if (fail_point("contiguous"))
        return NULL;
    unsigned flags = RAM_DRIVER | RAM_CONTIGUOUS | RAM_PAGE_ALIGNED;
    if (highest < ram_low_bytes() - 1)
        return NULL; /* below what guest RAM promises to have; the caller copes */
    return ram_alloc(bytes, flags | (highest <= UINT32_MAX ? RAM_BELOW_4G : 0), "contiguous memory");
}

static PVOID NTAPI mm_allocate_contiguous_memory(SIZE_T bytes, int64_t highest)
{
    return allocate_contiguous("MmAllocateContiguousMemory", bytes, (uint64_t)highest);
}

static PVOID NTAPI mm_allocate_contiguous_specify_cache(SIZE_T bytes, int64_t lowest, int64_t highest, int64_t boundary,
                                                        ULONG cache)
{
    (void)lowest;
    (void)cache;
    if (boundary != 0)
        rule_broken("not-provided", "MmAllocateContiguousMemorySpecifyCache with a boundary");
    return allocate_contiguous("MmAllocateContiguousMemorySpecifyCache", bytes, (uint64_t)highest);
}

static void NTAPI mm_free_contiguous_memory(PVOID address)
{
    api_enter("MmFreeContiguousMemory", PASSIVE_LEVEL, DISPATCH_LEVEL);
    object_check_free(address, ram_size(address));
    ram_free(address);
}

static void NTAPI mm_free_contiguous_specify_cache(PVOID address, SIZE_T bytes, ULONG cache)
{
    (void)bytes;
    (void)cache;
    mm_free_contiguous_memory(address);
}

/* Names of ntoskrnl and HAL; a driver asks for what older versions of Windows lack, so NULL is an ordinary answer. */
static PVOID NTAPI mm_get_system_routine_address(const UNICODE_STRING *name)
{
    char plain[128];
    unsigned length = name->Length / 2;
    api_enter("MmGetSystemRoutineAddress", PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (length >= sizeof(plain))
        return NULL;
    for (unsigned i = 0; i < length; i++)
        plain[i] = (char)name->Buffer[i];
    plain[length] = '\0';
    void *address = export_find("ntoskrnl.exe", plain);
    return address != NULL ? address : export_find("hal.dll", plain);
}

static const struct export_entry entries[] = {
    EXPORT("MmGetPhysicalAddress", mm_get_physical_address),
    EXPORT("MmMapIoSpace", mm_map_io_space),
    EXPORT("MmUnmapIoSpace", mm_unmap_io_space),
    EXPORT("MmAllocateContiguousMemory", mm_allocate_contiguous_memory),
    EXPORT("MmAllocateContiguousMemorySpecifyCache", mm_allocate_contiguous_specify_cache),
    EXPORT("MmFreeContiguousMemory", mm_free_contiguous_memory),
    EXPORT("MmFreeContiguousMemorySpecifyCache", mm_free_contiguous_specify_cache),
    EXPORT("MmGetSystemRoutineAddress", mm_get_system_routine_address),
    EXPORT_END,
};
const struct export_table nt_mm_exports = {"ntoskrnl.exe", entries};
