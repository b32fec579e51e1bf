/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What is generated from the contract. Names are made from the device: virtio-blk gives AERO_VIRTIO_BLK_*, an "aero-"
 * at the beginning is not doubled.
 *
 * Header (C macros)                     INF placeholders, written @NAME@
 *   _VENDOR_ID _DEVICE_ID _SERVICE _INF   _HWID             PCI\VEN_hhhh&DEV_hhhh&REV_hh
 *   _TRANSITIONAL_DEVICE_ID               _HWID_BARE        PCI\VEN_hhhh&DEV_hhhh
 *   _VIRTIO_TYPE _REVISION                _HWID_SUBSYS_ssss        with &SUBSYS_hhhhhhhh&REV_hh
 *   _SUBSYSTEM_VENDOR_ID                  _HWID_SUBSYS_ssss_ANYREV with &SUBSYS_hhhhhhhh
 *   _SUBSYSTEM_ID (when there is one)     _HWID_TRANSITIONAL       PCI\VEN_hhhh&DEV_hhhh
 *   _SUBSYSTEM_ID_1, _2 ... _COUNT        _SERVICE _INF
 */
#ifndef AEROW7_CONTRACT_GENERATE_H
#define AEROW7_CONTRACT_GENERATE_H

#include "contract/contract.h"
#include "base/text.h"

void contract_generate_header(const struct contract *contract, struct text *out);

/*
 * Fills an INF template. A placeholder that the contract does not define is an error with its line; so is a byte that
 * is not ASCII (every INF is ASCII). Lines end in CR LF whatever the template has, as Windows' own INFs do.
 */
enum status contract_fill_inf(const struct contract *contract, const char *template_path, struct text *out);

#endif
