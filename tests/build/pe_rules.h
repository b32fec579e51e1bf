/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a driver for Windows 7 SP1 has to be as a file. Each rule has a name, which a finding carries:
 *
 *   image            it can be parsed                    imports        nothing outside the allow list, all by name
 *   machine          amd64 or x86, as asked for          pdb            an RSDS record that names NAME.pdb alone, and
 *   characteristics  an executable image, no DLL                        a PDB that it matches
 *   subsystem        native, version 6.1                 version        a version resource
 *   os-version       6.1                                 paths          no absolute path of a building machine
 *   checksum         right: Windows refuses a boot       reproducible   the time stamp is a hash (/Brepro)
 *                    driver with a wrong one             entry          within executable code
 *   nx, dynamic-base the flags                           directories    no delay-loaded or bound imports, no TLS
 *   relocations      present and within the image   unwind         amd64: an exception directory, sorted
 *   sections         page-aligned, none both writable and executable, read-only code
 */
#ifndef TESTS_BUILD_PE_RULES_H
#define TESTS_BUILD_PE_RULES_H

#include "allow_list.h"
#include "findings.h"

#include <stdint.h>

struct pe_subject {
    const char *name; /* aero_virtio_blk: of the .sys and of its PDB */
    uint16_t machine;
    const void *sys;
    size_t sys_size;
    const void *pdb; /* NULL when there is none, which is a finding */
    size_t pdb_size;
    const struct allow_list *imports;
};

void pe_rules_check(const struct pe_subject *subject, struct findings *findings);

#endif
