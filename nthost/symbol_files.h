/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Where the symbols of an image are. llvm-symbolizer looks for a PDB beside the image only; when it lies elsewhere, in
 * a directory of NTHOST_SYMBOLS (separated by colons) or in symbols/ARCH of a directory above the image, as the driver
 * pack has it, a temporary directory with links to both is made.
 */
#ifndef NTHOST_SYMBOL_FILES_H
#define NTHOST_SYMBOL_FILES_H

struct symbol_files {
    char object[4096];    /* what to give to llvm-symbolizer */
    char directory[4096]; /* temporary; "" when none was needed */
    char image_link[4096], pdb_link[4096];
};

void symbol_files_open(struct symbol_files *s, const char *image);
void symbol_files_close(struct symbol_files *s);

#endif
