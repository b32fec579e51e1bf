/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whether an INF is what the contract says about it: the service that it installs and the hardware IDs that it binds.
 * An ID that is more specific than one of the contract's counts as that: PCI\VEN_v&DEV_d covers all that begin so.
 */
#ifndef AEROW7_CONTRACT_MATCH_H
#define AEROW7_CONTRACT_MATCH_H

#include "contract/contract.h"
#include "pack/driver_folder.h"

/* Whether an entry of the contract names this INF, whatever its case; `service` (may be NULL) gets that entry's. */
bool contract_names_inf(const struct contract *contract, const char *inf, const char **service);

/*
 * Reports at ROOT/PATH. STATUS_DONE for an INF that the contract does not name. `exact`: the INF binds each of its
 * entries and nothing but patterns of the contract, as our own INFs must; else one of its entries, and maybe more.
 */
enum status contract_check_inf(const char *root, const struct contract *contract, const struct folder_inf *inf,
                               bool exact);

/* `id` is `pattern`, or is more specific: "&" follows where the pattern ends. */
bool hardware_id_is_covered(const char *id, const char *pattern);

bool folder_inf_adds_service(const struct folder_inf *inf, const char *service);

#endif
