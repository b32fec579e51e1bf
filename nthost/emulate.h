/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Carries out a decoded instruction on saved registers. Memory is reached through callbacks, so the same code serves
 * device windows and tests.
 */
#ifndef NTHOST_EMULATE_H
#define NTHOST_EMULATE_H

#include "insn.h"

#if defined(__x86_64__)
enum { REGISTERS = 16 };
#else
enum { REGISTERS = 8 };
#endif
enum { REG_AX = 0, REG_CX = 1, REG_DX = 2, REG_BX = 3, REG_SP = 4, REG_BP = 5, REG_SI = 6, REG_DI = 7 };

/* In the order in which trap_entry.S takes them from the stack. */
struct context {
    uintptr_t r[REGISTERS]; /* by encoding */
    uintptr_t flags, ip;
};

struct emulator_memory {
    uint64_t (*read)(uintptr_t address, unsigned width, void *user);
    void (*write)(uintptr_t address, unsigned width, uint64_t value, void *user);
    void *user;
};

uint64_t register_get(const struct context *c, const struct insn *i);
void register_set(struct context *c, const struct insn *i, uint64_t value);
uintptr_t effective_address(const struct context *c, const struct insn *i);

bool condition_holds(unsigned condition, uintptr_t flags);

/* Advances c->ip past the instruction. False when the operation is none on memory. A string instruction with `rep`
 * runs to its end. */
bool emulate(struct context *c, const struct insn *i, const struct emulator_memory *memory);

#endif
