/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * One step of a stack walk through driver code: from a function to its caller. On amd64 by the image's exception
 * directory ("x64 exception handling", unwind codes of version 1 and 2); on x86 and in images without one by the
 * frame pointer, and where that leads nowhere by looking for the next word on the stack that is a return address, one
 * preceded by a call.
 */
#ifndef NTHOST_UNWIND_H
#define NTHOST_UNWIND_H

#include "emulate.h"

/* `limit`: the stack is readable from the context's stack pointer up to here. `exact`: the instruction pointer is
 * that of an instruction and not a return address. False when the caller cannot be found. */
bool unwind_step(struct context *c, uintptr_t limit, bool exact);

#endif
