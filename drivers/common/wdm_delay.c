/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wdm_delay.h"

#include "aero_wdm.h"

void WdmTransportDelay(void *context, uint32_t microseconds)
{
    LARGE_INTEGER interval = {.QuadPart = -10ll * microseconds}; /* relative, 100 ns */

    (void)context;
    (void)KeDelayExecutionThread(KernelMode, FALSE, &interval);
}
