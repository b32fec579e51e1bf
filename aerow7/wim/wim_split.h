/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A WIM in parts: install.swm, install2.swm, ... , which Windows 7's Setup takes in place of install.wim. For media
 * that cannot hold a file of 4 GiB.
 */
#ifndef AEROW7_WIM_SPLIT_H
#define AEROW7_WIM_SPLIT_H

#include "base/diag.h"

#include <stdint.h>

/*
 * `swm` is the first part's path and ends in ".swm". A part is at most `part_size` bytes long unless one file of the
 * image alone is longer. When it fails no part is left. Not for a path that anybody else looks at meanwhile.
 */
enum status wim_split(const char *wim, const char *swm, uint64_t part_size, unsigned *parts);

/* The path of part `number`, from 1. The caller frees. */
char *wim_split_part(const char *swm, unsigned number);

#endif
