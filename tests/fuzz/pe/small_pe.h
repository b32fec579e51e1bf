/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A small native image to start from, with two sections; for fuzz targets. */
#ifndef SMALL_PE_H
#define SMALL_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMALL_PE_SIZE 0x600u

/* `out` has room for SMALL_PE_SIZE bytes. */
void small_pe_make(bool plus, uint8_t *out);

#endif
