/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The security descriptor of something new, inherited from its folder as Windows does it ([MS-DTYP] 2.5.3.4.1). Without
 * one, who may write a driver's file would hang on the order in which a program gives folders their descriptors when it
 * applies the image.
 */
#ifndef AEROW7_WIM_SECURITY_H
#define AEROW7_WIM_SECURITY_H

#include "base/file_io.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * `parent` is the folder's self-relative descriptor. False, and `out` is empty: it has nothing that is inherited, or is
 * malformed, and the new entry has to do without. Administrators own what is new.
 */
bool wim_security_inherit(const uint8_t *parent, size_t size, bool folder, struct bytes *out);

#endif
