/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Memory descriptor lists. Pages IoAllocateMdl, MmBuildMdlForNonPagedPool, MmMapLockedPagesSpecifyCache, IoFreeMdl. All
 * memory is resident, so locking pages has nothing to do but to leave its mark.
 */
#include <string.h>

#include "wdm_internal.h"
#include "wdm_mdl.h"

enum { MDL_MAPPED = 1, MDL_PAGES_LOCKED = 2, MDL_NONPAGED_POOL = 4, MDL_ALLOCATED_FIXED_SIZE = 8 };

static unsigned pages_of(const void *address, ULONG bytes)
{
    return (unsigned)(((uintptr_t)address % PAGE_BYTES + bytes + PAGE_BYTES - 1) / PAGE_BYTES);
}

MDL *mdl_allocate(void *address, ULONG bytes, bool by_driver)
{
    size_t size = sizeof(MDL) + pages_of(address, bytes) * sizeof(ULONG_PTR);
    MDL *mdl = ram_alloc(size, by_driver ? RAM_DRIVER : 0, "MDL");
    memset(mdl, 0, size);
    mdl->Size = (CSHORT)size;
    mdl->StartVa = (PVOID)((uintptr_t)address & ~(uintptr_t)(PAGE_BYTES - 1));
    mdl->ByteOffset = (ULONG)((uintptr_t)address % PAGE_BYTES);
    mdl->ByteCount = bytes;
    return mdl;
}

static void fill(MDL *mdl)
{
    ULONG_PTR *pages = (ULONG_PTR *)(mdl + 1);
    for (unsigned i = 0; i < pages_of((uint8_t *)mdl->StartVa + mdl->ByteOffset, mdl->ByteCount); i++)
        pages[i] = (ULONG_PTR)(ram_physical((uint8_t *)mdl->StartVa + i * PAGE_BYTES) / PAGE_BYTES);
}

void mdl_lock(MDL *mdl)
{
    fill(mdl);
    mdl->MdlFlags |= MDL_PAGES_LOCKED;
}

void mdl_free(MDL *mdl)
{
    ram_free(mdl);
}

static PMDL NTAPI io_allocate_mdl(PVOID address, ULONG bytes, BOOLEAN secondary, BOOLEAN charge, PIRP irp)
{
    (void)charge;
    api_enter("IoAllocateMdl", PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (fail_point("mdl"))
        return NULL;
    MDL *mdl = mdl_allocate(address, bytes, true);
    if (irp != NULL && !secondary)
        irp->MdlAddress = mdl;
    return mdl;
}

static void NTAPI io_free_mdl(PMDL mdl)
{
    api_enter("IoFreeMdl", PASSIVE_LEVEL, DISPATCH_LEVEL);
    mdl_free(mdl);
}

static void NTAPI mm_build_mdl_for_non_paged_pool(PMDL mdl)
{
    api_enter("MmBuildMdlForNonPagedPool", PASSIVE_LEVEL, DISPATCH_LEVEL);
    fill(mdl);
    mdl->MdlFlags |= MDL_NONPAGED_POOL;
    mdl->MappedSystemVa = (uint8_t *)mdl->StartVa + mdl->ByteOffset;
}

static PVOID NTAPI mm_map_locked_pages_specify_cache(PMDL mdl, CHAR mode, ULONG cache, PVOID base, ULONG bug_check,
                                                     ULONG priority)
{
    (void)cache;
    (void)base;
    (void)bug_check;
    (void)priority;
    api_enter("MmMapLockedPagesSpecifyCache", PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (mode != 0)
        rule_broken("not-provided", "MmMapLockedPagesSpecifyCache into a user's address space");
    if ((mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_NONPAGED_POOL)) == 0)
        rule_broken("mdl", "MmMapLockedPagesSpecifyCache of an MDL whose pages are not locked");
    if (fail_point("mdl-mapping"))
        return NULL;
    mdl->MdlFlags |= MDL_MAPPED;
    mdl->MappedSystemVa = (uint8_t *)mdl->StartVa + mdl->ByteOffset;
    return mdl->MappedSystemVa;
}

static void NTAPI mm_unmap_locked_pages(PVOID base, PMDL mdl)
{
    (void)base;
    api_enter("MmUnmapLockedPages", PASSIVE_LEVEL, DISPATCH_LEVEL);
    mdl->MdlFlags &= ~MDL_MAPPED;
}

static const struct export_entry entries[] = {
    EXPORT("IoAllocateMdl", io_allocate_mdl),
    EXPORT("IoFreeMdl", io_free_mdl),
    EXPORT("MmBuildMdlForNonPagedPool", mm_build_mdl_for_non_paged_pool),
    EXPORT("MmMapLockedPagesSpecifyCache", mm_map_locked_pages_specify_cache),
    EXPORT("MmUnmapLockedPages", mm_unmap_locked_pages),
    EXPORT_END,
};
const struct export_table wdm_mdl_exports = {"ntoskrnl.exe", entries};
