/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The audio fixture under the built-in PortCls.
 */
#ifndef PORTCLS_RUN_H
#define PORTCLS_RUN_H

#include "fixture/pc_modes.h"
#include "portcls.h"
#include "wdm_bus.h"

struct pc_run {
    wdm_driver *driver;
    devnode *node;
    struct pc_device *device;
};

wdm_driver *pc_load(enum pc_mode mode, NTSTATUS *status);
struct pc_run pc_run_start(enum pc_mode mode, uint64_t seed); /* the machine, the driver, the device */
void pc_run_end(struct pc_run *run);

/* The wave filter's render or capture pin at 48 kHz, 16 bits, stereo. */
struct pc_playing {
    ks_file *filter, *pin;
    struct ks_buffer buffer;
    ks_event *event;
};
void pc_open(const struct pc_run *run, struct pc_playing *p, unsigned pin);
void pc_open_buffer(const struct pc_run *run, struct pc_playing *p, unsigned pin); /* and a buffer of two ticks */
void pc_close_all(struct pc_playing *p);

#endif
