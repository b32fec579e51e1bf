/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * MDLs of the host's own requests (direct I/O).
 */
#ifndef NTHOST_WDM_MDL_H
#define NTHOST_WDM_MDL_H

#include "wdm.h"

MDL *mdl_allocate(void *address, ULONG bytes, bool by_driver);
void mdl_lock(MDL *mdl);
void mdl_free(MDL *mdl);

#endif
