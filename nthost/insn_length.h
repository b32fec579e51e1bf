/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The length of an instruction and where it leads, for all that compilers emit in drivers (Intel 64 and IA-32
 * Architectures Software Developer's Manual, volume 2, appendix A). VEX and EVEX encodings and far transfers are not
 * known; the answer is then 0.
 */
#ifndef NTHOST_INSN_LENGTH_H
#define NTHOST_INSN_LENGTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum insn_flow {
    FLOW_NEXT,        /* to the next instruction, unless it faults */
    FLOW_JUMP,        /* JMP rel */
    FLOW_CONDITIONAL, /* Jcc rel: condition in `condition` */
    FLOW_LOOP,        /* LOOP, LOOPE, LOOPNE, JrCXZ */
    FLOW_CALL,        /* CALL rel */
    FLOW_RETURN,      /* RET, RET imm16: bytes to pop in `relative` */
    FLOW_INDIRECT,    /* JMP or CALL through a register or memory */
    FLOW_STOP,        /* INT3, UD2, HLT, IRET, SYSCALL: nothing that a driver goes through */
};

struct insn_shape {
    uint8_t length;
    enum insn_flow flow;
    uint8_t condition;
    int32_t relative;
};

bool insn_shape(const uint8_t *bytes, size_t available, bool mode64, struct insn_shape *out);

#endif
