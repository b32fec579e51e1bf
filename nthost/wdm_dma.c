/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * DMA adapters with common buffers. Pages IoGetDmaAdapter, DEVICE_DESCRIPTION, DMA_OPERATIONS, PALLOCATE_COMMON_BUFFER,
 * PFREE_COMMON_BUFFER. A device may access what is in a common buffer, and nothing else of the driver's memory.
 */
#include "wdm_dma.h"

#include <stdlib.h>
#include <string.h>

#include "wdm_internal.h"

enum { DESCRIPTION_VERSION_MAX = 2, INTERFACE_PCI = 5, OPERATIONS = 15, MAP_REGISTERS = 64 };

typedef struct _DEVICE_DESCRIPTION {
    ULONG Version;
    BOOLEAN Master, ScatterGather, DemandMode, AutoInitialize, Dma32BitAddresses, IgnoreCount, Reserved1,
        Dma64BitAddresses;
    ULONG BusNumber, DmaChannel, InterfaceType, DmaWidth, DmaSpeed, MaximumLength, DmaPort;
} DEVICE_DESCRIPTION;

typedef struct _DMA_OPERATIONS {
    ULONG Size;
    PVOID Routine[OPERATIONS]; /* PutDmaAdapter, AllocateCommonBuffer, FreeCommonBuffer, ... */
} DMA_OPERATIONS;

typedef struct _DMA_ADAPTER {
    USHORT Version, Size;
    DMA_OPERATIONS *DmaOperations;
} DMA_ADAPTER;

struct common_buffer {
    void *address;
    ULONG bytes;
    uint64_t logical;
    struct common_buffer *next;
};

struct adapter_record {
    DMA_ADAPTER *object;
    bool all_64_bits;
    struct common_buffer *buffers;
    struct adapter_record *next;
};

static struct adapter_record *adapters;

static struct adapter_record *record_of(const DMA_ADAPTER *object, const char *api)
{
    for (struct adapter_record *r = adapters; r != NULL; r = r->next) {
        if (r->object == object)
            return r;
    }
    rule_broken("dma-adapter", "%s with %p, which is no DMA adapter, or one that was put back", api,
                (const void *)object);
}

