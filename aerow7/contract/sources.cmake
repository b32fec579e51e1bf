# SPDX-License-Identifier: MIT OR Apache-2.0
# The device contract: reading, checking, generating from it.
list(APPEND AEROW7_SOURCES
    contract/cmd_contract.c contract/contract.c contract/contract_devices_cmd.c contract/contract_generate.c
    contract/contract_rules.c contract/contract_variant.c)
