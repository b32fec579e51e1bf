/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules of a device contract file that a schema cannot say; they are listed in contract/README.md. */
#ifndef AEROW7_CONTRACT_RULES_H
#define AEROW7_CONTRACT_RULES_H

#include "contract/contract.h"

/* Reports every violation and names the device and the pattern. STATUS_CHECK_FAILED when there was one. */
enum status contract_check_rules(const char *path, const struct contract *contract);

#endif
