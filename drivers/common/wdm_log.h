/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * An entry of the event log.
 */
#ifndef AERO_COMMON_WDM_LOG_H
#define AERO_COMMON_WDM_LOG_H

#include "aero_wdm.h"

/* Up to DISPATCH_LEVEL. `device`: the FDO. `message`: one of ntiologc.h, `id`: what tells this failure from others of
 * that text, `status`: what the operation ends with. Nothing is written when there is no memory for the entry. */
VOID WdmLog(PDEVICE_OBJECT device, NTSTATUS message, ULONG id, NTSTATUS status);

#endif
