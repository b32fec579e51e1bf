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

bool contract_is_variant(const struct contract *contract);

/* Turns a contract into its variant. STATUS_BAD_INPUT, reported at `place`, when it is one already. */
enum status contract_make_variant(const char *place, struct contract *contract);

/* The contract as a JSON file. */
void contract_print(const struct contract *contract, struct text *out);

#endif
