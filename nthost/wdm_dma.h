/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * DMA adapter objects: what IoGetDmaAdapter and the bus interface's GetDmaAdapter hand out.
 */
#ifndef NTHOST_WDM_DMA_H
#define NTHOST_WDM_DMA_H

#include "wdm.h"

PVOID dma_adapter_get(DEVICE_OBJECT *pdo, PVOID description, ULONG *map_registers);

#endif
