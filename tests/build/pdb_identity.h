/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The GUID and age of a PDB (MSF 7.00 container), which a debugger compares with the image's RSDS record. */
#ifndef TESTS_BUILD_PDB_IDENTITY_H
#define TESTS_BUILD_PDB_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

struct pdb_identity {
    uint8_t guid[16];
    uint32_t age; /* of the DBI stream, which the linker counts */
};

/* NULL, or why the bytes are not a PDB. */
const char *pdb_identity_read(const uint8_t *data, size_t size, struct pdb_identity *identity);

#endif
