/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Between driver.c, which answers Windows, and the parts of the adapter. PASSIVE_LEVEL.
 */
#ifndef AERO_SND_ADAPTER_H
#define AERO_SND_ADAPTER_H

#include "device.h"

/* Referenced once; NULL: no memory. */
SND_DEVICE *SndDeviceCreate(VOID);

/* After SndStart: subdevices, connections, power management. Undoes what it did when it fails. */
NTSTATUS SndAdapterStart(SND_DEVICE *device, PIRP irp, PRESOURCELIST resources);
/* Undoes it, so that it can be done again: PcRegisterSubdevice knows each name once, and a stop leaves them. */
VOID SndAdapterStop(SND_DEVICE *device);
/* Lets go of the ports without taking anything back: PortCls does that when the device is removed. */
VOID SndAdapterForget(SND_DEVICE *device);

#endif
