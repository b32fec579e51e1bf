/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The virtio-win variant of the contract: the same devices and hardware IDs, bound by the drivers of virtio-win. Only
 * the contract's name, the services and the INF names differ, so whatever reads the one reads the other. A device that
 * virtio-win has no driver for keeps its own.
 */
#ifndef AEROW7_CONTRACT_VARIANT_H
#define AEROW7_CONTRACT_VARIANT_H

#include "contract/contract.h"
#include "base/text.h"

#define CONTRACT_VARIANT_SUFFIX "-virtio-win"

/* STATUS_BAD_INPUT, reported at `place`, when the contract is a variant already. */
enum status contract_generate_virtio_win(const char *place, const struct contract *contract, struct text *out);

#endif
