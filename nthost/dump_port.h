/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The dump port driver: what Windows uses to write a crash dump or a hibernation file when nothing else of the system
 * works any more ("Restrictions on Miniport Drivers that Manage the Boot Drive").
 *
 * A second copy of the miniport is loaded; DriverEntry gets NULL arguments and HwStorFindAdapter the string "dump=1";
 * everything runs at HIGH_LEVEL on one processor, without locks, interrupts, DPCs and timers, with at most 32 KiB of
 * uncached memory, one request at a time, and completions are found by calling HwStorInterrupt between stalls. From
 * dump_open to dump_close no other simulated processor or thread runs, and the runtime copy of the miniport is not
 * called.
 */
#ifndef NTHOST_DUMP_PORT_H
#define NTHOST_DUMP_PORT_H

#include "storport_adapter.h"

struct dump_port;

/* NULL when the miniport refuses; *failure says where. */
struct dump_port *dump_open(const struct adapter_options *options, struct pci_device *device, const char **failure);
/* One request, polled to its end. False when it is not completed within ten seconds. */
bool dump_execute(struct dump_port *d, struct request *r);
/* The most that one request may carry. */
uint32_t dump_transfer_limit(const struct dump_port *d);
adapter *dump_adapter(struct dump_port *d);
uint64_t dump_polls(const struct dump_port *d);
void dump_close(struct dump_port *d);

#endif
