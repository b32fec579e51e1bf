/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * wdm.h of mingw-w64, for drivers of several files that are linked as one program: without these, three functions that
 * nobody here calls would be defined as global ones in every file that includes it.
 */
#ifndef AERO_DDK_WDM_H
#define AERO_DDK_WDM_H

#define __INTRINSIC_DEFINED___cpuidex
#define __INTRINSIC_DEFINED_InterlockedBitTestAndReset
#define __INTRINSIC_DEFINED_InterlockedBitTestAndSet
#include <wdm.h>

#endif
