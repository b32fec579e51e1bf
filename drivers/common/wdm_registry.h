/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Registry keys and their DWORDs. PASSIVE_LEVEL.
 */
#ifndef AERO_COMMON_WDM_REGISTRY_H
#define AERO_COMMON_WDM_REGISTRY_H

#include "aero_wdm.h"

/* For reading. `path` is relative to `root`, absolute when that is NULL. The caller closes *key with ZwClose. */
NTSTATUS WdmOpenKey(HANDLE root, PUNICODE_STRING path, HANDLE *key);
/* FALSE, and *result as it was: the value is not there, or is no REG_DWORD. */
BOOLEAN WdmReadDword(HANDLE key, PCWSTR name, ULONG *result);

#endif
