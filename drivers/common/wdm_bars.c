/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wdm_bars.h"

/* Raw resources are what the BARs hold, translated ones what is mapped; both lists have the same order. */
static VOID MapBar(VIRTIO_MODERN_BAR *bar, UINT64 address, const CM_RESOURCE_LIST *raw,
                   const CM_RESOURCE_LIST *translated)
{
    const CM_PARTIAL_RESOURCE_LIST *rawList = &raw->List[0].PartialResourceList;
    const CM_PARTIAL_RESOURCE_LIST *list = &translated->List[0].PartialResourceList;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *rawAt = rawList->PartialDescriptors;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *at = list->PartialDescriptors;

    for (ULONG i = 0; i < rawList->Count && i < list->Count; i++, rawAt++, at++) {
        if (rawAt->Type == CmResourceTypeMemory && at->Type == CmResourceTypeMemory &&
            (UINT64)rawAt->u.Memory.Start.QuadPart == address && at->u.Memory.Length != 0) {
            bar->Base = MmMapIoSpace(at->u.Memory.Start, at->u.Memory.Length, MmNonCached);
            bar->Length = bar->Base != NULL ? at->u.Memory.Length : 0;
            return;
        }
    }
}

BOOLEAN WdmMapBars(VIRTIO_MODERN_BAR bars[VIRTIO_PCI_BAR_COUNT], const VIRTIO_PCI_CAPS *caps,
                   const UINT64 address[VIRTIO_PCI_BAR_COUNT], const CM_RESOURCE_LIST *raw,
                   const CM_RESOURCE_LIST *translated)
{
    const VIRTIO_PCI_REGION *regions[] = {&caps->Common, &caps->Notify, &caps->Isr, &caps->Device};

    for (ULONG i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
        UCHAR bar = regions[i]->Bar;

        if (bars[bar].Base == NULL) {
            MapBar(&bars[bar], address[bar], raw, translated);
        }
        if (bars[bar].Base == NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

VOID WdmUnmapBars(VIRTIO_MODERN_BAR bars[VIRTIO_PCI_BAR_COUNT])
{
    for (ULONG i = 0; i < VIRTIO_PCI_BAR_COUNT; i++) {
        if (bars[i].Base != NULL) {
            MmUnmapIoSpace((PVOID)(ULONG_PTR)bars[i].Base, (SIZE_T)bars[i].Length);
            bars[i].Base = NULL;
        }
    }
}
