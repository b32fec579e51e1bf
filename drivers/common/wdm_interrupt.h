/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The interrupt of a PCI function, messages or a line, whichever the system has given it.
 */
#ifndef AERO_COMMON_WDM_INTERRUPT_H
#define AERO_COMMON_WDM_INTERRUPT_H

#include "aero_wdm.h"

typedef struct WDM_INTERRUPT {
    PVOID Object; /* PKINTERRUPT or the message table: what IoConnectInterruptEx gave; NULL: not connected */
    BOOLEAN Messages;
    ULONG MessageCount; /* 0: a line */
} WDM_INTERRUPT;

/* PASSIVE_LEVEL, both. */

/* Not connected yet. The routines run at DIRQL with `context`, maybe before this returns, and must not look at
 * *interrupt. When it fails, *interrupt is not connected. */
NTSTATUS WdmConnectInterrupt(WDM_INTERRUPT *interrupt, PDEVICE_OBJECT pdo, PKMESSAGE_SERVICE_ROUTINE onMessage,
                             PKSERVICE_ROUTINE onLine, PVOID context);
/* If it is connected; the routines do not run any more. DPCs that they have queued are the caller's. */
VOID WdmDisconnectInterrupt(WDM_INTERRUPT *interrupt);

#endif
