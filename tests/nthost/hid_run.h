/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The HID fixture under a class driver.
 */
#ifndef HID_RUN_H
#define HID_RUN_H

#include "fixture/hid_modes.h"
#include "hidclass.h"
#include "wdm_bus.h"

struct hid_run {
    wdm_driver *driver;
    devnode *node;
};

wdm_driver *hid_load(enum hid_mode mode, NTSTATUS *status);
struct hid_run hid_run_start(enum hid_mode mode, uint64_t seed); /* the machine, the driver, the device */
void hid_run_end(struct hid_run *run);
DEVICE_OBJECT *hid_collection(unsigned index); /* by its interface; NULL when there is none */

#endif
