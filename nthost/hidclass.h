/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The built-in hidclass.sys. A HID minidriver registers with it in DriverEntry; from then on its driver object's entry
 * points are HIDCLASS's, which calls the minidriver's for PnP, power and internal IOCTLs. Each top-level collection
 * becomes a device object of its own with interface GUID_DEVINTERFACE_HID, which programs open (wdm.h, user_open).
 *
 * Order of requests as Windows 7's HIDCLASS sends them: START to the minidriver, device descriptor, attributes, report
 * descriptor, then read requests, two of them outstanding as long as the device runs, each sent again as soon as it is
 * over, at whatever IRQL that was. They are cancelled before the device stops, sleeps or goes.
 */
#ifndef NTHOST_HIDCLASS_H
#define NTHOST_HIDCLASS_H

#include "hid_parse.h"
#include "hid_types.h"
#include "wdm.h"

void hidclass_register(void); /* its exports; before the minidriver is loaded */

struct hidclass_counts {
    uint64_t reads_sent, reports, dropped_reports; /* dropped: a handle's ring was full */
    uint64_t read_errors, resends_at_dispatch;
};

struct hidclass_device;
struct hidclass_device *hidclass_device_of(const devnode *node); /* NULL: not one of its devices */
const struct hid_layout *hidclass_layout(const struct hidclass_device *d);
const uint8_t *hidclass_descriptor(const struct hidclass_device *d, uint32_t *bytes);
const HID_DEVICE_ATTRIBUTES *hidclass_attributes(const struct hidclass_device *d);
const struct hidclass_counts *hidclass_counts(const struct hidclass_device *d);
const char *hidclass_failure(void); /* why the last start was refused, or NULL */
/* Each report as the minidriver delivered it, at whatever IRQL; for programs of the host that want all of them. */
void hidclass_on_report(struct hidclass_device *d, void (*report)(void *context, const uint8_t *bytes, uint32_t length),
                        void *context);
/* Read requests outstanding; 2 unless set before the start. */
void hidclass_set_reads(unsigned count);
/* While held, a read request that is over is not sent again: the minidriver has to queue. */
void hidclass_hold(struct hidclass_device *d, bool hold);
/* IOCTL_HID_SEND_IDLE_NOTIFICATION_REQUEST, as for a device that may suspend; its status, STATUS_PENDING when the
 * minidriver keeps it. hidclass_wake cancels it. `called` counts calls of the callback. */
NTSTATUS hidclass_idle(struct hidclass_device *d, unsigned *called);
NTSTATUS hidclass_wake(struct hidclass_device *d);
/* An internal request from a driver above, METHOD_BUFFERED; *bytes in: room, out: Information. */
NTSTATUS hidclass_internal(struct hidclass_device *d, ULONG code, void *buffer, ULONG in_bytes, ULONG *bytes);

#endif
