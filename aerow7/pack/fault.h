/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How packaging reports a fault in what it was given: "ROOT/PATH: reason", and STATUS_CHECK_FAILED. */
#ifndef AEROW7_FAULT_H
#define AEROW7_FAULT_H

#include "base/diag.h"

__attribute__((format(printf, 3, 4))) enum status fault(const char *root, const char *path, const char *format, ...);

#endif
