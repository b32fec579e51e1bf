/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * BARs of a modern virtio device, mapped as IRP_MN_START_DEVICE says where they are.
 */
#ifndef AERO_COMMON_WDM_BARS_H
#define AERO_COMMON_WDM_BARS_H

#include "aero_wdm.h"

#include "transport_modern.h"

/* PASSIVE_LEVEL, both. */

/* Maps those BARs that a capability points into and that are not mapped yet. `address`: as PciReadMemoryBars gives it;
 * `raw`, `translated`: a list each at least. FALSE: one is not among the resources or cannot be mapped. The mappings in
 * `bars` are the caller's, to be given to WdmUnmapBars, after FALSE, too. */
BOOLEAN WdmMapBars(VIRTIO_MODERN_BAR bars[VIRTIO_PCI_BAR_COUNT], const VIRTIO_PCI_CAPS *caps,
                   const UINT64 address[VIRTIO_PCI_BAR_COUNT], const CM_RESOURCE_LIST *raw,
                   const CM_RESOURCE_LIST *translated);
/* May be called again. */
VOID WdmUnmapBars(VIRTIO_MODERN_BAR bars[VIRTIO_PCI_BAR_COUNT]);

#endif
