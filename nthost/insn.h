/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A decoder for the x86 instructions that compilers use on device memory, and for the privileged ones that a driver
 * may run into; for 64-bit and 32-bit code (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2).
 * A pure function over bytes. What it does not know it refuses: it never guesses a length.
 */
#ifndef NTHOST_INSN_H
#define NTHOST_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INSN_MAX_BYTES = 15, NO_REGISTER = -1 };

enum insn_op {
    /* The first eight in the order of their opcodes. */
    OP_ADD,
    OP_OR,
    OP_ADC,
    OP_SBB,
    OP_AND,
    OP_SUB,
    OP_XOR,
    OP_CMP,
    OP_MOV,
    OP_TEST,
    OP_XCHG,
    OP_INC,
    OP_DEC,
    OP_NOT,
    OP_NEG,
    OP_IMUL,
    OP_CMOV,
    OP_BT,
    OP_BTS,
    OP_BTR,
    OP_BTC,
    OP_PUSH,
    OP_CALL,
    OP_JUMP, /* through memory; not carried out by emulate() */
    OP_MOVS,
    OP_STOS,
    OP_LODS, /* strings: rSI and rDI are implied, `rep` says whether rCX counts */
    OP_IN,
    OP_OUT,
    OP_INS,
    OP_OUTS,
    OP_READ_CR,
    OP_WRITE_CR, /* `immediate` is the control register's number, `reg` the other */
    OP_CLI,
    OP_STI,
    OP_INT,
    OP_PRIVILEGED,
};

struct insn {
    enum insn_op op;
    uint8_t length;
    uint8_t width;      /* of the memory operand, port or string element */
    bool reads, writes; /* the memory operand */
    bool has_register;  /* the other operand is a register */
    bool has_immediate;
    bool to_register;    /* the register is written */
    bool sign_extend;    /* a load into a wider register */
    bool register_first; /* CMP register, memory */
    bool rep;
    uint8_t reg;    /* by encoding: 0 rax ... 15 r15 */
    bool high_byte; /* ah, ch, dh, bh: reg is 0..3 */
    uint8_t register_width;
    uint8_t condition;  /* CMOVcc */
    uint64_t immediate; /* sign-extended */
    int8_t base, index; /* NO_REGISTER when absent */
    uint8_t scale;
    bool ip_relative;
    uint8_t segment; /* 0, 4 (FS) or 5 (GS) */
    uint8_t address_width;
    uint64_t displacement; /* sign-extended */
};

bool insn_decode(const uint8_t *bytes, size_t available, bool mode64, struct insn *out);

#endif
