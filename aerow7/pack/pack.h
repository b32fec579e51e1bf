/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The driver pack. Input: BUILD/{x86,amd64}/DRIVER/ with DRIVER.sys, its INFs and its PDB, as the build installs them.
 * Output below OUT: the staging folder aero-win7-driver-pack/ (win7/ARCH/DRIVER/ and manifest.json), the same as .zip,
 * symbols/ARCH/DRIVER.pdb, and manifest.json over all of it.
 */
#ifndef AEROW7_PACK_H
#define AEROW7_PACK_H

#include "contract/contract.h"

#include <time.h>

/* STATUS_CHECK_FAILED when a driver is not complete on both architectures or is none of the contract's. */
enum status pack_make(const char *build, const char *out, const struct contract *contract, time_t epoch);

#endif
