/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Pool. Every allocation is one of guest RAM's, with guard pages, and counts as the driver's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cpu.h"
#include "guest_ram.h"
#include "nt_exports.h"
#include "nt_object.h"
#include "verifier.h"

/* POOL_TYPE: bit 0 is set in the paged kinds. */
enum { POOL_PAGED = 1, POOL_RAISE_IF_FAILED = 16 };

static void tag_text(char *text, size_t size, ULONG tag)
{
    char letters[5] = {0};
    for (unsigned i = 0; i < 4; i++) {
        char letter = (char)(tag >> (8 * i));
        letters[i] = letter >= ' ' && letter < 0x7f ? letter : '.';
    }
    snprintf(text, size, "pool %s (tag %08x)", letters, tag);
}

static PVOID allocate(const char *api, ULONG type, SIZE_T bytes, ULONG tag, const void *caller)
{
    char text[32];
    /* "If the PoolType parameter is paged, the caller must be at IRQL <= APC_LEVEL" (ExAllocatePoolWithTag). */
    api_enter(api, PASSIVE_LEVEL, (type & POOL_PAGED) ? APC_LEVEL : DISPATCH_LEVEL);
    if (bytes == 0)
        rule_broken("pool-size-zero", "%s of 0 bytes", api);
    if (tag == 0)
        rule_broken("pool-tag", "%s with tag 0", api);
    if (fail_point("pool")) {
        if (type & POOL_RAISE_IF_FAILED)
            rule_broken("pool-raise", "an allocation that raises an exception when it fails has failed");
        return NULL;
    }
    tag_text(text, sizeof(text), tag);
    return ram_alloc(bytes, module_is_foreign(caller) ? 0 : RAM_DRIVER, text);
}

static PVOID NTAPI ex_allocate_pool_with_tag(ULONG type, SIZE_T bytes, ULONG tag)
{
    return allocate("ExAllocatePoolWithTag", type, bytes, tag, __builtin_return_address(0));
}

static PVOID NTAPI ex_allocate_pool(ULONG type, SIZE_T bytes)
{
    return allocate("ExAllocatePool", type, bytes, 0x656e6f4e /* "None", as Windows marks them */,
                    __builtin_return_address(0));
}

static void NTAPI ex_free_pool_with_tag(PVOID pool, ULONG tag)
{
    char text[32];
    api_enter("ExFreePoolWithTag", PASSIVE_LEVEL, DISPATCH_LEVEL);
    size_t bytes = ram_size(pool);
    const char *owner = ram_tag(pool);
    tag_text(text, sizeof(text), tag);
    unsigned long allocated = strtoul(owner + (sizeof("pool xxxx (tag ") - 1), NULL, 16);
    /* Tag 0 frees whatever the tag; the top bit was PROTECTED_POOL. */
    if (tag != 0 && ((ULONG)allocated & 0x7fffffff) != (tag & 0x7fffffff))
        rule_broken("pool-tag", "%s is freed with the tag of %s", owner, text);
    object_check_free(pool, bytes);
    ram_free(pool);
}

static void NTAPI ex_free_pool(PVOID pool)
{
    ex_free_pool_with_tag(pool, 0);
}

static const struct export_entry entries[] = {
    EXPORT("ExAllocatePoolWithTag", ex_allocate_pool_with_tag),
    EXPORT("ExAllocatePool", ex_allocate_pool),
    EXPORT("ExFreePoolWithTag", ex_free_pool_with_tag),
    EXPORT("ExFreePool", ex_free_pool),
    EXPORT_END,
};
const struct export_table nt_ex_exports = {"ntoskrnl.exe", entries};