static void NTAPI put_dma_adapter(DMA_ADAPTER *object)
{
    api_enter("PutDmaAdapter", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct adapter_record *r = record_of(object, "PutDmaAdapter");
    if (r->buffers != NULL)
        rule_broken("dma-adapter", "PutDmaAdapter while a common buffer of %u bytes is not freed",
                    (unsigned)r->buffers->bytes);
    for (struct adapter_record **link = &adapters; *link != NULL; link = &(*link)->next) {
        if (*link == r) {
            *link = r->next;
            break;
        }
    }
    ram_free(object);
    free(r);
}

static PVOID NTAPI allocate_common_buffer(DMA_ADAPTER *object, ULONG bytes, PHYSICAL_ADDRESS *logical, BOOLEAN cached)
{
    (void)cached;
    api_enter("AllocateCommonBuffer", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct adapter_record *r = record_of(object, "AllocateCommonBuffer");
    if (bytes == 0)
        rule_broken("dma-adapter", "AllocateCommonBuffer of 0 bytes");
    if (fail_point("common-buffer"))
        return NULL;
    struct common_buffer *b = calloc(1, sizeof(*b));
    if (b == NULL)
        environment_failed("no memory for a common buffer");
    b->bytes = bytes;
    b->address = ram_alloc(bytes, RAM_DRIVER | RAM_CONTIGUOUS | RAM_PAGE_ALIGNED | (r->all_64_bits ? 0 : RAM_BELOW_4G),
                           "common buffer");
    b->logical = ram_physical(b->address);
    b->next = r->buffers;
    r->buffers = b;
    dma_grant(b, b->logical, bytes, DMA_DEVICE_READS | DMA_DEVICE_WRITES, "a common buffer");
    logical->QuadPart = (LONGLONG)b->logical;
    return b->address;
}

static void NTAPI free_common_buffer(DMA_ADAPTER *object, ULONG bytes, int64_t logical, PVOID address, BOOLEAN cached)
{
    (void)cached;
    api_enter("FreeCommonBuffer", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct adapter_record *r = record_of(object, "FreeCommonBuffer");
    struct common_buffer **link = &r->buffers;
    while (*link != NULL && (*link)->address != address)
        link = &(*link)->next;
    struct common_buffer *b = *link;
    if (b == NULL || b->bytes != bytes || b->logical != (uint64_t)logical)
        rule_broken("dma-adapter",
                    "FreeCommonBuffer of %u bytes at %p, logical %#llx: AllocateCommonBuffer of this adapter gave no "
                    "such buffer",
                    (unsigned)bytes, address, (unsigned long long)logical);
    *link = b->next;
    dma_revoke(b);
    ram_free(b->address);
    free(b);
}

static ULONG NTAPI get_dma_alignment(DMA_ADAPTER *object)
{
    api_enter("GetDmaAlignment", PASSIVE_LEVEL, DISPATCH_LEVEL);
    record_of(object, "GetDmaAlignment");
    return 1;
}

static void NTAPI operation_not_provided(void)
{
    rule_broken("not-provided", "a DMA operation other than common buffers is called");
}

static DMA_OPERATIONS *operations(void)
{
    static DMA_OPERATIONS *table;
    if (table != NULL)
        return table;
    table = ram_alloc(sizeof(*table), 0, "DMA_OPERATIONS");
    table->Size = sizeof(*table);
    for (unsigned i = 0; i < OPERATIONS; i++)
        table->Routine[i] = HOST_DISPATCH(operation_not_provided);
    table->Routine[0] = HOST_DISPATCH(put_dma_adapter);
    table->Routine[1] = HOST_DISPATCH(allocate_common_buffer);
    table->Routine[2] = HOST_DISPATCH(free_common_buffer);
    table->Routine[8] = HOST_DISPATCH(get_dma_alignment);
    return table;
}

PVOID dma_adapter_get(DEVICE_OBJECT *pdo, PVOID pointer, ULONG *map_registers)
{
    const DEVICE_DESCRIPTION *d = pointer;
    api_enter("IoGetDmaAdapter", PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (pdo == NULL || devnode_of_pdo(pdo) == NULL)
        rule_broken("dma-adapter", "IoGetDmaAdapter with %p, which is no physical device object", (void *)pdo);
    /* Version 3 is unknown to Windows 7 (DEVICE_DESCRIPTION: "available starting with Windows 8"). */
    if (d->Version > DESCRIPTION_VERSION_MAX || !d->Master || d->InterfaceType != INTERFACE_PCI)
        rule_broken("dma-adapter",
                    "IoGetDmaAdapter: version %u, master %u, interface type %u do not describe a bus "
                    "master on PCI to Windows 7",
                    (unsigned)d->Version, d->Master, (unsigned)d->InterfaceType);
    if (fail_point("dma-adapter"))
        return NULL;
    struct adapter_record *r = calloc(1, sizeof(*r));
    if (r == NULL)
        environment_failed("no memory for a DMA adapter");
    r->object = ram_alloc(sizeof(*r->object), RAM_DRIVER, "DMA adapter");
    *r->object = (DMA_ADAPTER){.Version = 1, .Size = sizeof(*r->object), .DmaOperations = operations()};
    r->all_64_bits = d->Dma64BitAddresses != 0;
    r->next = adapters;
    adapters = r;
    *map_registers = MAP_REGISTERS;
    return r->object;
}

static PVOID NTAPI io_get_dma_adapter(PDEVICE_OBJECT pdo, PVOID description, PULONG map_registers)
{
    return dma_adapter_get(pdo, description, map_registers);
}

static const struct export_entry entries[] = {
    EXPORT("IoGetDmaAdapter", io_get_dma_adapter),
    EXPORT_END,
};
const struct export_table wdm_dma_exports = {"ntoskrnl.exe", entries};
