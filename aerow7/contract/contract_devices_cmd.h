/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * config\devices.cmd of the guest tools: what their scripts know about devices, as batch variables. For each device
 *   set "NAME_SERVICE=service"
 *   set NAME_HWIDS="hardware ID" "hardware ID" ...
 * and, for block and sound, NAME_SYS (empty: the driver's file is SERVICE.sys). NAME is the device's macro,
 * AERO_VIRTIO_BLK. Every pattern of the contract is listed, in the contract's order; lines end in CR LF.
 */
#ifndef AEROW7_CONTRACT_DEVICES_CMD_H
#define AEROW7_CONTRACT_DEVICES_CMD_H

#include "contract/contract.h"
#include "base/text.h"

/* STATUS_BAD_INPUT, reported at `place`, for a name that a batch file would not keep as it is. */
enum status contract_generate_devices_cmd(const char *place, const struct contract *contract, struct text *out);

/*
 * What such a variable stands for: NAME_SERVICE gives one text, NAME_HWIDS the device's patterns. False when the
 * contract gives the name no meaning. The array is freed by the caller, its strings belong to the contract.
 */
bool contract_devices_cmd_values(const struct contract *contract, const char *variable, const char ***values,
                                 size_t *count);

#endif
