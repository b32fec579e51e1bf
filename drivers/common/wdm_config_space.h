/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A copy of PCI configuration space, for a WDM function driver.
 */
#ifndef AERO_COMMON_WDM_CONFIG_SPACE_H
#define AERO_COMMON_WDM_CONFIG_SPACE_H

#include "aero_wdm.h"

#define WDM_CONFIG_SPACE_BYTES 256u

/* PASSIVE_LEVEL. Asks the bus driver, by way of `lower`, the device that the FDO is attached to. Nothing is kept of the
 * bus driver's interface. All of `space` is filled when it succeeds. */
NTSTATUS WdmReadConfigSpace(PDEVICE_OBJECT lower, UCHAR space[WDM_CONFIG_SPACE_BYTES]);

#endif
