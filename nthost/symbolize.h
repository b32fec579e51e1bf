/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Names for addresses, in images and in nthost itself, by llvm-symbolizer, which reads PDB and DWARF. Without it, or
 * without symbols, an address is printed as module+offset. Where PDBs are looked for: symbol_files.h.
 */
#ifndef NTHOST_SYMBOLIZE_H
#define NTHOST_SYMBOLIZE_H

#include <stdbool.h>
#include <stdint.h>

struct symbol_request {
    uintptr_t address;
    bool exact;          /* of an instruction, not a return address */
    const char *heading; /* printed before this frame, or NULL */
};

void symbolize_print(const struct symbol_request *frames, unsigned count); /* to stderr */

#endif
