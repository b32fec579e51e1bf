/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * How a virtio transport waits in a WDM driver.
 */
#ifndef AERO_COMMON_WDM_DELAY_H
#define AERO_COMMON_WDM_DELAY_H

#include <stdint.h>

/* VIRTIO_ENV's DelayMicroseconds, for transports that wait only at PASSIVE_LEVEL: the thread sleeps, until the next
 * tick of the clock at least. `context` is not used. */
void WdmTransportDelay(void *context, uint32_t microseconds);

#endif
